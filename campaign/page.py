"""The results as a page of the documentation, kept as JSON beside it so that rows run apart."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from campaign.plan import RowResult


def summary(results: Sequence[RowResult]) -> Table:
    """A table for the terminal."""
    table = Table(title="Campaign", title_justify="left")
    for heading in ("row", "verdict"):
        table.add_column(heading)
    for heading in ("attempts", "operations", "failures", "seed", "minutes"):
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(
            result.row,
            (result.skipped and f"skipped: {result.skipped}") or result.verdict,
            f"{result.attempts:,} of {result.wanted:,} {result.unit}",
            f"{result.operations:,}",
            str(result.failures),
            str(result.seed),
            f"{result.seconds / 60:.1f}",
        )
    return table


def keep(folder: Path, result: RowResult) -> None:
    """Keep a row's newest result, so that a page can be written of rows that ran apart."""
    path = folder / "result.json"
    path.write_text(json.dumps(asdict(result), ensure_ascii=False, indent=1), encoding="utf-8")


def kept(folder: Path) -> RowResult | None:
    """A row's newest result, if it has one."""
    try:
        found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return RowResult(**{**found, "failed": tuple(found["failed"])})


def write(results: Sequence[RowResult], *, level: str, machine: str, measured_on: str) -> str:
    """Markdown: a table of all rows, then what each control and measurement showed."""
    passed = sum(result.passed for result in results)
    rows = "\n".join(_line(result) for result in results)
    details = "\n".join(_details(result) for result in results)
    return f"""\
# Correctness

Written by `make campaign LEVEL={level} ARGS='--page docs/reference/correctness.md'`; do not edit
by hand. How it works: [the campaign](../decisions/fault-campaign.md).

Level `{level}`, finished on {measured_on}, on {machine}.
**{passed} of {len(results)} rows passed.** A row passes when it made all its attempts and nothing
failed; a row that was skipped or stopped early is not passed.

| row | goal | verdict | attempts | operations | failures | seed | minutes |
|---|---|---|---:|---:|---:|---:|---:|
{rows}

{details}"""


def _line(result: RowResult) -> str:
    return (
        f"| {result.row} | {result.goal} | {result.verdict} "
        f"| {result.attempts:,} of {result.wanted:,} {result.unit} | {result.operations:,} "
        f"| {result.failures} | {result.seed} | {result.seconds / 60:.1f} |"
    )


def _details(result: RowResult) -> str:
    lines = [f"## {result.row}", ""]
    if result.skipped:
        lines += [f"Skipped: {result.skipped}.", ""]
    control = result.control or "none"
    lines += [f"Positive control: {control}", ""]
    lines += [f"- {name}: {value}" for name, value in result.figures.items()]
    lines += [f"- failed: {failure}" for failure in result.failed]
    return "\n".join(lines).rstrip() + "\n"
