"""Refusals of payments. None of them moves money."""

from tael.kernel.refusals import Advice, Refusal


class CodeUnknown(Refusal):
    """This code looks like one of ours, but it leads to nobody."""

    code = "payments.code_unknown"
    advice = Advice.NEVER


class CodeAltered(Refusal):
    """This code says something else than we issued: do not pay with it."""

    code = "payments.code_altered"
    advice = Advice.NEVER


class SchemeNotRoutable(Refusal):
    """This code belongs to another payment scheme, which we cannot pay to."""

    code = "payments.scheme_not_routable"
    advice = Advice.NEVER


class OrderNotFound(Refusal):
    """There is no such order with this shop."""

    code = "payments.order_not_found"
    advice = Advice.NEVER


class OrderAlreadyPaid(Refusal):
    """This order is paid already; nothing was paid again."""

    code = "payments.order_already_paid"
    advice = Advice.NEVER


class OrderBeingPaid(Refusal):
    """A payment for this order is under way, and its outcome is not known yet."""

    code = "payments.order_being_paid"
    advice = Advice.NEW_KEY


class OrderExpired(Refusal):
    """This order has expired; ask the shop for a new code. Nothing was paid."""

    code = "payments.order_expired"
    advice = Advice.NEVER


class OrderClosed(Refusal):
    """The shop withdrew this order; nothing was paid."""

    code = "payments.order_closed"
    advice = Advice.NEVER


class AmountChanged(Refusal):
    """The amount is not that of the order; nothing was paid."""

    code = "payments.amount_changed"
    advice = Advice.NEVER


class SelfPayment(Refusal):
    """This is your own shop: an owner cannot pay himself."""

    code = "payments.self_payment"
    advice = Advice.NEVER


class PaymentNotFound(Refusal):
    """You have made no such payment."""

    code = "payments.payment_not_found"
    advice = Advice.NEVER


class SamePaymentPending(Refusal):
    """The same amount to the same shop is still on its way: wait for its outcome."""

    code = "payments.same_payment_pending"
    advice = Advice.NEW_KEY
