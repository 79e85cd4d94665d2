"""Forget tries and sessions of long ago; close proposals that nobody decided."""

from datetime import timedelta
from typing import Final

from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule
from tael.staff.approvals import expire_approvals
from tael.staff.rules import TRIES_FORGOTTEN

SESSIONS_KEPT: Final = timedelta(days=30)


async def purge(database: Database) -> None:
    """Delete counters that count no more, and sessions past their time to be asked about."""
    now = machine_now()
    async with database.write() as session:
        await session.execute("DELETE FROM staff_tries WHERE tried_at < $1", now - TRIES_FORGOTTEN)
        await session.execute(
            "DELETE FROM staff_sessions WHERE expires_at < $1", now - SESSIONS_KEPT
        )


async def expire(database: Database) -> None:
    """Mark proposals that nobody decided in time."""
    async with database.write() as session:
        await expire_approvals(session, now=await business_now(session))


SCHEDULES: Final = (
    Schedule("staff.purge", 3600, purge),
    Schedule("staff.expire_approvals", 600, expire),
)
