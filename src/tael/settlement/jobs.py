"""What settlement does by itself: fetch the file of each day that is over, and compare it."""

from datetime import date, timedelta
from typing import Final

import structlog

from tael import ledger
from tael.kernel.clock import business_day, business_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule
from tael.kernel.refusals import Refusal
from tael.settlement.compare import compare_day, refuse_changed
from tael.settlement.errors import FileMissing
from tael.settlement.files import FileUnavailable, SettlementFiles
from tael.settlement.queries import Run, last_run

COMPARE_EVERY_S: Final = 30.0
DAYS_A_ROUND: Final = 60

_log = structlog.get_logger(__name__)


def schedules(files: SettlementFiles) -> tuple[Schedule, ...]:
    """The comparison of what is over; any number of workers may run it."""

    async def compare(database: Database) -> None:
        for _ in range(DAYS_A_ROUND):
            if await compare_next(database, files) is None:
                return

    return (Schedule("settlement.compare", COMPARE_EVERY_S, compare),)


async def compare_next(database: Database, files: SettlementFiles) -> Run | None:
    """Compare the next day that is over; None when there is none, or no file of it yet."""
    day = await next_day(database)
    if day is None:
        return None
    try:
        return await compare_file(database, files, day)
    except (Refusal, FileUnavailable) as fault:
        _log.warning("settlement.not_compared", day=day.isoformat(), why=str(fault))
        return None


async def compare_file(database: Database, files: SettlementFiles, day: date) -> Run:
    """Fetch a day's file, between transactions, and compare it.

    Refuses `settlement.file_missing`, `settlement.file_changed` and what `compare_day` refuses;
    raises `FileUnavailable`.
    """
    octets = await files.fetch(day)
    if octets is None:
        raise FileMissing(day=day.isoformat())
    async with database.write() as session:
        found = await compare_day(session, day, octets, now=await business_now(session))
    refuse_changed(found, octets)
    return found


async def next_day(database: Database) -> date | None:
    """The first business day that is over and was not compared, from our first card entry on."""
    async with database.read() as session:
        today = business_day(await business_now(session))
        last = await last_run(session)
        if last is not None:
            day = last.day + timedelta(days=1)
        else:
            first = await ledger.period(session, ledger.CARD_CLEARING, 1, 2, limit=1)
            if not first:
                return None
            day = first[0].booked_on
    return day if day < today else None
