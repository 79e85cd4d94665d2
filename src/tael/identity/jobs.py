"""Forget what ended long ago."""

from datetime import timedelta
from typing import Final

from tael.identity.approvals import expire_approvals
from tael.identity.staff_rules import TRIES_FORGOTTEN
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule

CHALLENGES_KEPT: Final = timedelta(days=1)
SESSIONS_KEPT: Final = timedelta(days=30)
AUTHORISATIONS_KEPT: Final = timedelta(days=7)


async def purge(database: Database) -> None:
    """Delete codes, sessions and authorisations past their use and their time to be asked about."""
    now = machine_now()
    async with database.write() as session:
        await session.execute(
            "DELETE FROM identity_challenges WHERE expires_at < $1", now - CHALLENGES_KEPT
        )
        await session.execute(
            "DELETE FROM identity_sessions WHERE expires_at < $1", now - SESSIONS_KEPT
        )
        await session.execute(
            "DELETE FROM identity_authorisations WHERE expires_at < $1", now - AUTHORISATIONS_KEPT
        )
        await session.execute(
            "DELETE FROM identity_staff_tries WHERE tried_at < $1", now - TRIES_FORGOTTEN
        )
        await session.execute(
            "DELETE FROM identity_staff_sessions WHERE expires_at < $1", now - SESSIONS_KEPT
        )


async def expire(database: Database) -> None:
    """Mark proposals that nobody decided in time."""
    async with database.write() as session:
        await expire_approvals(session, now=await business_now(session))


SCHEDULES: Final = (
    Schedule("identity.purge", 3600, purge),
    Schedule("identity.expire_approvals", 600, expire),
)
