"""`tael settlement`: compare days with the card switch's files, and see what differs."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from cyclopts import App
from rich.console import Console
from rich.table import Table

from tael import settlement
from tael.cli import deployment
from tael.cli.deployment import Running
from tael.kernel import ids
from tael.kernel.clock import business_day, business_now
from tael.kernel.database import Database
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.kernel.settings import Settings

app = App(name="settlement", help="Compare our books with the card switch's files.")


@app.command
def run(
    *,
    day: date | None = None,
    folder: Path | None = None,
    json_: bool = False,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Compare a business day that is over; exit 1 if the day is not explained to the last fen.

    Parameters
    ----------
    day
        Which day; by itself the next one that is over.
    folder
        Take the file from this folder (YYYY-MM-DD.txt) instead of TAEL_SETTLEMENT_URL.
    json_
        Print JSON; amounts are minor units.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    try:
        found = asyncio.run(_compare(state_dir.resolve(), day, folder))
    except Refusal as refusal:
        sys.exit(f"tael: {refusal.meaning()} {_told(refusal)}".rstrip())
    except settlement.FileUnavailable as fault:
        sys.exit(f"tael: the switch's files cannot be reached: {fault}")
    if found is None:
        sys.exit("tael: no day is over that was not compared")
    if json_:
        print(json.dumps(_run_json(found)))
    else:
        _show_run(found)
    sys.exit(0 if found.balanced else 1)


@app.command
def breaks(
    *, every: bool = False, json_: bool = False, state_dir: Path = deployment.STATE_DIR
) -> None:
    """List the breaks that stand open, the newest first; exit 1 if there are any.

    Parameters
    ----------
    every
        Those that have ended, too.
    json_
        Print JSON; amounts are minor units.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    found, today = asyncio.run(_list(state_dir.resolve(), every=every))
    if json_:
        print(json.dumps([_break_json(each, today) for each in found]))
    else:
        _show_breaks(found, today)
    sys.exit(1 if any(each.state is settlement.BreakState.OPEN for each in found) else 0)


@asynccontextmanager
async def _open(state_dir: Path) -> AsyncIterator[tuple[Database, Settings]]:
    async with deployment.settings(state_dir) as settings:
        database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
        try:
            yield database, settings
        finally:
            await database.close()


async def _compare(state_dir: Path, day: date | None, folder: Path | None) -> settlement.Run | None:
    async with _open(state_dir) as (database, settings):
        wanted = day or await settlement.next_day(database)
        if wanted is None:
            return None
        if folder is not None:
            files = settlement.FolderSettlementFiles(folder)
            return await settlement.compare_file(database, files, wanted)
        running = Running.load(state_dir)
        url = settings.settlement_url or (running and f"{running.world_url}/settlement")
        if not url:
            sys.exit("tael: TAEL_SETTLEMENT_URL names no place of files, and no sandbox is up")
        async with httpx.AsyncClient(trust_env=False) as client:
            files_there = settlement.HttpSettlementFiles(url, client)
            return await settlement.compare_file(database, files_there, wanted)


async def _list(state_dir: Path, *, every: bool) -> tuple[list[settlement.Break], date]:
    state = None if every else settlement.BreakState.OPEN
    async with _open(state_dir) as (database, _), database.read() as session:
        found = await settlement.list_breaks(
            session,
            settlement.BreakFilters(state=state),
            before=None,
            limit=settlement.PAGE_MAX,
        )
        return found, business_day(await business_now(session))


def _told(refusal: Refusal) -> str:
    return ", ".join(f"{name}: {value}" for name, value in refusal.details.items())


def _run_json(found: settlement.Run) -> dict[str, Any]:
    return {
        "day": found.day.isoformat(),
        "lines": found.lines,
        "entries": found.entries,
        "matched": found.matched,
        "file_net": found.file_net.minor,
        "booked_net": found.booked_net.minor,
        "corrected_net": found.corrected_net.minor,
        "differing": found.differing.minor,
        "open_breaks": found.open_breaks,
        "balanced": found.balanced,
    }


def _break_json(found: settlement.Break, today: date) -> dict[str, Any]:
    return {
        "break": ids.wire("brk", found.id),
        "day": found.day.isoformat(),
        "age_days": settlement.age_days(found.day, today),
        "type": found.type.value,
        "state": found.state.value,
        "reference": found.reference,
        "difference": found.difference.minor,
    }


def _show_run(found: settlement.Run) -> None:
    console = Console(highlight=False)
    table = Table("", title=f"{found.day}: {found.lines} lines, {found.entries} entries")
    table.add_column("CNY", justify="right")
    table.add_row("the switch's file", _amount(found.file_net))
    table.add_row("our account with the switch", _amount(found.booked_net))
    table.add_row("less corrections of breaks", _amount(-found.corrected_net))
    table.add_row(f"differences ({found.breaks})", _amount(found.differing))
    table.add_row(f"  of which open ({found.open_breaks})", _amount(found.open_differing))
    console.print(table)
    verdict = "[green]✓[/] explained to the last fen" if found.balanced else "[red]✗[/] not over"
    console.print(f"{verdict}; {found.matched} references agree")


def _show_breaks(found: list[settlement.Break], today: date) -> None:
    table = Table()
    # The id is for copying: it is broken over lines rather than cut short.
    table.add_column("break", overflow="fold")
    for heading in ("day", "type", "state", "reference"):
        table.add_column(heading, overflow="fold")
    table.add_column("days", justify="right")
    table.add_column("difference", justify="right")
    for each in found:
        age = str(settlement.age_days(each.day, today))
        texts = (ids.wire("brk", each.id), str(each.day), each.type.value, each.state.value)
        table.add_row(*texts, each.reference, age, _amount(each.difference))
    Console(highlight=False).print(table)


def _amount(amount: Money) -> str:
    whole, part = divmod(abs(amount.minor), 100)
    return f"{'-' if amount.minor < 0 else ''}{whole:,}.{part:02d}"
