"""What follows from what the switch said, or did not say. Pure decisions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from tael.codecs.response_codes import Outcome, ResponseCode
from tael.rails.states import OPERATION_CHANGES, REMEDIES, OperationKind, OperationState, Remedy

FINAL_WITHIN: Final = timedelta(minutes=5)
"""By when an operation is final, as we tell the customer."""

INTENT_LEASE: Final = timedelta(seconds=15)
"""How long an intent waits for the process that wrote it, before it is given up unsent."""

ANSWER_MARGIN: Final = timedelta(seconds=5)
"""How much longer than the switch's timeout nobody else touches what a process has sent."""

BACKOFF_FIRST: Final = timedelta(seconds=1)
BACKOFF_MAX: Final = timedelta(seconds=10)
"""Short: when the other side is back, what is open is finished within half a minute."""

REPEAT_WITHIN: Final = timedelta(hours=12)
"""How long a request may be asked again under its key. A switch forgets its keys some day, and
would then pay a second time; what is still open after this is for a person and the switch's
settlement file."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The switch answered the request."""

    code: ResponseCode
    approval_code: str | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The request may have arrived; no answer did."""


@dataclass(frozen=True, slots=True)
class NotSent:
    """Not one octet of the request left this house."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Nobody sent it in time, and from now on nobody may."""


@dataclass(frozen=True, slots=True)
class ReversalAnswered:
    """The switch answered the reversal."""

    code: ResponseCode


@dataclass(frozen=True, slots=True)
class Found:
    """The switch told what became of the request."""

    code: ResponseCode
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The switch has not seen the request; it may still be on its way."""


Finding: TypeAlias = (
    Answered | Unanswered | NotSent | GivenUp | ReversalAnswered | Found | NeverSeen
)

_AFTER: Final = {
    Outcome.APPROVED: OperationState.APPROVED,
    Outcome.DECLINED: OperationState.DECLINED,
    Outcome.UNCERTAIN: OperationState.UNKNOWN,
}
_SETTLED_BY_REVERSAL: Final = {ResponseCode.APPROVED, ResponseCode.NOT_FOUND}


def next_state(kind: OperationKind, state: OperationState, finding: Finding) -> OperationState:
    """Where a finding leads from here; the same state when it changes nothing."""
    if state is OperationState.INTENDED and not isinstance(finding, GivenUp):
        return state  # Nothing was sent, so whatever this answers is not ours.
    wanted = _wanted(state, finding)
    unsent = isinstance(finding, NotSent) and wanted is OperationState.DECLINED
    if unsent and REMEDIES[kind] is Remedy.FORWARD:
        wanted = OperationState.INTENDED
    return wanted if wanted in OPERATION_CHANGES[state] else state


def _wanted(state: OperationState, finding: Finding) -> OperationState:
    match finding:
        case Answered(code) | Found(code, reversed=False):
            return _AFTER[code.outcome]
        case NotSent():
            # Only a first request that never left is certainly not done: an operation that is
            # unknown was sent before, whatever became of this repeat.
            return OperationState.DECLINED if state is OperationState.SENT else state
        case GivenUp():
            # A process that marked it as sent meanwhile has the word.
            return OperationState.DECLINED if state is OperationState.INTENDED else state
        case ReversalAnswered(code):
            return OperationState.REVERSED if code in _SETTLED_BY_REVERSAL else state
        case _:
            # Unanswered, never seen, found reversed: whatever else we hear leaves it open.
            return OperationState.UNKNOWN


class Step(StrEnum):
    """What the resolver does with an operation that is due."""

    GIVE_UP = "give_up"
    """It was never sent: close it as not done."""
    INQUIRE = "inquire"
    """Ask what became of it."""
    SEND = "send"
    """It was never sent, and is not given up: send it now."""
    REPEAT = "repeat"
    """Ask for it again under the same key."""
    REVERSE = "reverse"
    """Ask to undo it."""


INQUIRIES_MAX: Final = 2
"""After this many questions without an outcome, what we took is given back."""


def next_step(kind: OperationKind, state: OperationState, *, attempts: int) -> Step:
    """What to do first about an open operation whose process has not finished it in time.

    `attempts` counts the tries in this state.
    """
    match state:
        case OperationState.INTENDED:
            return Step.SEND if REMEDIES[kind] is Remedy.FORWARD else Step.GIVE_UP
        case OperationState.REVERSING:
            return Step.REVERSE
        case _:
            undo = REMEDIES[kind] is Remedy.REVERSE and attempts > INQUIRIES_MAX
            return Step.REVERSE if undo else Step.INQUIRE


def step_after_never_seen(kind: OperationKind, *, began_at: datetime, now: datetime) -> Step | None:
    """What to do when the switch has not seen the request; None when that is for a person."""
    if REMEDIES[kind] is Remedy.REVERSE:
        return Step.REVERSE
    return Step.REPEAT if now - began_at < REPEAT_WITHIN else None


def backoff(attempts: int) -> timedelta:
    """The pause after this many attempts: one second, doubling, at most ten."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(BACKOFF_FIRST * (1 << doublings), BACKOFF_MAX)


class DeclineReason(StrEnum):
    """Why a card did not do it, in the groups that tell a customer what to do next."""

    FUNDS = "insufficient_funds"
    """The card does not hold enough."""
    CARD = "card_not_usable"
    """The card is unknown, expired, restricted or lost: ask the bank that issued it."""
    NOT_PERMITTED = "not_permitted"
    """This card may not be used for that."""
    LIMIT = "card_limit"
    """The amount or the number of uses is above what the card's bank allows."""
    UNAVAILABLE = "bank_unavailable"
    """The card's bank cannot be reached: try again later."""
    DECLINED = "declined"
    """The card's bank said no without a reason: ask it."""


NOT_SENT: Final = "not_sent"
"""Stands in the place of a response code when no request ever left."""

_REASONS: Final = {
    ResponseCode.INSUFFICIENT_FUNDS: DeclineReason.FUNDS,
    ResponseCode.INVALID_CARD: DeclineReason.CARD,
    ResponseCode.NO_SUCH_ISSUER: DeclineReason.CARD,
    ResponseCode.PICK_UP: DeclineReason.CARD,
    ResponseCode.PICK_UP_SPECIAL: DeclineReason.CARD,
    ResponseCode.LOST_CARD: DeclineReason.CARD,
    ResponseCode.STOLEN_CARD: DeclineReason.CARD,
    ResponseCode.EXPIRED_CARD: DeclineReason.CARD,
    ResponseCode.RESTRICTED_CARD: DeclineReason.CARD,
    ResponseCode.INVALID_TRANSACTION: DeclineReason.NOT_PERMITTED,
    ResponseCode.NOT_PERMITTED: DeclineReason.NOT_PERMITTED,
    ResponseCode.NOT_PERMITTED_HERE: DeclineReason.NOT_PERMITTED,
    ResponseCode.INVALID_AMOUNT: DeclineReason.LIMIT,
    ResponseCode.OVER_LIMIT: DeclineReason.LIMIT,
    ResponseCode.TOO_FREQUENT: DeclineReason.LIMIT,
    ResponseCode.CUT_OFF: DeclineReason.UNAVAILABLE,
    ResponseCode.ISSUER_DOWN: DeclineReason.UNAVAILABLE,
    ResponseCode.NO_ROUTE: DeclineReason.UNAVAILABLE,
    NOT_SENT: DeclineReason.UNAVAILABLE,
}


def decline_reason(response_code: str | None) -> DeclineReason:
    """The group that a stored response code of a declined operation belongs to."""
    return _REASONS.get(response_code or "", DeclineReason.DECLINED)
