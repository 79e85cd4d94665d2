"""What follows a payment: open screens show it at once."""

from typing import Final
from uuid import UUID

from tael import notifications
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession
from tael.kernel.ids import wire
from tael.kernel.outbox import RecordedEvent, Subscriber
from tael.payments.events import PaymentSettled


async def tell_both(session: WriteSession, event: RecordedEvent) -> None:
    """Tell the merchant's owner, if he is a customer, and the payer that his wallet changed."""
    told = event.payload
    now = machine_now()
    if told["merchant_owner"] is not None:
        money_in = {
            "movement": wire("mov", UUID(told["movement"])),
            "amount": told["amount"],
            "counterparty": told["payer_label"],
            "at": told["at"],
        }
        owner = UUID(told["merchant_owner"])
        await notifications.tell(session, owner, "money_in", money_in, now=now)
    await notifications.tell(session, UUID(told["payer"]), "wallet_changed", {}, now=now)


SUBSCRIBERS: Final = (
    Subscriber("payments.tell_both", frozenset({PaymentSettled.topic}), tell_both),
)
