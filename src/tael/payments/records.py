"""Payments as their rows stand: locked for what follows a sale, read for showing."""

from collections.abc import Collection
from typing import Final

from tael.kernel.currencies import currency
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import Money
from tael.payments.rules import Payment, PaymentId
from tael.payments.states import FundingKind, Level, PaymentState

COLUMNS: Final = """
SELECT id, payer_id, store_id, order_id, level, funding, card_id, amount_minor, fee_minor,
       captured_minor, refunded_minor, refunded_fee_minor, refunds, currency, state, held_until,
       movement_id, operation_id, final_by, decline_code, at
FROM payments_payments
"""
_LOCKED: Final = f"{COLUMNS} WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"


async def lock_payments(
    session: WriteSession, ids: Collection[PaymentId]
) -> dict[PaymentId, Payment]:
    """Lock the payments of a set in one statement; ids that name none are absent.

    After orders, before cards, limit use and accounts.
    """
    return {row["id"]: payment_of(row) for row in await session.fetch(_LOCKED, list(ids))}


async def payments_of(session: ReadSession, ids: Collection[PaymentId]) -> dict[PaymentId, Payment]:
    """The same without a lock: to show, never to decide about money."""
    rows = await session.fetch(f"{COLUMNS} WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: payment_of(row) for row in rows}


def payment_of(row: Row) -> Payment:
    """The payment in a row of `COLUMNS`."""
    unit = currency(row["currency"])
    return Payment(
        id=row["id"],
        payer_id=row["payer_id"],
        store_id=row["store_id"],
        order_id=row["order_id"],
        level=Level(row["level"]),
        funding=FundingKind(row["funding"]),
        card_id=row["card_id"],
        state=PaymentState(row["state"]),
        amount=Money(row["amount_minor"], unit),
        fee=Money(row["fee_minor"], unit),
        captured=Money(row["captured_minor"], unit),
        refunded=Money(row["refunded_minor"], unit),
        refunded_fee=Money(row["refunded_fee_minor"], unit),
        refunds=row["refunds"],
        held_until=row["held_until"],
        movement_id=row["movement_id"],
        at=row["at"],
    )
