"""Kinds of breaks and their lives."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

BreakId = NewType("BreakId", UUID)


class BreakType(StrEnum):
    """In what a day's file differs from our books."""

    MISSING_HERE = "missing_here"
    """The switch settled what we have not booked."""
    MISSING_THERE = "missing_there"
    """We booked what the switch has not settled."""
    AMOUNT = "amount"
    """Both have it, with different amounts."""
    DUPLICATE = "duplicate"
    """The switch settled it again."""
    LATE = "late"
    """It takes back an earlier day's difference: what was missing came."""


class BreakState(StrEnum):
    """How far a break has come."""

    OPEN = "open"
    """Nobody has explained it."""
    CLEARED = "cleared"
    """A later day took it back by itself."""
    POSTED = "posted"
    """Two people had it booked out into, or out of, suspense."""
    LINKED = "linked"
    """Two people found that another break is its other half."""


BREAK_CHANGES: Final[Mapping[BreakState, frozenset[BreakState]]] = {
    BreakState.OPEN: frozenset({BreakState.CLEARED, BreakState.POSTED, BreakState.LINKED}),
    BreakState.CLEARED: frozenset(),
    BreakState.POSTED: frozenset(),
    BreakState.LINKED: frozenset(),
}
