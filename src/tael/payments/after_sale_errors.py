"""Refusals of refunds, of captures of held payments, and of reversals. None moves money."""

from tael.kernel.refusals import Advice, Refusal


class NotRefundable(Refusal):
    """No money of this payment is with the shop, so there is nothing to give back."""

    code = "payments.not_refundable"
    advice = Advice.NEW_KEY


class RefundExceedsPayment(Refusal):
    """More than what is left of this payment cannot be given back; nothing was."""

    code = "payments.refund_exceeds_payment"
    advice = Advice.NEVER


class RefundsExhausted(Refusal):
    """This payment was given back in as many parts as there may be."""

    code = "payments.refunds_exhausted"
    advice = Advice.NEVER


class RefundTooLate(Refusal):
    """The time in which this payment can be given back is over."""

    code = "payments.refund_too_late"
    advice = Advice.NEVER


class ShopShortOfMoney(Refusal):
    """The shop's account does not hold enough to give this back; nothing was given back."""

    code = "payments.shop_short_of_money"
    advice = Advice.NEW_KEY


class PaymentReversed(Refusal):
    """The bank undid this payment: there is nothing left of it to take or to give back."""

    code = "payments.payment_reversed"
    advice = Advice.NEVER


class PaymentNotHeld(Refusal):
    """This payment holds no money: it was made at once, or never."""

    code = "payments.payment_not_held"
    advice = Advice.NEVER


class HoldNeedsBalance(Refusal):
    """The shop asks to set the amount aside, and only the balance can be set aside, no card."""

    code = "payments.hold_needs_balance"
    advice = Advice.NEVER


class ReversalUnfit(Refusal):
    """This movement cannot be undone by its opposite: its payment was refunded, or by card."""

    code = "payments.reversal_unfit"
    advice = Advice.NEVER
