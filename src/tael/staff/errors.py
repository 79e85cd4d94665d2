"""What staff are refused, one class a code."""

from tael.kernel.refusals import Advice, Refusal


class SignedOut(Refusal):
    """You are signed out of the console: sign in to go on."""

    code = "staff.signed_out"
    advice = Advice.NEW_KEY


class SignInWrong(Refusal):
    """That is not a log-in and its password."""

    code = "staff.sign_in_wrong"
    advice = Advice.NEW_KEY


class SignInDelayed(Refusal):
    """Too many wrong passwords for this log-in: it can be tried again at the time given."""

    code = "staff.sign_in_delayed"
    advice = Advice.NEW_KEY


class RoleMissing(Refusal):
    """This is for another role (`needs`) than yours."""

    code = "staff.role_missing"
    advice = Advice.NEVER


class PasswordChangeDue(Refusal):
    """Choose a password of your own before you go on."""

    code = "staff.password_change_due"
    advice = Advice.NEW_KEY


class PasswordWeak(Refusal):
    """That password cannot be taken (`why`): choose another."""

    code = "staff.password_weak"
    advice = Advice.NEVER


class PasswordUnchanged(Refusal):
    """That is your present password: choose another."""

    code = "staff.password_unchanged"
    advice = Advice.NEVER


class ApprovalNotFound(Refusal):
    """There is no such proposal."""

    code = "staff.approval_not_found"
    advice = Advice.NEVER


class ApprovalKindUnknown(Refusal):
    """Nothing of this kind can be proposed."""

    code = "staff.approval_kind_unknown"
    advice = Advice.NEVER


class ApprovalOwn(Refusal):
    """You proposed this yourself: somebody else must decide it."""

    code = "staff.approval_own"
    advice = Advice.NEVER


class ApprovalNotOwn(Refusal):
    """Somebody else proposed this: only he can take it back."""

    code = "staff.approval_not_own"
    advice = Advice.NEVER


class ApprovalEnded(Refusal):
    """This proposal is no longer open (`state`): nothing was done now."""

    code = "staff.approval_ended"
    advice = Advice.NEVER


class AlreadyProposed(Refusal):
    """The same is proposed already (`approval`) and waits for its decision."""

    code = "staff.already_proposed"
    advice = Advice.NEW_KEY


class LoginInvalid(Refusal):
    """A log-in is 2 to 32 small letters, digits, dots, dashes and underscores, a letter first."""

    code = "staff.login_invalid"
    advice = Advice.NEVER


class LoginTaken(Refusal):
    """This log-in is or was somebody's: choose another."""

    code = "staff.login_taken"
    advice = Advice.NEVER


class ColleagueNotFound(Refusal):
    """Nobody who works here has this log-in."""

    code = "staff.colleague_not_found"
    advice = Advice.NEVER
