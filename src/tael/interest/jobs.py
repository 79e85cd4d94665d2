"""What interest does by itself: the days that are over, one set of wallets after the other."""

from typing import Final

from tael.interest.days import step
from tael.kernel.clock import business_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule

DAYS_EVERY_S: Final = 30.0


async def accrue_days(database: Database) -> None:
    """Accrue and pay what is due, until nothing is. Safe in any number of workers."""
    more = True
    while more:
        async with database.write() as session:
            more = await step(session, now=await business_now(session))


SCHEDULES: Final = (Schedule("interest.accrue_days", DAYS_EVERY_S, accrue_days),)
