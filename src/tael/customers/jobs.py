"""What follows the events of customers, and of identity below."""

from typing import Final
from uuid import UUID

from tael import notifications
from tael.customers import events
from tael.customers.closing import FORGET_BATCH, forget_due
from tael.customers.service import set_phone_mask
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.outbox import RecordedEvent, Schedule, Subscriber


async def _tell_holder(session: WriteSession, event: RecordedEvent) -> None:
    """Let the holder's open apps read the wallet anew."""
    customer = UUID(event.payload["customer"])
    await notifications.tell(session, customer, "wallet_changed", {}, now=machine_now())


async def _follow_phone(session: WriteSession, event: RecordedEvent) -> None:
    customer = UUID(event.payload["customer"])
    await set_phone_mask(session, customer, event.payload["phone_masked"])


async def _forget(database: Database) -> None:
    while True:
        async with database.write() as session:
            forgotten = await forget_due(session, now=await business_now(session))
        if forgotten < FORGET_BATCH:
            return


SCHEDULES: Final = (Schedule("customers.forget", 3_600.0, _forget),)

SUBSCRIBERS: Final = (
    Subscriber(
        "customers.tell_holder",
        frozenset(
            {
                events.WalletFrozen.topic,
                events.WalletUnfrozen.topic,
                events.ClassRaised.topic,
            }
        ),
        _tell_holder,
    ),
    Subscriber("customers.follow_phone", frozenset({"identity.phone_changed.v1"}), _follow_phone),
)
