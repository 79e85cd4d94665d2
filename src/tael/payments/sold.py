"""Which payment and which store an act in a history belongs to: for names in both languages."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from tael import merchants
from tael.kernel.database import ReadSession
from tael.payments.rules import PaymentId


@dataclass(frozen=True, slots=True)
class Sold:
    """The payment that something belongs to, and where it was made."""

    payment_id: PaymentId
    store: merchants.Store


async def sold(session: ReadSession, references: Collection[UUID]) -> dict[UUID, Sold]:
    """What these references (of payments and refunds) belong to; others are absent."""
    if not references:
        return {}
    rows = await session.fetch(
        """
        SELECT id AS reference, id AS payment_id, store_id
        FROM payments_payments
        WHERE id = ANY($1::uuid[])
        UNION ALL
        SELECT r.id, r.payment_id, p.store_id
        FROM payments_refunds AS r
        JOIN payments_payments AS p ON p.id = r.payment_id
        WHERE r.id = ANY($1::uuid[])
        """,
        list(references),
    )
    stores = await merchants.stores(session, {row["store_id"] for row in rows})
    return {row["reference"]: Sold(row["payment_id"], stores[row["store_id"]]) for row in rows}
