"""The life of an operation at the card switch."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class OperationKind(StrEnum):
    """What the card switch is asked to do."""

    TOP_UP = "top_up"
    """Take money from a card for its holder's wallet."""
    WITHDRAWAL = "withdrawal"
    """Give money from a wallet to its holder's card."""
    PAYMENT = "payment"
    """Take money from a card for a merchant."""
    REFUND = "refund"
    """Give money of a merchant back to the card that paid him."""


class OperationState(StrEnum):
    """How far an operation has come, as far as we know."""

    INTENDED = "intended"
    """Written down; nothing was sent."""
    SENT = "sent"
    """Given to the line, perhaps; one process waits for the answer."""
    UNKNOWN = "unknown"
    """No answer, or one that leaves it open: the money may have moved."""
    REVERSING = "reversing"
    """We asked to undo it, and ask until we hear that it is undone."""
    APPROVED = "approved"
    """The card's bank did it."""
    DECLINED = "declined"
    """It was not done and will not be."""
    REVERSED = "reversed"
    """It was undone, or the switch never saw it and can no longer do it."""


OPERATION_CHANGES: Final[Mapping[OperationState, frozenset[OperationState]]] = {
    OperationState.INTENDED: frozenset({OperationState.SENT, OperationState.DECLINED}),
    OperationState.SENT: frozenset(
        {
            # A refund that could not leave the house: it waits, and is forwarded.
            OperationState.INTENDED,
            OperationState.APPROVED,
            OperationState.DECLINED,
            OperationState.UNKNOWN,
        }
    ),
    OperationState.UNKNOWN: frozenset(
        {OperationState.APPROVED, OperationState.DECLINED, OperationState.REVERSING}
    ),
    OperationState.REVERSING: frozenset({OperationState.REVERSED}),
    OperationState.APPROVED: frozenset(),
    OperationState.DECLINED: frozenset(),
    OperationState.REVERSED: frozenset(),
}
"""Once a reversal may have left the house there is one way on: an approval that comes in after it
changes nothing, because the switch will undo what it approved."""

FINAL: Final = frozenset(state for state, onward in OPERATION_CHANGES.items() if not onward)


class Remedy(StrEnum):
    """What is done about an operation whose outcome nobody told us."""

    REVERSE = "reverse"
    """Undo it: for money taken from a card, which we have not passed on."""
    REPEAT = "repeat"
    """Ask again under the same key: for money given to a card, which may be spent already."""
    FORWARD = "forward"
    """The same, and nothing is given up unsent: for what was given to the customer already."""


REMEDIES: Final[Mapping[OperationKind, Remedy]] = {
    OperationKind.TOP_UP: Remedy.REVERSE,
    OperationKind.PAYMENT: Remedy.REVERSE,
    OperationKind.WITHDRAWAL: Remedy.REPEAT,
    OperationKind.REFUND: Remedy.FORWARD,
}
