"""What payments tell those above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettled(Event):
    """A customer's money, or the card's, reached the merchant's account."""

    topic: ClassVar[str] = "payments.payment_settled.v1"

    payment: UUID
    movement: UUID
    payer: UUID
    payer_label: str
    merchant: UUID
    merchant_owner: UUID | None
    store: UUID
    order: UUID | None
    amount: Money
    funding: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentHeld(Event):
    """A customer's money is set aside for a shop, until it takes it or lets it go."""

    topic: ClassVar[str] = "payments.payment_held.v1"

    payment: UUID
    payer: UUID
    store: UUID
    order: UUID
    amount: Money
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(Event):
    """A card-funded payment ended without moving money; its order can be paid again."""

    topic: ClassVar[str] = "payments.payment_declined.v1"

    payment: UUID
    payer: UUID
    store: UUID
    order: UUID | None
    amount: Money
    at: datetime
