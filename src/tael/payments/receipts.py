"""What a payment came to, as its payer may read it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from tael import merchants, rails
from tael.kernel.currencies import currency
from tael.kernel.database import ReadSession, Row
from tael.kernel.money import Money
from tael.ledger import MovementId
from tael.payments.errors import PaymentNotFound
from tael.payments.rules import OrderId, PaymentId
from tael.payments.states import FundingKind, PaymentState

COLUMNS: Final = """
SELECT id, payer_id, store_id, order_id, amount_minor, currency, funding, card_id, state,
       movement_id, operation_id, final_by, decline_code, at
FROM payments_payments
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment with its payee. `movement_id` stands there only once the money moved."""

    payment_id: PaymentId
    payer: UUID
    store: merchants.Store
    order_id: OrderId | None
    amount: Money
    funding: FundingKind
    card_id: UUID | None
    state: PaymentState
    movement_id: MovementId | None
    final_by: datetime | None
    decline_code: str | None
    at: datetime


async def receipt(session: ReadSession, payer: UUID, payment_id: PaymentId) -> Receipt:
    """A payment of this payer; another's refuses with `payments.payment_not_found` too."""
    row = await session.fetchrow(f"{COLUMNS} WHERE id = $1 AND payer_id = $2", payment_id, payer)
    if row is None:
        raise PaymentNotFound
    stores = await merchants.stores(session, [row["store_id"]])
    found = receipt_of(row, stores[row["store_id"]])
    if found.state is not PaymentState.PENDING:
        return found
    operation = await rails.operation(session, rails.OperationId(row["operation_id"]))
    return replace(found, final_by=operation.final_by)


def receipt_of(row: Row, store: merchants.Store) -> Receipt:
    """The receipt in a row of payments."""
    state = PaymentState(row["state"])
    return Receipt(
        payment_id=row["id"],
        payer=row["payer_id"],
        store=store,
        order_id=row["order_id"],
        amount=Money(row["amount_minor"], currency(row["currency"])),
        funding=FundingKind(row["funding"]),
        card_id=row["card_id"],
        state=state,
        movement_id=row["movement_id"] if state is PaymentState.SUCCEEDED else None,
        final_by=row["final_by"],
        decline_code=row["decline_code"],
        at=row["at"],
    )
