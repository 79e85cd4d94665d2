"""What follows a transfer: the payee's open screens show it at once."""

from typing import Final
from uuid import UUID

from tael import notifications
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession
from tael.kernel.ids import wire
from tael.kernel.outbox import RecordedEvent, Schedule, Subscriber
from tael.transfers.card_jobs import CARD_SUBSCRIBERS
from tael.transfers.events import TransferSettled
from tael.transfers.receive import purge_receive_codes


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


SUBSCRIBERS: Final = (
    Subscriber("transfers.tell_both", frozenset({TransferSettled.topic}), tell_both),
    *CARD_SUBSCRIBERS,
)
SCHEDULES: Final = (
    Schedule("transfers.purge_receive_codes", every_s=3_600, run=purge_receive_codes),
)
