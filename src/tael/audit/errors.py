"""Why the log does not answer."""

from tael.kernel.refusals import Advice, Refusal


class NotYetInLog(Refusal):
    """This is not in the log yet: ask again in a moment."""

    code = "audit.not_yet_in_log"
    advice = Advice.SAME_KEY


class NoCheckpoint(Refusal):
    """The log has no checkpoint of that size, so nothing can be proven about it."""

    code = "audit.no_checkpoint"
    advice = Advice.NEVER


class NoSuchTile(Refusal):
    """The log has no such tile, or not as much of it."""

    code = "audit.no_such_tile"
    advice = Advice.NEVER
