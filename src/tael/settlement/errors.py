"""What settlement refuses."""

from tael.kernel.refusals import Advice, Refusal


class RunNotFound(Refusal):
    """That day was not compared with the switch's file."""

    code = "settlement.run_not_found"
    advice = Advice.NEVER


class BreakNotFound(Refusal):
    """There is no such break."""

    code = "settlement.break_not_found"
    advice = Advice.NEVER


class BreakEnded(Refusal):
    """That break is not open any more."""

    code = "settlement.break_ended"
    advice = Advice.NEVER


class BreaksDoNotCancel(Refusal):
    """Two breaks are linked only when the one takes back exactly what the other adds."""

    code = "settlement.breaks_do_not_cancel"
    advice = Advice.NEVER


class DayOutOfOrder(Refusal):
    """Days are compared one after another, each once it is over."""

    code = "settlement.day_out_of_order"
    advice = Advice.NEVER


class FileChanged(Refusal):
    """The switch gave another file for a day that was compared already: ask the switch why."""

    code = "settlement.file_changed"
    advice = Advice.NEVER


class FileMissing(Refusal):
    """The switch has no file for that day yet."""

    code = "settlement.file_missing"
    advice = Advice.NEW_KEY


class FileMalformed(Refusal):
    """The switch's file cannot be read, or does not add up: nothing of it was taken in."""

    code = "settlement.file_malformed"
    advice = Advice.NEW_KEY
