"""What follows an operation at the card switch, and what follows a finished card transfer."""

from typing import Final
from uuid import UUID

from tael import notifications, rails
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import WriteSession
from tael.kernel.ids import wire
from tael.kernel.outbox import RecordedEvent, Subscriber
from tael.transfers.card_events import CardTransferFinished
from tael.transfers.card_states import CardTransferKind, CardTransferState
from tael.transfers.card_transfers import finish_card_transfer

_OURS: Final = {kind.value for kind in CardTransferKind}


async def finish(session: WriteSession, event: RecordedEvent) -> None:
    """Finish the transfer of an operation that ended, if its request did not wait for it."""
    if event.payload["kind"] not in _OURS:
        return
    operation_id = rails.OperationId(UUID(event.payload["operation"]))
    operation = await rails.operation(session, operation_id)
    await finish_card_transfer(session, operation, now=await business_now(session))


async def tell_holder(session: WriteSession, event: RecordedEvent) -> None:
    """Show money that arrived, or that the wallet changed, on the customer's open screens."""
    told = event.payload
    arrived = told["kind"] == CardTransferKind.TOP_UP and told["state"] == (
        CardTransferState.SUCCEEDED
    )
    body = (
        {
            "movement": wire("mov", UUID(told["movement"])),
            "amount": told["amount"],
            "counterparty": told["card_label"],
            "at": told["at"],
        }
        if arrived
        else {}
    )
    await notifications.tell(
        session,
        UUID(told["customer"]),
        "money_in" if arrived else "wallet_changed",
        body,
        now=machine_now(),
    )


CARD_SUBSCRIBERS: Final = (
    Subscriber(
        "transfers.finish_card_transfers", frozenset({rails.OperationFinished.topic}), finish
    ),
    Subscriber("transfers.tell_holder", frozenset({CardTransferFinished.topic}), tell_holder),
)
