"""Refusals of standing orders. None of them moves money."""

from tael.kernel.refusals import Advice, Refusal


class StandingOrderNotFound(Refusal):
    """You have no such standing order."""

    code = "transfers.standing_order_not_found"
    advice = Advice.NEVER


class StandingOrderEnded(Refusal):
    """This standing order has ended already; it sends nothing any more."""

    code = "transfers.standing_order_ended"
    advice = Advice.NEVER


class StandingDaysInvalid(Refusal):
    """A standing order begins tomorrow at the earliest, and does not end before it begins."""

    code = "transfers.standing_days_invalid"
    advice = Advice.NEVER


class StandingOrdersFull(Refusal):
    """You have as many standing orders as one wallet can: cancel one first."""

    code = "transfers.standing_orders_full"
    advice = Advice.NEW_KEY
