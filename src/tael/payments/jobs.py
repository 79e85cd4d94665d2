"""What follows a payment, and what follows the card switch's answer to one."""

from typing import Final
from uuid import UUID

from tael import notifications, rails
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import WriteSession
from tael.kernel.ids import wire
from tael.kernel.outbox import RecordedEvent, Subscriber
from tael.payments.card import finish_card_payment
from tael.payments.events import PaymentDeclined, PaymentSettled


async def finish(session: WriteSession, event: RecordedEvent) -> None:
    """Finish the payment of an operation that ended, if its request did not wait for it."""
    if event.payload["kind"] != rails.OperationKind.PAYMENT:
        return
    operation_id = rails.OperationId(UUID(event.payload["operation"]))
    operation = await rails.operation(session, operation_id)
    await finish_card_payment(session, operation, now=await business_now(session))


async def tell_payer(session: WriteSession, event: RecordedEvent) -> None:
    """A pending payment ended without paying: the payer's screens show it."""
    payer = UUID(event.payload["payer"])
    await notifications.tell(session, payer, "wallet_changed", {}, now=machine_now())


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
    Subscriber("payments.finish", frozenset({rails.OperationFinished.topic}), finish),
    Subscriber("payments.tell_both", frozenset({PaymentSettled.topic}), tell_both),
    Subscriber("payments.tell_payer", frozenset({PaymentDeclined.topic}), tell_payer),
)
