"""States of a store."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class StoreState(StrEnum):
    """Whether a store takes payments."""

    OPEN = "open"
    """It takes payments."""
    CLOSED = "closed"
    """It takes none; its printed code stays its own, should it open again."""


STORE_TRANSITIONS: Final[Mapping[StoreState, frozenset[StoreState]]] = {
    StoreState.OPEN: frozenset({StoreState.CLOSED}),
    StoreState.CLOSED: frozenset({StoreState.OPEN}),
}
