"""Kinds of accounts and movements, and the states of a hold."""

from enum import StrEnum
from typing import Final


class AccountKind(StrEnum):
    """What an account is for; the chart in `chart.py` says how far each may fall."""

    CUSTOMER_CASH = "customer_cash"
    """Money that we owe to a customer: the wallet."""
    MERCHANT_PAYABLE = "merchant_payable"
    """Money that we owe to a merchant until it is settled."""
    CARD_CLEARING = "card_clearing"
    """What the card switch owes us (below zero) or we owe it (above)."""
    FEES = "fees"
    """What we earned."""
    SUSPENSE = "suspense"
    """Money whose owner is not known yet; to be empty at the end of a day."""
    CUSTOMER_POINTS = "customer_points"
    """Points that a customer may spend."""
    POINTS_ISSUED = "points_issued"
    """The other side of every point: falls by what was issued and not yet used."""
    INTEREST_EXPENSE = "interest_expense"
    """What customers' balances have cost us in interest: falls by what was paid."""


class MovementKind(StrEnum):
    """Why money moved, as the history shows it."""

    PAYMENT = "payment"
    """A customer paid a merchant."""
    TRANSFER = "transfer"
    """A customer sent money to another."""
    TOP_UP = "top_up"
    """Money came in from a bank card."""
    WITHDRAWAL = "withdrawal"
    """Money went out to a bank card."""
    FEE = "fee"
    """We charged for a service."""
    REFUND = "refund"
    """A merchant gave a payment back, whole or in part."""
    REVERSAL = "reversal"
    """A movement that should not have been was undone by its opposite."""
    PAYOUT = "payout"
    """The bank paid many at once, as wages: a line of a file that two people approved."""
    ADJUSTMENT = "adjustment"
    """The bank corrected its books by hand, with two people's approval."""
    INTEREST = "interest"
    """The bank paid what a balance has earned."""


class Direction(StrEnum):
    """Which way money moved, seen from one account."""

    IN = "in"
    """It was credited."""
    OUT = "out"
    """It was debited."""


class HoldState(StrEnum):
    """The life of a hold: money promised, then taken or let go."""

    PENDING = "pending"
    """What is left of the money is set aside and cannot be spent otherwise."""
    POSTED = "posted"
    """It was captured, whole or in parts; the rest, if any, was released."""
    VOIDED = "voided"
    """It was given up before anything was taken; all was released."""
    EXPIRED = "expired"
    """Its deadline came first; what had not been captured was released."""


HOLD_TRANSITIONS: Final[dict[HoldState, frozenset[HoldState]]] = {
    HoldState.PENDING: frozenset({HoldState.POSTED, HoldState.VOIDED, HoldState.EXPIRED}),
    HoldState.POSTED: frozenset(),
    HoldState.VOIDED: frozenset(),
    HoldState.EXPIRED: frozenset(),
}
