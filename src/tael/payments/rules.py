"""Pure decisions about orders and payments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.ledger import MovementId
from tael.merchants import MerchantId, Store, StoreId
from tael.payments.after_sale_errors import (
    NotRefundable,
    PaymentNotHeld,
    PaymentReversed,
    RefundExceedsPayment,
    RefundsExhausted,
    RefundTooLate,
    ReversalUnfit,
)
from tael.payments.after_sale_terms import AfterSale
from tael.payments.errors import (
    AmountChanged,
    OrderAlreadyPaid,
    OrderBeingPaid,
    OrderClosed,
    OrderExpired,
    SelfPayment,
)
from tael.payments.states import Capture, FundingKind, Level, OrderState, PaymentState

OrderId = NewType("OrderId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)

ORDER_LIFE_DEFAULT: Final = timedelta(minutes=15)
ORDER_LIFE_MAX: Final = timedelta(days=1)


@dataclass(slots=True)
class Order:
    """An order as its row stands, or as the commands so far leave it."""

    id: OrderId
    store_id: StoreId
    merchant_id: MerchantId
    amount: Money
    description: str
    token: str
    state: OrderState
    expires_at: datetime
    payment_id: PaymentId | None
    paid_at: datetime | None
    capture: Capture

    def state_at(self, now: datetime) -> OrderState:
        """The state as anybody should see it: an open order is dead at its deadline."""
        if self.state is OrderState.OPEN and self.expires_at <= now:
            return OrderState.EXPIRED
        return self.state


_UNPAYABLE: Final[Mapping[OrderState, type[Refusal]]] = {
    OrderState.PAYING: OrderBeingPaid,
    OrderState.HELD: OrderAlreadyPaid,
    OrderState.PAID: OrderAlreadyPaid,
    OrderState.EXPIRED: OrderExpired,
    OrderState.CLOSED: OrderClosed,
}


def refuses_paying(order: Order, now: datetime) -> Refusal | None:
    """Why this order cannot be paid now, if so."""
    state = order.state_at(now)
    return None if state is OrderState.OPEN else _UNPAYABLE[state]()


def refuses_amount(order: Order, amount: Money) -> Refusal | None:
    """An order is paid exactly: what the payer confirmed is what the store asked."""
    return None if amount == order.amount else AmountChanged(amount=order.amount)


def refuses_payer(store: Store, payer: UUID) -> Refusal | None:
    """An owner who pays his own shop moves money in a circle (and out of a credit card)."""
    return SelfPayment() if store.owner_id == payer else None


@dataclass(slots=True)
class Payment:
    """A payment as its row stands, or as the commands so far leave it."""

    id: PaymentId
    payer_id: UUID
    store_id: StoreId
    order_id: OrderId | None
    level: Level
    funding: FundingKind
    card_id: UUID | None
    state: PaymentState
    amount: Money
    fee: Money
    captured: Money
    """What the shop took so far, if this was held first."""
    refunded: Money
    refunded_fee: Money
    refunds: int
    held_until: datetime | None
    movement_id: MovementId | None
    at: datetime

    def state_at(self, now: datetime) -> PaymentState:
        """The state as anybody should see it: held money is free again at its deadline."""
        if self.state is not PaymentState.HELD or self.held_until is None or now < self.held_until:
            return self.state
        return self.ended(PaymentState.EXPIRED)

    def ended(self, without: PaymentState) -> PaymentState:
        """What a held payment is once nothing more is taken: `without` any capture, that."""
        return PaymentState.SUCCEEDED if self.captured.minor else without

    @property
    def taken(self) -> Money:
        """What reached the shop, refunds not counted."""
        if self.held_until is not None:
            return self.captured
        paid = self.state in {PaymentState.SUCCEEDED, PaymentState.REVERSED}
        return self.amount if paid else Money(0, self.amount.currency)

    @property
    def left(self) -> Money:
        """What can still be given back."""
        return self.taken - self.refunded


def refuses_refund(
    payment: Payment, amount: Money, terms: AfterSale, now: datetime
) -> Refusal | None:
    """Why this much of a payment cannot be given back now, if it cannot."""
    if payment.state is PaymentState.REVERSED:
        return PaymentReversed()
    if payment.taken.minor == 0:
        return NotRefundable(state=payment.state_at(now).value)
    if payment.left.minor == 0 or payment.left < amount:
        return RefundExceedsPayment(left=payment.left)
    if payment.refunds >= terms.refund_parts:
        return RefundsExhausted(parts=terms.refund_parts)
    if payment.at + terms.refund_within <= now:
        return RefundTooLate(until=payment.at + terms.refund_within)
    return None


def split_refund(left: Sequence[Money], amount: Money) -> list[Money]:
    """Share a refund among the parts of its payment, by what is left of each.

    A fraction stays with the later parts (the bank's fee) until the last refund, which takes
    what is left of every part: all refunds together give back each part exactly, and no part
    ever more than it was.
    """
    whole = sum(part.minor for part in left)
    assert 0 < amount.minor <= whole, "a refund is of what is left"
    shares = [part.minor * amount.minor // whole for part in left]
    rest = amount.minor - sum(shares)
    for index, part in enumerate(left):
        more = min(rest, part.minor - shares[index])
        shares[index] += more
        rest -= more
    assert rest == 0, "what is left of the parts covers the refund"
    return [Money(share, amount.currency) for share in shares]


def refuses_release(payment: Payment) -> Refusal | None:
    """Why nothing can be taken of, or let go from, what this payment holds: it never held any."""
    if payment.state is PaymentState.REVERSED:
        return PaymentReversed()
    return PaymentNotHeld() if payment.held_until is None else None


def refuses_reversal(payment: Payment) -> Refusal | None:
    """Why a payment cannot be undone by its opposite, if so: money is given back once."""
    if payment.state is PaymentState.REVERSED:
        return PaymentReversed()
    if payment.refunded.minor:
        return ReversalUnfit(why="refunded")
    if payment.funding is FundingKind.CARD:
        return ReversalUnfit(why="card")
    if payment.state is not PaymentState.SUCCEEDED or payment.captured.minor:
        return ReversalUnfit(why="held")
    return None
