"""`python -m campaign --level ci|release [--row R1 …] [--seed N] [--resume] [--page FILE]`.

Exit status 0 when every row that was asked for passed, 1 when one did not.
"""

import argparse
import asyncio
import importlib
import logging
import os
import pkgutil
import platform
import re
import secrets
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from campaign import page, rows
from campaign.plan import Counts, Level, Plan, Row, RowResult
from campaign.progress import Progress
from campaign.state import RowState

STATE: Final = Path(".tael/campaign")
TOTAL_S: Final = Counts(ci=3_600, release=14 * 24 * 3_600)
"""What all rows together may take. Their own budgets are ceilings: together they are more, and
a row that finds the time used up is not passed."""
_NAME: Final = re.compile(r"([A-Z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Runnable:
    """A row and how it is run."""

    row: Row
    run: Callable[[Plan], Awaitable[RowResult]]


def all_rows() -> dict[str, Runnable]:
    """Every row in `campaign/rows/`, in the scorecard's order."""
    found = []
    for module in pkgutil.iter_modules(rows.__path__):
        loaded = importlib.import_module(f"campaign.rows.{module.name}")
        if hasattr(loaded, "ROW"):
            found.append(Runnable(loaded.ROW, loaded.run))
    return {each.row.name: each for each in sorted(found, key=_order)}


def _order(each: Runnable) -> tuple[str, int]:
    named = _NAME.fullmatch(each.row.name)
    assert named, f"a row is called like R1: {each.row.name}"
    # The reliability rows first, as in the scorecard.
    return {"R": "0", "S": "1"}.get(named.group(1), named.group(1)), int(named.group(2))


async def run_row(
    each: Runnable, options: argparse.Namespace, progress: Progress, seed: int, ends: float
) -> RowResult:
    """Run one row, whatever happens: what it raises is a failure of it."""
    folder = options.state / options.level / each.row.name
    state = RowState(folder, seed=seed, resume=options.resume)
    plan = Plan(
        each.row,
        level=options.level,
        state=state,
        progress=progress,
        count=options.count,
        left_s=ends - time.monotonic(),
    )
    progress.begin(each.row.name, f"{each.row.goal} [dim](seed {plan.seed}, logs in {folder})[/]")
    try:
        result = await each.run(plan)
    except Exception as fault:  # noqa: BLE001 - the other rows go on
        state.note(traceback.format_exc())
        progress.say(f"{each.row.name} broke off: {fault!r} (see {folder}/raw.log)")
        result = plan.result().but_failed(f"broke off: {type(fault).__name__}: {str(fault)[:300]}")
    page.keep(folder, result)
    return result


async def campaign(options: argparse.Namespace, console: Console) -> bool:
    """Run what was asked for, show it and write the page; whether all of it passed."""
    known = all_rows()
    wanted = [name.upper() for name in options.row or known]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"campaign: no row {', '.join(unknown)}; there are {', '.join(known)}")
    seed = options.seed if options.seed is not None else secrets.randbelow(2**31)
    progress = Progress(console)
    ends = time.monotonic() + TOTAL_S.at(options.level)
    results = [await run_row(known[name], options, progress, seed, ends) for name in wanted]
    progress.show(page.summary(results))
    if options.page:
        _write_page(options, known, results)
    return all(result.passed for result in results)


def _write_page(
    options: argparse.Namespace, known: dict[str, Runnable], results: list[RowResult]
) -> None:
    """A page of these rows and of those that ran before at this level."""
    fresh = {result.row: result for result in results}
    shown = [fresh.get(name) or page.kept(options.state / options.level / name) for name in known]
    machine = f"{platform.system()}, {len(os.sched_getaffinity(0))} cores"
    text = page.write(
        [result for result in shown if result],
        level=options.level,
        machine=f"{machine}, Python {platform.python_version()}",
        measured_on=time.strftime("%Y-%m-%d", time.gmtime()),
    )
    options.page.write_text(text, encoding="utf-8")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument("--level", type=Level, choices=list(Level), default=Level.CI)
    parser.add_argument("--row", nargs="+", help="only these rows, e.g. R1 R4")
    parser.add_argument("--seed", type=int, help="replay a campaign; printed when it begins")
    parser.add_argument("--count", type=int, help="so many attempts instead of the level's")
    parser.add_argument("--resume", action="store_true", help="go on where a killed one stopped")
    parser.add_argument("--page", type=Path, help="also write the results to this page")
    parser.add_argument("--state", type=Path, default=STATE, help="where state and logs are kept")
    options = parser.parse_args()
    # Faults are the weather here; what they do to our own connections is no news.
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)
    console = Console(highlight=False)
    sys.exit(0 if asyncio.run(campaign(options, console)) else 1)


if __name__ == "__main__":
    main()
