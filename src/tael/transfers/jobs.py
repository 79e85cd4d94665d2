"""What follows a transfer, and what runs by itself: standing orders on their days."""

from typing import Final
from uuid import UUID

from tael import notifications
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.ids import wire
from tael.kernel.outbox import RecordedEvent, Schedule, Subscriber
from tael.transfers.card_jobs import CARD_SUBSCRIBERS
from tael.transfers.events import StandingOrderRan, TransferSettled
from tael.transfers.receive import purge_receive_codes
from tael.transfers.standing import end_standing_orders_of
from tael.transfers.standing_run import RUN_BATCH, run_due
from tael.transfers.standing_states import RunState


async def tell_both(session: WriteSession, event: RecordedEvent) -> None:
    """Tell the payee of the money, and the payer that his wallet changed."""
    told = event.payload
    money_in = {
        "movement": wire("mov", UUID(told["movement"])),
        "amount": told["amount"],
        "counterparty": told["payer_label"],
        "at": told["at"],
    }
    now = machine_now()
    await notifications.tell(session, UUID(told["payee"]), "money_in", money_in, now=now)
    await notifications.tell(session, UUID(told["payer"]), "wallet_changed", {}, now=now)


async def tell_failure(session: WriteSession, event: RecordedEvent) -> None:
    """Tell a payer whose standing order could not send; what was sent is told by its transfer."""
    told = event.payload
    if told["state"] != RunState.FAILED:
        return
    failed = {
        "standing_order": wire("sor", UUID(told["order"])),
        "amount": told["amount"],
        "code": told["refusal"],
        "due_on": told["due_on"],
    }
    await notifications.tell(
        session, UUID(told["payer"]), "standing_order_failed", failed, now=machine_now()
    )


async def follow_closing(session: WriteSession, event: RecordedEvent) -> None:
    """End the orders from and to a wallet that was closed."""
    customer = UUID(event.payload["customer"])
    await end_standing_orders_of(session, customer, now=await business_now(session))


async def run_standing_orders(database: Database) -> None:
    """Run everything that is due, a set at a time; any number of workers may."""
    ran = RUN_BATCH
    while ran == RUN_BATCH:
        async with database.write() as session:
            ran = await run_due(session, now=await business_now(session))


SUBSCRIBERS: Final = (
    Subscriber("transfers.tell_both", frozenset({TransferSettled.topic}), tell_both),
    Subscriber(
        "transfers.tell_failed_standing_orders", frozenset({StandingOrderRan.topic}), tell_failure
    ),
    Subscriber(
        "transfers.end_standing_orders", frozenset({"customers.wallet_closed.v1"}), follow_closing
    ),
    *CARD_SUBSCRIBERS,
)
SCHEDULES: Final = (
    Schedule("transfers.purge_receive_codes", every_s=3_600, run=purge_receive_codes),
    Schedule("transfers.run_standing_orders", every_s=10, run=run_standing_orders),
)
