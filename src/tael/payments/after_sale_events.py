"""What follows a sale, told to those above."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.outbox import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(Event):
    """A shop took money that was held for it, all or a part."""

    topic: ClassVar[str] = "payments.payment_captured.v1"

    payment: UUID
    movement: UUID
    payer: UUID
    payer_label: str
    merchant: UUID
    merchant_owner: UUID | None
    store: UUID
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReleased(Event):
    """What was still held for a shop is free again. `state` is what the payment came to."""

    topic: ClassVar[str] = "payments.payment_released.v1"

    payment: UUID
    payer: UUID
    store: UUID
    amount: Money
    state: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRefunded(Event):
    """Money of a payment came back to its payer. `destination` is balance or card."""

    topic: ClassVar[str] = "payments.payment_refunded.v1"

    payment: UUID
    refund: UUID
    movement: UUID
    payer: UUID
    store: UUID
    store_label: str
    amount: Money
    destination: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundUnclaimed(Event):
    """Money came back to a closed wallet: the bank keeps it apart until its owner asks."""

    topic: ClassVar[str] = "payments.refund_unclaimed.v1"

    payment: UUID
    refund: UUID
    movement: UUID
    payer: UUID
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentUndone(Event):
    """The bank undid a payment that should not have been, by its opposite."""

    topic: ClassVar[str] = "payments.payment_undone.v1"

    payment: UUID
    movement: UUID
    payer: UUID
    store: UUID
    amount: Money
    at: datetime
