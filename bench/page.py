"""The figures as a page of the documentation."""

from typing import Any

TARGETS = {"256": "≥ 1.5", "2000": "≥ 2.5"}


def write(report: dict[str, Any]) -> str:
    """Markdown, one table a question."""
    machine, http, pins = report["machine"], report["http_payments"], report["pin_checks"]
    books = report["books"]
    verdict = "nothing differs" if books["ok"] else "THEY DIFFER"
    return f"""\
# Speed

Written by `make bench ARGS='--page docs/reference/bench.md'`; do not edit by hand.

Measured on {machine["measured_on"]}: {machine["cores"]} cores of {machine["cpu"]},
{machine["memory_gib"]} GiB, {machine["system"]}, Python {machine["python"]},
PostgreSQL {machine["postgresql"]}. One server for everything, all of it durable (fsync on);
medians of {report["rounds"]} rounds in turns with pgbench.

pgbench (`{report["pgbench"]["options"]}`): **{report["pgbench"]["tps"]:,.0f}** transactions
a second. Every ratio below is to this figure.

## Movements a second through the committer

Each with its limit use, its outbox event and its stored reply. Submitters each wait for an
outcome before they ask again; `hot` pays one merchant, `uniform` all of them alike.

| submitters | uniform | ratio | hot | ratio | target |
|---:|---:|---:|---:|---:|---|
{_rows(report["ledger_movements"])}

## Payments over HTTP

Authenticated, idempotent, limits checked, the order settled; authorisations obtained before.
The API, the clients and the server share the cores.

| | measured | target |
|---|---:|---|
| payments a second, {http["clients"]} clients | {http["a_second"]:,.0f} | |
| ratio to pgbench | {http["ratio_to_pgbench"]:.3f} | ≥ 0.12 |
| median | {http["p50_ms"]:.1f} ms | |
| 99th centile | {http["p99_ms"]:.1f} ms | < 150 ms |
| API process, most memory | {http["api_peak_mib"]:.0f} MiB | < 300 MB |

## PIN checks

Argon2id over a peppered HMAC, in the threads of one process: **{pins["a_second"]:,.0f}** a
second (ratio {pins["ratio_to_pgbench"]:.4f}).

## The books afterwards

{books["movements"]:,} movements, audited by `tael ledger check`: {verdict}.
"""


def _rows(loads: dict[str, dict[str, dict[str, float]]]) -> str:
    return "\n".join(
        f"| {int(submitters):,} "
        f"| {load['uniform']['a_second']:,.0f} | {load['uniform']['ratio_to_pgbench']:.2f} "
        f"| {load['hot']['a_second']:,.0f} | {load['hot']['ratio_to_pgbench']:.2f} "
        f"| {TARGETS.get(submitters, '')} |"
        for submitters, load in loads.items()
    )
