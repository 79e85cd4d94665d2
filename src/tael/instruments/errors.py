"""Refusals about bank cards. None of them moves money."""

from tael.kernel.refusals import Advice, Refusal


class CardNumberInvalid(Refusal):
    """That is not a card number: check it digit by digit."""

    code = "instruments.card_number_invalid"
    advice = Advice.NEVER


class BankUnknown(Refusal):
    """We do not work with the bank of this card yet."""

    code = "instruments.bank_unknown"
    advice = Advice.NEVER


class CardAlreadyBound(Refusal):
    """This card is bound to your wallet already."""

    code = "instruments.card_already_bound"
    advice = Advice.NEVER


class TooManyCards(Refusal):
    """No more cards can be bound: remove one that you do not use."""

    code = "instruments.too_many_cards"
    advice = Advice.NEW_KEY


class DetailsMismatch(Refusal):
    """The bank says that card, name, ID number and phone do not belong together."""

    code = "instruments.details_mismatch"
    advice = Advice.NEVER


class CardRestricted(Refusal):
    """The bank has restricted this card: ask the bank."""

    code = "instruments.card_restricted"
    advice = Advice.NEVER


class BankUnanswered(Refusal):
    """The card's bank has not answered; the card is not bound yet. Ask again in a moment."""

    code = "instruments.bank_unanswered"
    advice = Advice.SAME_KEY


class BindingNotFound(Refusal):
    """You have not begun to bind such a card."""

    code = "instruments.binding_not_found"
    advice = Advice.NEVER


class BindingEnded(Refusal):
    """This attempt to bind the card is over: begin again to get a new code."""

    code = "instruments.binding_ended"
    advice = Advice.NEVER


class BindingCodeWrong(Refusal):
    """That is not the code that the bank sent."""

    code = "instruments.code_wrong"
    advice = Advice.NEVER


class CardUnknown(Refusal):
    """You have no such card."""

    code = "instruments.card_unknown"
    advice = Advice.NEVER


class CardBusy(Refusal):
    """Something with this card is not final yet: remove it after that."""

    code = "instruments.card_busy"
    advice = Advice.NEW_KEY


class CardCannotTopUp(Refusal):
    """A credit card can pay in shops, but cannot fill the wallet."""

    code = "instruments.card_cannot_top_up"
    advice = Advice.NEVER


class CardCannotWithdraw(Refusal):
    """Money goes only to a debit card of the wallet's own holder."""

    code = "instruments.card_cannot_withdraw"
    advice = Advice.NEVER
