"""What transfers between persons tell those above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSettled(Event):
    """Money reached another customer's wallet. The labels are masked, as history shows them."""

    topic: ClassVar[str] = "transfers.transfer_settled.v1"

    transfer: UUID
    movement: UUID
    payer: UUID
    payer_label: str
    payee: UUID
    payee_label: str
    amount: Money
    memo: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrderRan(Event):
    """A day of a standing order ended: its transfer was made, or refused until the day was over."""

    topic: ClassVar[str] = "transfers.standing_order_ran.v1"

    order: UUID
    due_on: str
    state: str
    payer: UUID
    amount: Money
    movement: UUID | None
    refusal: str | None
    at: datetime
