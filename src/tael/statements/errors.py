"""What statements refuse."""

from tael.kernel.refusals import Advice, Refusal


class MonthNotFound(Refusal):
    """There is no statement of that month: the wallet was not open then, or it is yet to come."""

    code = "statements.month_not_found"
    advice = Advice.NEVER


class VolumeNotFound(Refusal):
    """That month's statement has fewer volumes."""

    code = "statements.volume_not_found"
    advice = Advice.NEVER


class NoSigningKey(Refusal):
    """The bank's key for signing statements is not set up: take another format meanwhile."""

    code = "statements.no_signing_key"
    advice = Advice.NEW_KEY
