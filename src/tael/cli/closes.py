"""`tael ledger`: what was, day by day: balances as of a moment, trial balances, closed days."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from cyclopts import App
from rich.console import Console
from rich.table import Table

from tael import ledger, rails
from tael.cli import deployment
from tael.kernel.clock import SHANGHAI, business_day, business_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.faults import OperatorFault
from tael.kernel.money import CURRENCIES
from tael.kernel.refusals import Refusal

_DAY_LENGTH: Final = len("2026-11-22")
_Result = TypeVar("_Result")


def register(app: App) -> None:
    """Add the commands to `tael ledger`."""
    for command in (balance, trial_balance, close_day, closes):
        app.command(command)


def balance(
    account: int,
    *,
    as_of: str | None = None,
    known_at: str | None = None,
    currency: str = "CNY",
    json_: bool = False,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Tell what an account had at a moment, as it is known now or as it was known at another.

    Parameters
    ----------
    account
        The account's number.
    as_of
        A day in Shanghai (2026-11-22), to its end, or an instant with its offset. Now, if left out.
    known_at
        The same: what was posted later is left out.
    currency
        The account's currency.
    json_
        Print one JSON document; amounts are minor units.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    if currency not in CURRENCIES:
        raise OperatorFault(f"{currency} is not a currency that we keep accounts in.")

    async def ask(session: WriteSession) -> dict[str, Any]:
        exists = await session.fetchval(
            "SELECT EXISTS (SELECT FROM ledger_accounts WHERE currency = $1 AND number = $2)",
            currency,
            account,
        )
        if not exists:
            raise OperatorFault(f"There is no account {currency} {account}.")
        now = await business_now(session)
        asked, known = _moment(as_of) or now, _moment(known_at) or now
        found = await ledger.balance_as_of(
            session, ledger.AccountNumber(account), asked, known, currency=CURRENCIES[currency]
        )
        return {
            "account": account,
            "currency": currency,
            "as_of": ledger.instant_of(asked).isoformat(),
            "known_at": ledger.instant_of(known).isoformat(),
            "balance": found.minor,
        }

    told = _ask(state_dir, ask)
    if json_:
        print(json.dumps(told))
    else:
        print(f"{currency} {account}  {amount(told['balance'], currency)}")


def trial_balance(
    *,
    as_of: str | None = None,
    known_at: str | None = None,
    json_: bool = False,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Print the books at a moment, as they are known now or as they were known at another.

    Parameters
    ----------
    as_of
        A day in Shanghai (2026-11-22), to its end, or an instant with its offset. Now, if left out.
    known_at
        The same: what was posted later is left out.
    json_
        Print one JSON document; amounts are minor units.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """

    async def ask(session: WriteSession) -> dict[str, Any]:
        now = await business_now(session)
        asked, known = _moment(as_of) or now, _moment(known_at) or now
        rows = await ledger.trial_balance_as_of(session, asked, known)
        return {
            "as_of": ledger.instant_of(asked).isoformat(),
            "known_at": ledger.instant_of(known).isoformat(),
            "rows": [
                {
                    "currency": row.currency.code,
                    "kind": row.kind.value,
                    "accounts": row.accounts,
                    "balance": row.balance.minor,
                    "held": row.held.minor,
                }
                for row in rows
            ],
        }

    told = _ask(state_dir, ask)
    if json_:
        print(json.dumps(told))
    else:
        _show_rows(f"Trial balance as of {told['as_of']}", told["rows"])


def close_day(
    day: str | None = None, *, json_: bool = False, state_dir: Path = deployment.STATE_DIR
) -> None:
    """Close a day, and those before it that are open; print its report. The worker does it too.

    Parameters
    ----------
    day
        The day to close; the last one that is over, if left out.
    json_
        Print one JSON document; amounts are minor units.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """

    async def ask(session: WriteSession) -> ledger.DayClose:
        now = await business_now(session)
        last = business_day(now - ledger.DAY_GRACE) - timedelta(days=1)
        return await ledger.close_day(session, last if day is None else _day(day), now=now)

    found = _ask(state_dir, ask)
    if json_:
        print(json.dumps(found.report, ensure_ascii=False))
    else:
        _show(found)


def closes(*, limit: int = 31, json_: bool = False, state_dir: Path = deployment.STATE_DIR) -> None:
    """List the closed days, newest first.

    Parameters
    ----------
    limit
        How many, 100 at most.
    json_
        Print one JSON document.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    if not 0 < limit <= ledger.CLOSES_PAGE_MAX:
        raise OperatorFault(f"--limit is 1 to {ledger.CLOSES_PAGE_MAX}.")

    async def ask(session: WriteSession) -> list[ledger.DayClose]:
        return await ledger.day_closes(session, limit=limit)

    found = _ask(state_dir, ask)
    if json_:
        print(json.dumps([each.report for each in found], ensure_ascii=False))
        return
    table = Table("day", "closed at", title="Closed days")
    for heading in ("movements", "late", "differences"):
        table.add_column(heading, justify="right")
    for each in found:
        at = each.closed_at.astimezone(SHANGHAI)
        counts = (each.movements, each.late, each.differences)
        table.add_row(f"{each.day}", f"{at:%Y-%m-%d %H:%M}", *map(str, counts))
    Console(highlight=False).print(table)


def amount(minor: int, code: str) -> str:
    """Minor units as people read them, by whole-number arithmetic."""
    exponent = CURRENCIES[code].exponent
    whole, part = divmod(abs(minor), 10**exponent)
    fraction = f".{part:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{fraction}"


def _show(found: ledger.DayClose) -> None:
    report = found.report
    rows = [
        row | {"balance": row["balance"]["value"], "held": row["held"]["value"]}
        for row in report["trial_balance"]
    ]
    _show_rows(f"{found.day}", rows)
    console = Console(highlight=False)
    table = Table("kind of movement", "currency", title="What moved")
    table.add_column("movements", justify="right")
    table.add_column("amount", justify="right")
    for line in report["totals"]:
        moved = amount(line["amount"]["value"], line["currency"])
        table.add_row(line["kind"], line["currency"], str(line["movements"]), moved)
    console.print(table)
    for each in report["pending"]:
        console.print(f"{each['source']}: {each['count']} not final yet")
    console.print(f"{found.movements} movements, {found.late} dated to earlier days")
    for each in report["differences"]:
        console.print(
            f"[red]✗[/] {each['rule']}: {each['subject']}: "
            f"expected {each['expected']}, found {each['found']}"
        )
    if not found.differences:
        console.print("[green]✓[/] the day follows from the one before and what was posted")


def _show_rows(title: str, rows: Sequence[dict[str, Any]]) -> None:
    table = Table("currency", "kind of account", title=title)
    for heading in ("accounts", "balance", "held"):
        table.add_column(heading, justify="right")
    for row in rows:
        code = row["currency"]
        figures = (amount(row["balance"], code), amount(row["held"], code))
        table.add_row(code, row["kind"], str(row["accounts"]), *figures)
    Console(highlight=False).print(table)


def _moment(text: str | None) -> ledger.Moment | None:
    if text is None:
        return None
    if len(text) == _DAY_LENGTH:
        return _day(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise OperatorFault(f"{text}: a day (2026-11-22) or an instant is needed.") from None
    if moment.tzinfo is None:
        raise OperatorFault(f"{text}: an instant needs its offset, as +08:00 or Z.")
    return moment.astimezone(UTC)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OperatorFault(f"{text}: a day (2026-11-22) is needed.") from None


def _ask(state_dir: Path, ask: Callable[[WriteSession], Awaitable[_Result]]) -> _Result:
    home = state_dir.resolve()

    async def run() -> _Result:
        ledger.register_pending(rails.pending)
        async with deployment.settings(home) as settings:
            database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
            try:
                async with database.write() as session:
                    return await ask(session)
            except Refusal as refusal:
                raise OperatorFault(type(refusal).__doc__ or refusal.code) from None
            finally:
                await database.close()

    return asyncio.run(run())
