"""Forget what ended long ago."""

from datetime import timedelta
from typing import Final

from tael.kernel.clock import machine_now
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


SCHEDULES: Final = (Schedule("identity.purge", 3600, purge),)
