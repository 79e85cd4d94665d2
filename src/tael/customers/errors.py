"""Refusals of wallets, classes and limits."""

from tael.kernel.refusals import Advice, Refusal


class WalletNotFound(Refusal):
    """There is no such wallet; nothing was moved."""

    code = "customers.wallet_not_found"
    advice = Advice.NEVER


class WalletFrozen(Refusal):
    """This wallet is frozen, so nothing leaves it; the money in it is safe. Unfreeze it first."""

    code = "customers.wallet_frozen"
    advice = Advice.NEW_KEY


class WalletClosed(Refusal):
    """This wallet is closed for good; nothing was moved."""

    code = "customers.wallet_closed"
    advice = Advice.NEVER


class WalletNotFrozen(Refusal):
    """This wallet is not frozen, so there is nothing to unfreeze."""

    code = "customers.wallet_not_frozen"
    advice = Advice.NEVER


class TermsOutdated(Refusal):
    """Those are not the terms in force: read and accept the current ones."""

    code = "customers.terms_outdated"
    advice = Advice.NEVER


class LimitExceeded(Refusal):
    """This amount is above a limit of the wallet; nothing was moved."""

    code = "customers.limit_exceeded"
    advice = Advice.NEW_KEY


class BalanceCapExceeded(Refusal):
    """The wallet may not hold that much; nothing was moved."""

    code = "customers.balance_cap_exceeded"
    advice = Advice.NEW_KEY


class PayeeCannotReceive(Refusal):
    """The payee's wallet cannot take this amount now; nothing was moved."""

    code = "customers.payee_cannot_receive"
    advice = Advice.NEW_KEY


class NameMalformed(Refusal):
    """That is not a name as it stands on an identity card."""

    code = "customers.name_malformed"
    advice = Advice.NEVER


class IdNumberInvalid(Refusal):
    """That is not a resident identity number: check it digit by digit."""

    code = "customers.id_number_invalid"
    advice = Advice.NEVER


class TooYoung(Refusal):
    """A wallet with a proven name is for people of 18 years and older."""

    code = "customers.too_young"
    advice = Advice.NEVER


class PortraitMalformed(Refusal):
    """The portrait must be one JPEG or PNG picture of a face, 300 kB at most."""

    code = "customers.portrait_malformed"
    advice = Advice.NEVER


class AlreadyProven(Refusal):
    """This wallet's identity is proven already; nothing changes."""

    code = "customers.already_proven"
    advice = Advice.NEVER


class IdentityMismatch(Refusal):
    """Name, ID number and face do not belong together; the present limits stay as they are."""

    code = "customers.identity_mismatch"
    advice = Advice.NEVER


class IdentityInUse(Refusal):
    """This person already has a wallet with a proven name here: close that one first."""

    code = "customers.identity_in_use"
    advice = Advice.NEW_KEY


class ProofingUnanswered(Refusal):
    """The identity check has not answered; the present limits stay. Ask again in a minute."""

    code = "customers.proofing_unanswered"
    advice = Advice.SAME_KEY


class IdentityNotProven(Refusal):
    """This wallet has no proven name, so identity cannot be checked against it."""

    code = "customers.identity_not_proven"
    advice = Advice.NEVER


class ClosingObstructed(Refusal):
    """Something still stands against closing; the wallet stays open and the money is safe."""

    code = "customers.closing_obstructed"
    advice = Advice.NEW_KEY
