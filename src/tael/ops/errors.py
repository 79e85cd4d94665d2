"""What operations refuse, one class a code."""

from tael.kernel.refusals import Advice, Refusal


class AccountUnknown(Refusal):
    """There is no account with this number (`account`) in that currency."""

    code = "ops.account_unknown"
    advice = Advice.NEVER


class SameAccount(Refusal):
    """Money moves between two accounts: these are one."""

    code = "ops.same_account"
    advice = Advice.NEVER


class EffectiveDayRefused(Refusal):
    """A correction counts for today or a day of the past year (`first` to `last`)."""

    code = "ops.effective_day_refused"
    advice = Advice.NEVER


class PayoutFileInvalid(Refusal):
    """Some lines of the file cannot be paid (`lines`), so none is: correct them and upload it."""

    code = "ops.payout_file_invalid"
    advice = Advice.NEVER


class PayoutNotFound(Refusal):
    """There is no such payout."""

    code = "ops.payout_not_found"
    advice = Advice.NEVER


class PayoutLinesRefused(Refusal):
    """Some wallets can no longer receive this (`lines`), so nobody was paid."""

    code = "ops.payout_lines_refused"
    advice = Advice.NEW_KEY


class PayoutRepeated(Refusal):
    """A payout of this name with these very lines was paid already."""

    code = "ops.payout_repeated"
    advice = Advice.NEVER


class NotOwnAccount(Refusal):
    """A payout is made from one of the bank's own accounts."""

    code = "ops.not_own_account"
    advice = Advice.NEVER
