"""What every payment asks, whatever funds it: may this payer pay this store and order now."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from tael import identity, merchants
from tael.kernel.database import ReadSession
from tael.kernel.ids import wire
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.payments import rules
from tael.payments.errors import OrderNotFound
from tael.payments.rules import Order, OrderId

Alike = tuple[UUID, UUID, int]
"""Payer, store and amount in minor units: what a second payment would have in common."""


class Target(Protocol):
    """The part of a command that says who pays what to whom."""

    @property
    def store_id(self) -> merchants.StoreId: ...
    @property
    def order_id(self) -> OrderId | None: ...
    @property
    def amount(self) -> Money: ...
    @property
    def bearer(self) -> identity.Bearer: ...


def refuses_target(
    target: Target, store: merchants.Store | None, order: Order | None, now: datetime
) -> Refusal | None:
    """Why this store, or this order of it, cannot be paid by this payer now, if so."""
    if store is None:
        return merchants.errors.StoreNotFound()
    refusal = rules.refuses_payer(store, target.bearer.customer_id)
    if target.order_id is None:
        return refusal or merchants.refuses_payment(store)
    if order is None or order.store_id != store.id:
        return OrderNotFound()
    return (
        refusal
        or rules.refuses_paying(order, now)
        or merchants.refuses_payment(store)
        or rules.refuses_amount(order, target.amount)
    )


def payment_terms(
    store: merchants.StoreId, order: OrderId | None, amount: Money
) -> identity.AuthorisationTerms:
    """What the payer must have authorised, to the letter."""
    return identity.AuthorisationTerms(
        purpose="payment",
        payee=wire("sto", store),
        amount=amount,
        order=wire("ord", order) if order else "",
    )


async def pending_alike(session: ReadSession, payers: Collection[UUID]) -> set[Alike]:
    """The payments of these payers whose outcome is not known yet.

    Asked under the lock of the payers' limit use, under which such payments begin and end.
    """
    rows = await session.fetch(
        """
        SELECT payer_id, store_id, amount_minor
        FROM payments_payments
        WHERE payer_id = ANY($1::uuid[])
          AND state = 'pending'
        """,
        list(payers),
    )
    return {(row["payer_id"], row["store_id"], row["amount_minor"]) for row in rows}
