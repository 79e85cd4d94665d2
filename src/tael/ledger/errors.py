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
    """The hold was captured, voided or never made: there is nothing to take from it."""

    code = "ledger.hold_not_open"
    advice = Advice.NEVER


class HoldExpired(Refusal):
    """The hold passed its deadline and its money was released."""

    code = "ledger.hold_expired"
    advice = Advice.NEVER


class CaptureExceedsHold(Refusal):
    """The capture asks for more than was held."""

    code = "ledger.capture_exceeds_hold"
    advice = Advice.NEVER


class MovementNotFound(Refusal):
    """There is no such movement in your account."""

    code = "ledger.movement_not_found"
    advice = Advice.NEVER
