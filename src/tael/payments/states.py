"""States of orders and payments."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class OrderState(StrEnum):
    """The life of an order: a shop asks for one amount, once."""

    OPEN = "open"
    """It waits for its payer."""
    PAYING = "paying"
    """A card-funded payment has reserved it, and the card's answer is not known yet."""
    HELD = "held"
    """Its amount is set aside in the payer's wallet until the shop takes it or lets it go."""
    PAID = "paid"
    """One payment settled it."""
    EXPIRED = "expired"
    """Its time ran out. The clock says so: an open order past its deadline, never stored."""
    CLOSED = "closed"
    """The shop withdrew it, or took nothing of what was held for it."""


ORDER_TRANSITIONS: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    OrderState.OPEN: frozenset(
        {
            OrderState.PAYING,
            OrderState.HELD,
            OrderState.PAID,
            OrderState.EXPIRED,
            OrderState.CLOSED,
        }
    ),
    OrderState.PAYING: frozenset({OrderState.OPEN, OrderState.PAID}),
    OrderState.HELD: frozenset({OrderState.PAID, OrderState.CLOSED}),
    OrderState.PAID: frozenset(),
    OrderState.EXPIRED: frozenset(),
    OrderState.CLOSED: frozenset(),
}


class Capture(StrEnum):
    """When an order's money is taken."""

    AUTOMATIC = "automatic"
    """At once, by the payment."""
    MANUAL = "manual"
    """Later, by the shop, in parts if it likes: a deposit. Until then it is held."""


class PaymentState(StrEnum):
    """The life of a payment. One from the balance begins as succeeded, or as held."""

    PENDING = "pending"
    """The card was asked and has not answered for certain."""
    HELD = "held"
    """The money is set aside in the wallet; the shop takes it, whole or in parts, or lets it go."""
    SUCCEEDED = "succeeded"
    """The money, or the part that the shop took, is on the merchant's account."""
    DECLINED = "declined"
    """The card said no, or its yes was reversed. No money moved."""
    VOIDED = "voided"
    """The shop let go of all that was held. No money moved."""
    EXPIRED = "expired"
    """The shop took nothing in time, and all that was held is free again. No money moved."""
    REVERSED = "reversed"
    """It should not have been: the bank undid it by its opposite."""


PAYMENT_TRANSITIONS: Final[Mapping[PaymentState, frozenset[PaymentState]]] = {
    PaymentState.PENDING: frozenset({PaymentState.SUCCEEDED, PaymentState.DECLINED}),
    PaymentState.HELD: frozenset(
        {PaymentState.SUCCEEDED, PaymentState.VOIDED, PaymentState.EXPIRED}
    ),
    PaymentState.SUCCEEDED: frozenset({PaymentState.REVERSED}),
    PaymentState.DECLINED: frozenset(),
    PaymentState.VOIDED: frozenset(),
    PaymentState.EXPIRED: frozenset(),
    PaymentState.REVERSED: frozenset(),
}


class Level(StrEnum):
    """Risk level of a scanned code (domain rules of 银发〔2017〕296号)."""

    B = "B"
    """Dynamic code, two factors without a certificate."""
    D = "D"
    """Printed or screenshot code."""


class FundingKind(StrEnum):
    """Where the payer's money comes from."""

    BALANCE = "balance"
    """The wallet."""
    CARD = "card"
    """A bound card, through the card switch."""
