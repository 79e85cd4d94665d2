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
