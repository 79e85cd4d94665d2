"""What is held for a shop is free at its deadline: orders, payments and limits follow the clock.

The ledger and every reader know it by the deadline itself; this only writes it down.
"""

from typing import Final

from tael.kernel.clock import business_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule
from tael.payments.held import expire, lock_held, write_held
from tael.payments.states import PaymentState

EXPIRE_EVERY_S: Final = 5.0
EXPIRE_BATCH: Final = 200
"""The most payments that one transaction ends."""


async def expire_held(database: Database) -> None:
    """End every held payment past its deadline, a set at a time."""
    more = True
    while more:
        more = await _expire_some(database)


async def _expire_some(database: Database) -> bool:
    async with database.write() as session:
        now = await business_now(session)
        rows = await session.fetch(
            """
            SELECT id
            FROM payments_payments
            WHERE state = 'held' AND held_until <= $1
            ORDER BY held_until
            LIMIT $2
            """,
            now,
            EXPIRE_BATCH,
        )
        if not rows:
            return False
        batch = await lock_held(session, {row["id"] for row in rows}, now)
        for payment in batch.payments.values():
            # Somebody may have ended it since it was found.
            if payment.state is PaymentState.HELD:
                expire(payment, batch)
        await write_held(session, batch)
        return len(rows) == EXPIRE_BATCH


SCHEDULES: Final = (Schedule("payments.expire_held", EXPIRE_EVERY_S, expire_held),)
