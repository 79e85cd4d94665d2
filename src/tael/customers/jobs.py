"""What follows the events of customers, and of identity below."""

from typing import Final
from uuid import UUID

from tael import notifications
from tael.customers import events
from tael.customers.service import set_phone_mask
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession
from tael.kernel.outbox import RecordedEvent, Subscriber


async def _tell_holder(session: WriteSession, event: RecordedEvent) -> None:
    """Let the holder's open apps read the wallet anew."""
    customer = UUID(event.payload["customer"])
    await notifications.tell(session, customer, "wallet_changed", {}, now=machine_now())


async def _follow_phone(session: WriteSession, event: RecordedEvent) -> None:
    customer = UUID(event.payload["customer"])
    await set_phone_mask(session, customer, event.payload["phone_masked"])


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
