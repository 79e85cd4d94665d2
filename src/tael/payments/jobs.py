"""What follows a payment and a refund, and the card switch's answer to one."""

from typing import Final
from uuid import UUID

from tael import notifications, rails
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import WriteSession
from tael.kernel.ids import wire
from tael.kernel.outbox import RecordedEvent, Subscriber
from tael.payments.after_sale_events import (
    PaymentCaptured,
    PaymentRefunded,
    PaymentReleased,
    PaymentUndone,
)
from tael.payments.card import finish_card_payment
from tael.payments.events import PaymentDeclined, PaymentHeld, PaymentSettled
from tael.payments.refund_card import finish_refund

_OURS: Final = {
    rails.OperationKind.PAYMENT: finish_card_payment,
    rails.OperationKind.REFUND: finish_refund,
}


async def finish(session: WriteSession, event: RecordedEvent) -> None:
    """Finish what an operation that ended was for, if its request did not wait for it."""
    follow = _OURS.get(event.payload["kind"])
    if follow is None:
        return
    operation_id = rails.OperationId(UUID(event.payload["operation"]))
    operation = await rails.operation(session, operation_id)
    await follow(session, operation, now=await business_now(session))


async def tell_payer(session: WriteSession, event: RecordedEvent) -> None:
    """Something about the payer's money changed and none came in: his screens show it."""
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


async def tell_of_refund(session: WriteSession, event: RecordedEvent) -> None:
    """Money came back to the payer: his open screens show it at once, and from whom."""
    told = event.payload
    money_in = {
        "movement": wire("mov", UUID(told["movement"])),
        "amount": told["amount"],
        "counterparty": told["store_label"],
        "at": told["at"],
        "kind": "refund",
        "destination": told["destination"],
    }
    payer = UUID(told["payer"])
    await notifications.tell(session, payer, "money_in", money_in, now=machine_now())


SUBSCRIBERS: Final = (
    Subscriber("payments.finish", frozenset({rails.OperationFinished.topic}), finish),
    Subscriber(
        "payments.tell_both", frozenset({PaymentSettled.topic, PaymentCaptured.topic}), tell_both
    ),
    Subscriber(
        "payments.tell_payer",
        frozenset(
            {PaymentDeclined.topic, PaymentHeld.topic, PaymentReleased.topic, PaymentUndone.topic}
        ),
        tell_payer,
    ),
    Subscriber("payments.tell_of_refund", frozenset({PaymentRefunded.topic}), tell_of_refund),
)
