"""What the ledger does by itself: sweep dead holds, index long histories, make months.

Nobody needs any to be punctual: a hold past its deadline is dead for every reader and
spender already, what is not indexed yet is read along, and months are made long ahead.
"""

from typing import Final

from tael.kernel.clock import business_now
from tael.kernel.database import Database
from tael.kernel.money import CURRENCIES
from tael.kernel.outbox import Schedule
from tael.ledger import gauges, search, sequencer, service
from tael.ledger.day_close import close_due

SEQUENCE_EVERY_S: Final = 0.25
SWEEP_EVERY_S: Final = 5.0
MEASURE_EVERY_S: Final = 5.0
INDEX_EVERY_S: Final = 30.0
CLOSE_EVERY_S: Final = 20.0
MONTHS_EVERY_S: Final = 6 * 3600.0
MONTHS_AHEAD: Final = 3
"""How many months of entries there is room for beyond this one."""
SWEEP_BATCH: Final = 500
"""The most accounts that one transaction sweeps."""


async def sweep_holds(database: Database) -> None:
    """Mark due holds as expired and release their money, a set of accounts at a time."""
    more = True
    while more:
        more = await _sweep_some(database)


async def _sweep_some(database: Database) -> bool:
    async with database.write() as session:
        now = await business_now(session)
        due = await session.fetch(
            """
            SELECT DISTINCT currency, account
            FROM ledger_holds
            WHERE state = 'pending' AND expires_at <= $1
            LIMIT $2
            """,
            now,
            SWEEP_BATCH,
        )
        for currency in CURRENCIES.values():
            numbers = [row["account"] for row in due if row["currency"] == currency.code]
            if numbers:
                book = await service.lock(session, numbers, now=now, currency=currency)
                await service.write(session, book)
    return len(due) == SWEEP_BATCH


async def index_long_histories(database: Database) -> None:
    """Index what has grown, a set of entries at a time, each in a transaction of its own."""
    more = True
    while more:
        async with database.write() as session:
            more = await search.index_some(session)


async def make_months(database: Database) -> None:
    """See to it that the entries of the coming months have a place."""
    async with database.write() as session:
        await session.fetchval("SELECT ledger_make_months($1)", MONTHS_AHEAD)


async def sequence(database: Database) -> None:
    """Give what was posted its place in the transparency log, a set at a time."""
    more = True
    while more:
        async with database.write() as session:
            more = await sequencer.sequence_some(session)


async def close_days(database: Database) -> None:
    """Close the days that are over, in their order, a set at a time. Safe in several workers."""
    more = True
    while more:
        async with database.write() as session:
            more = bool(await close_due(session, now=await business_now(session)))


async def measure(database: Database) -> None:
    """Show an operator how far the ledger's followers are behind."""
    async with database.read() as session:
        await gauges.measure(session)


SCHEDULES: Final = (
    Schedule("ledger.sequence", SEQUENCE_EVERY_S, sequence),
    Schedule("ledger.sweep_holds", SWEEP_EVERY_S, sweep_holds),
    Schedule("ledger.index_long_histories", INDEX_EVERY_S, index_long_histories),
    Schedule("ledger.close_days", CLOSE_EVERY_S, close_days),
    Schedule("ledger.make_months", MONTHS_EVERY_S, make_months),
    Schedule("ledger.measure", MEASURE_EVERY_S, measure),
)
