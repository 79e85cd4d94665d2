"""Kinds of cards, what they can be used for, and the life of a binding."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CardKind(StrEnum):
    """Whose money a card spends."""

    DEBIT = "debit"
    """Its holder's own."""
    CREDIT = "credit"
    """The bank's, lent to its holder."""


class CardUse(StrEnum):
    """What a bound card may do here."""

    TOP_UP = "top_up"
    """Fill the wallet."""
    WITHDRAW = "withdraw"
    """Take money out of the wallet."""
    PAY = "pay"
    """Pay a merchant."""


class BindingState(StrEnum):
    """How far the binding of a card has come."""

    STARTED = "started"
    """Written down; the card's bank may or may not have been asked."""
    CODE_SENT = "code_sent"
    """The bank knows the four elements as told, and has sent its code."""
    BOUND = "bound"
    """The code was right: the card is bound."""
    REFUSED = "refused"
    """The bank said no."""
    ENDED = "ended"
    """Too many wrong codes, too late, or begun anew."""


BINDING_CHANGES: Final[Mapping[BindingState, frozenset[BindingState]]] = {
    BindingState.STARTED: frozenset(
        {BindingState.CODE_SENT, BindingState.REFUSED, BindingState.ENDED}
    ),
    BindingState.CODE_SENT: frozenset({BindingState.BOUND, BindingState.ENDED}),
    BindingState.BOUND: frozenset(),
    BindingState.REFUSED: frozenset(),
    BindingState.ENDED: frozenset(),
}
