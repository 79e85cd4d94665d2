"""Pure decisions about accounts and holds, in minor units of one currency.

Nothing here knows a database or a clock; `book.py` asks for every change of a balance.
"""

from datetime import datetime

from tael.kernel.refusals import Refusal
from tael.ledger.errors import HoldExpired, HoldNotOpen
from tael.ledger.states import HOLD_TRANSITIONS, HoldState


def short_by_minor(*, available: int, floor: int | None, amount: int) -> int:
    """How much an account lacks to be debited by `amount`: zero when it can be.

    An account without a floor (the bank's own) never lacks anything.
    """
    if floor is None:
        return 0
    return max(0, floor - (available - amount))


def is_due(state: HoldState, expires_at: datetime, now: datetime) -> bool:
    """Whether a hold is dead by its deadline, be it marked so or not."""
    return state is HoldState.PENDING and expires_at <= now


def refuses_end(state: HoldState, expires_at: datetime, now: datetime) -> Refusal | None:
    """Why a hold can no longer be captured or voided."""
    if state is HoldState.EXPIRED or is_due(state, expires_at, now):
        return HoldExpired()
    if not HOLD_TRANSITIONS[state]:
        return HoldNotOpen(state=state.value)
    return None


def exceeds_hold_by_minor(*, left: int, capture: int) -> int:
    """By how much a capture exceeds what is left of its hold: zero when it does not."""
    assert capture > 0, "a capture takes something; to take nothing, void"
    return max(0, capture - left)


def ended_by_void(captured: int) -> HoldState:
    """What a hold becomes that is given up: what was taken of it before stays taken."""
    return HoldState.POSTED if captured else HoldState.VOIDED
