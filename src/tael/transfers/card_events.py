"""What top-ups and withdrawals tell those above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTransferFinished(Event):
    """A top-up or withdrawal is certain now. `movement` is there when the money moved."""

    topic: ClassVar[str] = "transfers.card_transfer_finished.v1"

    transfer: UUID
    kind: str
    state: str
    customer: UUID
    amount: Money
    movement: UUID | None
    card_label: str
    at: datetime
