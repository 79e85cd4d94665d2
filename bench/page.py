"""The figures as parts of a page of the documentation; the rest of it is written by hand."""

import re
from pathlib import Path
from typing import Any

TARGETS = {"256": "≥ 2.5", "2000": "≥ 4", "bulk": "≥ 4"}
NAMES = {"bulk": "8,000 at once"}


def write(page: Path, report: dict[str, Any]) -> None:
    """Put the report in the place that the page keeps for its kind."""
    name, text = ("stored", _stored(report)) if "stored" in report else ("rates", _rates(report))
    place = re.compile(rf"(<!-- figures: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    before = page.read_text(encoding="utf-8")
    assert place.search(before), f"{page} has no place for the figures of {name}"
    page.write_text(place.sub(lambda m: m[1] + text + m[2], before), encoding="utf-8")


def _machine(report: dict[str, Any]) -> str:
    machine = report["machine"]
    return f"""\
Measured on {machine["measured_on"]}: {machine["cores"]} cores of {machine["cpu"]},
{machine["memory_gib"]} GiB, {machine["system"]}, Python {machine["python"]},
PostgreSQL {machine["postgresql"]}."""


def _rates(report: dict[str, Any]) -> str:
    http, pins = report["http_payments"], report["pin_checks"]
    books = report["books"]
    verdict = "nothing differs" if books["ok"] else "THEY DIFFER"
    return f"""\
{_machine(report)} Medians of {report["rounds"]} rounds.

pgbench (`{report["pgbench"]["options"]}`): **{report["pgbench"]["tps"]:,.0f}** transactions
a second. Every ratio below is to this figure.

| submitters | uniform | ratio | hot | ratio | target |
|---:|---:|---:|---:|---:|---|
{_rows(report["ledger_movements"])}

| | measured | target |
|---|---:|---|
| a set of one, nobody else there, 99th centile | {report["one_p99_ms"]:.1f} ms | < 10 ms |
| payments a second over HTTP, {http["clients"]} clients | {http["a_second"]:,.0f} | |
| ratio to pgbench | {http["ratio_to_pgbench"]:.3f} | ≥ 0.12 |
| median | {http["p50_ms"]:.1f} ms | |
| 99th centile | {http["p99_ms"]:.1f} ms | < 150 ms |
| API process, most memory | {http["api_peak_mib"]:.0f} MiB | < 300 MB |
| API process, from start to ready | {report["app_start_s"]:.1f} s | |
| PIN checks a second (Argon2id over a peppered HMAC) | {pins["a_second"]:,.0f} | |

The books afterwards: {books["movements"]:,} movements, audited: {verdict}.
"""


def _stored(report: dict[str, Any]) -> str:
    books = report["books"]
    verdict = "nothing differs" if books["ok"] else "THEY DIFFER"
    return f"""\
{_machine(report)}

| with {report["stored"]:,} movements stored | measured | target |
|---|---:|---|
| movements a second, 2,000 submitters | {report["stored_rate"]:,.0f} | |
| ratio to the same bank without them ({report["empty_rate"]:,.0f}) \
| {report["ratio_to_empty"]:.2f} | ≥ 0.8 |
| first page of a history, 99th centile | {report["first_page_p99_ms"]:.1f} ms | < 10 ms |
| deep page of a long history, 99th centile | {report["deep_page_p99_ms"]:.1f} ms | < 10 ms |
| balance as of a moment, 99th centile | {report["balance_as_of_p99_ms"]:.1f} ms | < 20 ms |
| `tael ledger check`, the books | {report["check_s"]:.0f} s | ≤ 600 s |

The books afterwards: {books["movements"]:,} movements, audited: {verdict}.
"""


def _rows(loads: dict[str, dict[str, dict[str, float]]]) -> str:
    return "\n".join(
        f"| {NAMES.get(submitters) or f'{int(submitters):,}'} "
        f"| {load['uniform']['a_second']:,.0f} | {load['uniform']['ratio_to_pgbench']:.2f} "
        f"| {load['hot']['a_second']:,.0f} | {load['hot']['ratio_to_pgbench']:.2f} "
        f"| {TARGETS.get(submitters, '')} |"
        for submitters, load in loads.items()
    )
