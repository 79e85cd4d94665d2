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
    PAID = "paid"
    """One payment settled it."""
    EXPIRED = "expired"
    """Its time ran out. The clock says so: an open order past its deadline, never stored."""
    CLOSED = "closed"
    """The shop withdrew it."""


ORDER_TRANSITIONS: Final[Mapping[OrderState, frozenset[OrderState]]] = {
    OrderState.OPEN: frozenset(
        {OrderState.PAYING, OrderState.PAID, OrderState.EXPIRED, OrderState.CLOSED}
    ),
    OrderState.PAYING: frozenset({OrderState.OPEN, OrderState.PAID}),
    OrderState.PAID: frozenset(),
    OrderState.EXPIRED: frozenset(),
    OrderState.CLOSED: frozenset(),
}


class PaymentState(StrEnum):
    """The life of a payment; one from the balance begins and ends as succeeded."""

    PENDING = "pending"
    """The card was asked and has not answered for certain."""
    SUCCEEDED = "succeeded"
    """The money is on the merchant's account."""
    DECLINED = "declined"
    """The card said no, or its yes was reversed. No money moved."""


PAYMENT_TRANSITIONS: Final[Mapping[PaymentState, frozenset[PaymentState]]] = {
    PaymentState.PENDING: frozenset({PaymentState.SUCCEEDED, PaymentState.DECLINED}),
    PaymentState.SUCCEEDED: frozenset(),
    PaymentState.DECLINED: frozenset(),
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
