"""Standing orders: how often they run, how they stand, and how a run ends."""

from enum import StrEnum
from typing import Final


class Every(StrEnum):
    """How often a standing order sends."""

    ONCE = "once"
    """On its first day only: a transfer for later."""
    WEEK = "week"
    """On the first day and the same day of each week after it."""
    MONTH = "month"
    """On the first day and the same day of each month after it, or the month's last."""


class StandingState(StrEnum):
    """The life of a standing order."""

    ACTIVE = "active"
    """It sends on its next day."""
    FINISHED = "finished"
    """Its last day has been."""
    CANCELLED = "cancelled"
    """Its owner stopped it."""
    ENDED = "ended"
    """Nobody can send or receive by it any more: a wallet was closed."""


STANDING_TRANSITIONS: Final[dict[StandingState, frozenset[StandingState]]] = {
    StandingState.ACTIVE: frozenset(
        {StandingState.FINISHED, StandingState.CANCELLED, StandingState.ENDED}
    ),
    StandingState.FINISHED: frozenset(),
    StandingState.CANCELLED: frozenset(),
    StandingState.ENDED: frozenset(),
}


class RunState(StrEnum):
    """How one day of a standing order ended."""

    SENT = "sent"
    """The money was sent."""
    FAILED = "failed"
    """It was refused all day; nothing was sent."""
