"""The two clocks: the business clock of the bank, and the machine's.

Limits, expiry, interest and schedules run on the *business clock*: one row that a sandbox
may move forward, never back, and that stands still relative to the machine otherwise. Ids,
sessions, leases, retention and rate limits run on the *machine clock*.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.refusals import InvalidRequest

AHEAD_MAX: Final = timedelta(days=50 * 365)
"""The furthest that a sandbox's business clock can be ahead: there are no dates without end."""

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""Business days begin and end here, wherever the server stands."""


def machine_now() -> datetime:
    """This machine's time, in UTC."""
    return datetime.now(UTC)


async def business_now(session: ReadSession) -> datetime:
    """The bank's time, in UTC: the machine's, plus what the sandbox was moved ahead."""
    if not session.clock_moves:
        return machine_now()
    ahead: timedelta | None = await session.fetchval("SELECT ahead FROM kernel_business_clock")
    return machine_now() + (ahead or timedelta())


async def advance(session: WriteSession, by: timedelta) -> datetime:
    """Move the whole bank forward; returns the new business time. Sandbox only.

    Refuses to go further than `AHEAD_MAX` from the machine's time, since nothing leads back.
    """
    assert session.clock_moves, "the business clock of a real bank does not move"
    assert by >= timedelta(), "the business clock never goes back"
    tag = await session.execute(
        "UPDATE kernel_business_clock SET ahead = ahead + $1 WHERE ahead + $1 <= $2", by, AHEAD_MAX
    )
    if tag != "UPDATE 1":
        raise InvalidRequest(errors=[{"where": "advance_s", "message": "leads too far ahead"}])
    return await business_now(session)


def business_day(at: datetime) -> date:
    """The day in Shanghai that this instant belongs to."""
    return at.astimezone(SHANGHAI).date()


def next_business_day_starts(at: datetime) -> datetime:
    """The first instant of the following day in Shanghai, in UTC: when day limits reset."""
    following = business_day(at) + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=SHANGHAI).astimezone(UTC)


def next_business_year_starts(at: datetime) -> datetime:
    """The first instant of the following year in Shanghai, in UTC: when year limits reset."""
    return datetime(business_day(at).year + 1, 1, 1, tzinfo=SHANGHAI).astimezone(UTC)
