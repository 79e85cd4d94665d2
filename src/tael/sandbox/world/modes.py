"""The faults that the sandbox's card switch can be told to make."""

from dataclasses import dataclass, replace
from enum import StrEnum

from tael.codecs.response_codes import ResponseCode


class ModeKind(StrEnum):
    """How the switch treats a message."""

    APPROVE = "approve"
    """As its books say: the ordinary way."""
    DECLINE = "decline"
    """Refuses with a given response code and moves nothing."""
    DELAY = "delay"
    """Does it at once, answers late."""
    TIMEOUT = "timeout"
    """Does it and never answers; with `when: before`, does not even do it."""
    TWICE = "twice"
    """Does it once and answers two times."""
    DROP = "drop"
    """Hangs up, before or after doing it."""


class Traffic(StrEnum):
    """Which messages a mode is for."""

    FINANCIAL = "financial"
    """Requests that move money (0200)."""
    REVERSAL = "reversal"
    """Reversals (0400, 0420)."""
    INQUIRY = "inquiry"
    """Questions after an outcome (0100); these name no card."""
    NETWORK = "network"
    """Echo tests (0800)."""


class When(StrEnum):
    """Whether a fault strikes before or after the books are changed."""

    BEFORE = "before"
    """The request is lost: the books never hear of it."""
    AFTER = "after"
    """The answer is lost: the books have done it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """An order to misbehave. `count` requests are treated so; None means until told otherwise."""

    kind: ModeKind
    traffic: Traffic = Traffic.FINANCIAL
    card: str | None = None
    """A card number or its last four digits; None means any card."""
    count: int | None = 1
    seconds: float = 2.0
    code: ResponseCode = ResponseCode.DO_NOT_HONOUR
    when: When = When.AFTER

    def covers(self, traffic: Traffic, number: str) -> bool:
        """Whether this order is about such a message."""
        if self.traffic is not traffic:
            return False
        return self.card is None or number.endswith(self.card)


ORDINARY = Mode(kind=ModeKind.APPROVE, count=None)


class Modes:
    """The orders in force, oldest first. `approve` withdraws those for its card, or all."""

    def __init__(self) -> None:
        self._orders: list[Mode] = []

    def order(self, mode: Mode) -> None:
        """Take a new order; a newer one for the same traffic and card replaces the older."""
        if mode.kind is ModeKind.APPROVE:
            self._orders = [
                held for held in self._orders if mode.card is not None and held.card != mode.card
            ]
            return
        self._orders = [
            held for held in self._orders if (held.traffic, held.card) != (mode.traffic, mode.card)
        ]
        self._orders.append(mode)

    def take(self, traffic: Traffic, number: str) -> Mode:
        """The order that a message falls under, counted down."""
        for index, mode in enumerate(self._orders):
            if not mode.covers(traffic, number):
                continue
            if mode.count is not None:
                left = mode.count - 1
                self._orders[index : index + 1] = [replace(mode, count=left)] if left else []
            return mode
        return ORDINARY

    def standing(self) -> list[Mode]:
        """The orders that are still in force."""
        return list(self._orders)
