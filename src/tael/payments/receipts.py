"""What a payment came to, as its payer may read it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from tael import merchants, rails
from tael.kernel.database import ReadSession, Row
from tael.kernel.money import Money
from tael.ledger import MovementId
from tael.payments.errors import PaymentNotFound
from tael.payments.records import COLUMNS, payment_of
from tael.payments.refunds import Refund, refunds_of
from tael.payments.rules import OrderId, Payment, PaymentId
from tael.payments.states import FundingKind, PaymentState

HELD_SHOWN_MAX: Final = 50
"""The most held payments that one look shows."""

_MOVED: Final = frozenset({PaymentState.HELD, PaymentState.SUCCEEDED, PaymentState.REVERSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment with its payee. `movement_id` stands there only once money moved.

    `taken` is what reached the shop, `held_until` the deadline of what was held first.
    """

    payment_id: PaymentId
    payer: UUID
    store: merchants.Store
    order_id: OrderId | None
    amount: Money
    taken: Money
    refunded: Money
    held_until: datetime | None
    funding: FundingKind
    card_id: UUID | None
    state: PaymentState
    movement_id: MovementId | None
    final_by: datetime | None
    decline_code: str | None
    at: datetime
    refunds: tuple[Refund, ...] = ()


async def receipt(
    session: ReadSession, payer: UUID, payment_id: PaymentId, *, now: datetime
) -> Receipt:
    """A payment of this payer; another's refuses with `payments.payment_not_found` too."""
    row = await session.fetchrow(f"{COLUMNS} WHERE id = $1 AND payer_id = $2", payment_id, payer)
    if row is None:
        raise PaymentNotFound
    return await _complete(session, row, now)


async def receipt_for_shop(
    session: ReadSession, payment_id: PaymentId, *, now: datetime
) -> Receipt:
    """A payment as its shop reads it; refuses with `payments.payment_not_found`."""
    row = await session.fetchrow(f"{COLUMNS} WHERE id = $1", payment_id)
    if row is None:
        raise PaymentNotFound
    return await _complete(session, row, now)


async def held_payments(session: ReadSession, payer: UUID, *, now: datetime) -> list[Receipt]:
    """What is set aside in a payer's wallet for shops, the newest first."""
    rows = await session.fetch(
        f"""
        {COLUMNS}
        WHERE payer_id = $1
          AND state = 'held'
          AND held_until > $2
        ORDER BY id DESC
        LIMIT $3
        """,
        payer,
        now,
        HELD_SHOWN_MAX,
    )
    return await _with_stores(session, rows, now)


async def latest_at_store(
    session: ReadSession, store: merchants.StoreId, *, limit: int, now: datetime
) -> list[Receipt]:
    """The newest payments at a store, the newest first, with their refunds."""
    rows = await session.fetch(
        f"{COLUMNS} WHERE store_id = $1 ORDER BY id DESC LIMIT $2", store, limit
    )
    shown = await _with_stores(session, rows, now)
    refunds = await refunds_of(session, [each.payment_id for each in shown])
    return [replace(each, refunds=refunds.get(each.payment_id, ())) for each in shown]


async def _with_stores(session: ReadSession, rows: list[Row], now: datetime) -> list[Receipt]:
    stores = await merchants.stores(session, {row["store_id"] for row in rows})
    return [receipt_of(row, stores[row["store_id"]], now) for row in rows]


async def _complete(session: ReadSession, row: Row, now: datetime) -> Receipt:
    stores = await merchants.stores(session, [row["store_id"]])
    found = receipt_of(row, stores[row["store_id"]], now)
    if row["refunds"]:
        refunds = await refunds_of(session, [found.payment_id])
        return replace(found, refunds=refunds[found.payment_id])
    if found.state is not PaymentState.PENDING:
        return found
    operation = await rails.operation(session, rails.OperationId(row["operation_id"]))
    return replace(found, final_by=operation.final_by)


def receipt_of(row: Row, store: merchants.Store, now: datetime) -> Receipt:
    """The receipt in a row of payments, without its refunds."""
    return replace(
        receipt_for(payment_of(row), store, now),
        final_by=row["final_by"],
        decline_code=row["decline_code"],
    )


def receipt_for(payment: Payment, store: merchants.Store, now: datetime) -> Receipt:
    """The receipt of a payment as the commands so far leave it, without its refunds."""
    state = payment.state_at(now)
    return Receipt(
        payment_id=payment.id,
        payer=payment.payer_id,
        store=store,
        order_id=payment.order_id,
        amount=payment.amount,
        taken=payment.taken,
        refunded=payment.refunded,
        held_until=payment.held_until,
        funding=payment.funding,
        card_id=payment.card_id,
        state=state,
        movement_id=payment.movement_id if state in _MOVED else None,
        final_by=None,
        decline_code=None,
        at=payment.at,
    )
