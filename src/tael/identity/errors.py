"""What identity refuses, one class a code."""

from tael.kernel.refusals import Advice, Refusal


class SignedOut(Refusal):
    """You are signed out: sign in with your phone number to go on."""

    code = "identity.signed_out"
    advice = Advice.NEW_KEY


class PinRequired(Refusal):
    """Your number is confirmed; enter your payment PIN to go on."""

    code = "identity.pin_required"
    advice = Advice.NEW_KEY


class PhoneInvalid(Refusal):
    """That is not a mobile number that can receive a code."""

    code = "identity.phone_invalid"
    advice = Advice.NEVER


class CodeTooSoon(Refusal):
    """A code was sent a moment ago: it may still be on its way."""

    code = "identity.code_too_soon"
    advice = Advice.NEW_KEY


class CodeWrong(Refusal):
    """That is not the code we sent."""

    code = "identity.code_wrong"
    advice = Advice.NEW_KEY


class CodeSpent(Refusal):
    """That code no longer counts (`reason`): ask for a new one."""

    code = "identity.code_spent"
    advice = Advice.NEVER


class CodeNotFresh(Refusal):
    """Your number was confirmed too long ago for this: ask for a new code."""

    code = "identity.code_not_fresh"
    advice = Advice.NEW_KEY


class PinWeak(Refusal):
    """That PIN is easy to guess (`why`): choose another."""

    code = "identity.pin_weak"
    advice = Advice.NEVER


class PinUnchanged(Refusal):
    """That is your present PIN: choose another."""

    code = "identity.pin_unchanged"
    advice = Advice.NEVER


class PinWrong(Refusal):
    """That is not your PIN; nothing was paid."""

    code = "identity.pin_wrong"
    advice = Advice.NEW_KEY


class PinLocked(Refusal):
    """Too many wrong PINs: it is locked until the time given, or until you reset it."""

    code = "identity.pin_locked"
    advice = Advice.NEW_KEY


class ProofRequired(Refusal):
    """This wallet knows your name: show that it is you by name, identity number and face."""

    code = "identity.proof_required"
    advice = Advice.NEVER


class NotRegistered(Refusal):
    """There is no wallet for this number yet: open one."""

    code = "identity.not_registered"
    advice = Advice.NEW_KEY


class AlreadyRegistered(Refusal):
    """There is a wallet for this number already: sign in with its PIN."""

    code = "identity.already_registered"
    advice = Advice.NEVER


class PhoneUnavailable(Refusal):
    """This number cannot be used for your wallet; your present number stays."""

    code = "identity.phone_unavailable"
    advice = Advice.NEVER


class AuthorisationInvalid(Refusal):
    """Your confirmation does not cover this (`reason`): enter your PIN again. Nothing was paid."""

    code = "identity.authorisation_invalid"
    advice = Advice.NEW_KEY
