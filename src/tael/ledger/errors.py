"""What the ledger refuses. A refusal moves no money."""

from tael.kernel.refusals import Advice, Refusal


class InsufficientFunds(Refusal):
    """The account does not hold enough for this."""

    code = "ledger.insufficient_funds"
    advice = Advice.NEW_KEY


class AccountClosed(Refusal):
    """The account is closed: nothing moves in or out of it any more."""

    code = "ledger.account_closed"
    advice = Advice.NEVER


class AccountNotEmpty(Refusal):
    """The account still holds money or a promise of it, so it cannot be closed yet."""

    code = "ledger.account_not_empty"
    advice = Advice.NEW_KEY


class HoldNotOpen(Refusal):
    """The hold was taken whole, given up or never made: there is nothing left of it."""

    code = "ledger.hold_not_open"
    advice = Advice.NEVER


class HoldExpired(Refusal):
    """The hold passed its deadline and its money was released."""

    code = "ledger.hold_expired"
    advice = Advice.NEVER


class CaptureExceedsHold(Refusal):
    """The capture asks for more than is left of the hold."""

    code = "ledger.capture_exceeds_hold"
    advice = Advice.NEVER


class AlreadyReversed(Refusal):
    """The movement was reversed before: it is undone once."""

    code = "ledger.already_reversed"
    advice = Advice.NEVER


class ReversalStands(Refusal):
    """The movement is a reversal itself, and those stand: make the act anew instead."""

    code = "ledger.reversal_stands"
    advice = Advice.NEVER


class MovementNotFound(Refusal):
    """There is no such movement in your account."""

    code = "ledger.movement_not_found"
    advice = Advice.NEVER


class Archived(Refusal):
    """What was asked for has left the books with an old month; it is kept in the archive."""

    code = "ledger.archived"
    advice = Advice.NEVER


class DayNotOver(Refusal):
    """This business day is not over yet, so it cannot be closed."""

    code = "ledger.day_not_over"
    advice = Advice.NEW_KEY


class DayNotClosed(Refusal):
    """There is no close of this business day."""

    code = "ledger.day_not_closed"
    advice = Advice.NEVER
