"""Orders: a store asks for an amount; locked for paying, read for showing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tael import merchants
from tael.kernel.currencies import currency
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import CNY, Money
from tael.payments.errors import OrderNotFound
from tael.payments.rules import Order, OrderId, refuses_paying
from tael.payments.states import Capture, OrderState

_COLUMNS: Final = """
SELECT id, store_id, merchant_id, amount_minor, currency, description, token,
       state, expires_at, payment_id, paid_at, capture
FROM payments_orders
"""
_LOCKED: Final = f"{_COLUMNS} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_BY_ID: Final = f"{_COLUMNS} WHERE id = $1"
_BY_TOKEN: Final = f"{_COLUMNS} WHERE token = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What a store asks for. `token` is what the QR code will hold: 120 bits of chance.

    With `capture` by hand the amount is only set aside when paid, for the store to take later.
    """

    id: OrderId
    store_id: merchants.StoreId
    amount: Money
    description: str
    token: str
    life: timedelta
    capture: Capture = Capture.AUTOMATIC


async def open_order(session: WriteSession, new: NewOrder, *, now: datetime) -> Order:
    """Open an order of a store, to be paid until its life is over on the business clock.

    Refuses with `merchants.store_not_found` and `merchants.store_closed`.
    """
    store = (await merchants.stores(session, [new.store_id])).get(new.store_id)
    if store is None:
        raise merchants.errors.StoreNotFound
    refusal = merchants.refuses_payment(store)
    if refusal is not None:
        raise refusal
    assert new.amount.currency == CNY, "stores are paid in CNY"
    order = Order(
        id=new.id,
        store_id=store.id,
        merchant_id=store.merchant_id,
        amount=new.amount,
        description=new.description,
        token=new.token,
        state=OrderState.OPEN,
        expires_at=now + new.life,
        payment_id=None,
        paid_at=None,
        capture=new.capture,
    )
    await session.execute(
        """
        INSERT INTO payments_orders
            (id, store_id, merchant_id, amount_minor, currency, description, token, state,
             created_at, expires_at, capture)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        order.id,
        order.store_id,
        order.merchant_id,
        order.amount.minor,
        order.amount.currency.code,
        order.description,
        order.token,
        order.state.value,
        now,
        order.expires_at,
        order.capture.value,
    )
    return order


async def close_order(
    session: WriteSession, store: merchants.StoreId, order_id: OrderId, *, now: datetime
) -> Order:
    """Withdraw a store's order. Refuses what is paid, being paid, expired or closed already."""
    order = (await lock_orders(session, [order_id])).get(order_id)
    if order is None or order.store_id != store:
        raise OrderNotFound
    refusal = refuses_paying(order, now)
    if refusal is not None:
        raise refusal
    order.state = OrderState.CLOSED
    await session.execute(
        "UPDATE payments_orders SET state = $2 WHERE id = $1", order.id, order.state.value
    )
    return order


async def lock_orders(session: WriteSession, ids: Collection[OrderId]) -> dict[OrderId, Order]:
    """Lock the orders of a set in one statement; ids that name none are absent."""
    if not ids:
        return {}
    return {row["id"]: _order(row) for row in await session.fetch(_LOCKED, list(ids))}


async def order_by_id(session: ReadSession, order_id: OrderId) -> Order:
    """One order as it stands; refuses with `payments.order_not_found`."""
    row = await session.fetchrow(_BY_ID, order_id)
    if row is None:
        raise OrderNotFound
    return _order(row)


async def order_by_token(session: ReadSession, token: str) -> Order | None:
    """The order whose QR code holds this token."""
    row = await session.fetchrow(_BY_TOKEN, token)
    return _order(row) if row else None


def _order(row: Row) -> Order:
    return Order(
        id=row["id"],
        store_id=row["store_id"],
        merchant_id=row["merchant_id"],
        amount=Money(row["amount_minor"], currency(row["currency"])),
        description=row["description"],
        token=row["token"],
        state=OrderState(row["state"]),
        expires_at=row["expires_at"],
        payment_id=row["payment_id"],
        paid_at=row["paid_at"],
        capture=Capture(row["capture"]),
    )
