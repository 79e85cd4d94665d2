"""`tael ledger`: look after the books."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Final

from cyclopts import App
from rich.console import Console
from rich.table import Table

from tael import auditor
from tael.cli import archive, closes, deployment
from tael.cli.closes import amount
from tael.kernel.database import AUDITOR_ROLE, Database

app = App(name="ledger", help="The bank's books.")
closes.register(app)
archive.register(app)

SHOWN_MAX: Final = 20
"""The most differences that are printed for people; `--json` has more."""


@app.command
def check(*, json_: bool = False, state_dir: Path = deployment.STATE_DIR) -> None:
    """Recompute every balance, hold and total from the postings; exit 1 on any difference.

    Parameters
    ----------
    json_
        Print one JSON document; amounts are minor units.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    report = asyncio.run(_check(state_dir.resolve()))
    if json_:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        _show(report)
    sys.exit(0 if report.ok else 1)


async def _check(state_dir: Path) -> auditor.Report:
    async with deployment.settings(state_dir) as settings:
        database = await Database.open(settings.database_url, role=AUDITOR_ROLE)
        try:
            async with database.snapshot() as session:
                return await auditor.check(session)
        finally:
            await database.close()


def _show(report: auditor.Report) -> None:
    console = Console(highlight=False)
    table = Table("currency", "kind of account", title="Trial balance")
    for heading in ("accounts", "balance", "held"):
        table.add_column(heading, justify="right")
    for row in report.trial_balance:
        table.add_row(
            row["currency"],
            row["kind"],
            str(row["accounts"]),
            amount(row["balance"], row["currency"]),
            amount(row["held"], row["currency"]),
        )
    console.print(table)
    console.print(
        f"{report.accounts} accounts, {report.movements} movements, "
        f"{report.postings} postings, {report.holds} holds"
    )
    for difference in report.differences[:SHOWN_MAX]:
        console.print(
            f"[red]✗[/] {difference.rule}: {difference.subject}: "
            f"expected {difference.expected}, found {difference.found}"
        )
    for rule, count in report.differing.items():
        console.print(f"[red]{rule}: {count} differ[/]")
    if report.ok:
        console.print("[green]✓[/] every balance, hold and total follows from the postings")
