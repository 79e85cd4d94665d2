"""States of what follows a sale."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RefundState(StrEnum):
    """The life of a refund. Once the shop gave it, it never fails: it arrives, here or there."""

    PENDING = "pending"
    """The card's bank was told and has not answered for certain; the shop's money is set aside."""
    SUCCEEDED = "succeeded"
    """The money is where `RefundDestination` says."""


REFUND_TRANSITIONS: Final[Mapping[RefundState, frozenset[RefundState]]] = {
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED}),
    RefundState.SUCCEEDED: frozenset(),
}


class RefundDestination(StrEnum):
    """Where a refund goes: to where the money came from, as long as that exists."""

    BALANCE = "balance"
    """The payer's wallet, also when it is frozen; and for a card that no longer takes it."""
    CARD = "card"
    """The card that paid, through the card switch."""
    SUSPENSE = "suspense"
    """The wallet is closed: the bank keeps the money apart until its owner asks for it."""
