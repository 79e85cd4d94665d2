"""Refusals of merchants."""

from tael.kernel.refusals import Advice, Refusal


class StoreNotFound(Refusal):
    """There is no such shop with us."""

    code = "merchants.store_not_found"
    advice = Advice.NEVER


class StoreClosed(Refusal):
    """This shop takes no payments at the moment; nothing was paid."""

    code = "merchants.store_closed"
    advice = Advice.NEW_KEY
