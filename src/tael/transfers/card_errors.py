"""Refusals of top-ups and withdrawals. None of them moves money."""

from tael.kernel.refusals import Advice, Refusal


class AmountOutOfRange(Refusal):
    """A card can be asked for amounts from the least to the most given here only."""

    code = "transfers.amount_out_of_range"
    advice = Advice.NEVER


class SameAmountPending(Refusal):
    """The same amount with the same card is not final yet: wait, so that it is not moved twice."""

    code = "transfers.same_amount_pending"
    advice = Advice.NEW_KEY


class CardTransferNotFound(Refusal):
    """You have made no such top-up or withdrawal."""

    code = "transfers.card_transfer_not_found"
    advice = Advice.NEVER
