"""The life of a top-up or a withdrawal."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CardTransferKind(StrEnum):
    """Which way the money goes."""

    TOP_UP = "top_up"
    """From a card into the wallet."""
    WITHDRAWAL = "withdrawal"
    """From the wallet to a card."""


class CardTransferState(StrEnum):
    """What is certain about it."""

    PENDING = "pending"
    """The card's bank was asked and we do not know its answer yet."""
    SUCCEEDED = "succeeded"
    """The money moved."""
    DECLINED = "declined"
    """The card's bank said no; nothing moved."""
    REVERSED = "reversed"
    """It could not be finished and was undone; nothing moved in the end."""


CARD_TRANSFER_CHANGES: Final[Mapping[CardTransferState, frozenset[CardTransferState]]] = {
    CardTransferState.PENDING: frozenset(
        {CardTransferState.SUCCEEDED, CardTransferState.DECLINED, CardTransferState.REVERSED}
    ),
    CardTransferState.SUCCEEDED: frozenset(),
    CardTransferState.DECLINED: frozenset(),
    CardTransferState.REVERSED: frozenset(),
}
