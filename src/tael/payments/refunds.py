"""The refunds of payments, as both sides may read them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tael import rails
from tael.kernel.currencies import currency
from tael.kernel.database import ReadSession, Row
from tael.kernel.money import Money
from tael.ledger import MovementId
from tael.payments.after_sale_states import RefundDestination, RefundState
from tael.payments.rules import PaymentId, RefundId

COLUMNS: Final = """
SELECT id, payment_id, part, amount_minor, fee_minor, currency, reason, destination, state,
       movement_id, operation_id, at, finished_at
FROM payments_refunds
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """A part of a payment that its shop gave back.

    `fee` is the bank's part of it. `final_by` stands there while the card's bank has not
    answered, `movement_id` once the money moved.
    """

    id: RefundId
    payment_id: PaymentId
    part: int
    amount: Money
    fee: Money
    reason: str
    destination: RefundDestination
    state: RefundState
    movement_id: MovementId | None
    operation_id: rails.OperationId | None
    final_by: datetime | None
    at: datetime
    finished_at: datetime | None


async def refund_by_id(session: ReadSession, refund_id: RefundId) -> Refund:
    """One refund that was given."""
    row = await session.fetchrow(f"{COLUMNS} WHERE id = $1", refund_id)
    assert row is not None, "refunds are never removed"
    return refund_of(row)


async def refunds_of(
    session: ReadSession, payments: Collection[PaymentId]
) -> dict[PaymentId, tuple[Refund, ...]]:
    """Each payment's refunds, the first first; payments without any are absent."""
    rows = await session.fetch(
        f"{COLUMNS} WHERE payment_id = ANY($1::uuid[]) ORDER BY payment_id, part", list(payments)
    )
    found = [refund_of(row) for row in rows]
    asked = [r.operation_id for r in found if r.state is RefundState.PENDING and r.operation_id]
    operations = await rails.operations(session, asked) if asked else {}
    by_payment: dict[PaymentId, tuple[Refund, ...]] = {}
    for each in found:
        operation = operations.get(each.operation_id) if each.operation_id else None
        shown = replace(each, final_by=operation.final_by) if operation else each
        by_payment[each.payment_id] = (*by_payment.get(each.payment_id, ()), shown)
    return by_payment


def refund_of(row: Row) -> Refund:
    """The refund in a row of `COLUMNS`."""
    unit = currency(row["currency"])
    state = RefundState(row["state"])
    return Refund(
        id=row["id"],
        payment_id=row["payment_id"],
        part=row["part"],
        amount=Money(row["amount_minor"], unit),
        fee=Money(row["fee_minor"], unit),
        reason=row["reason"],
        destination=RefundDestination(row["destination"]),
        state=state,
        movement_id=row["movement_id"] if state is RefundState.SUCCEEDED else None,
        operation_id=row["operation_id"],
        final_by=None,
        at=row["at"],
        finished_at=row["finished_at"],
    )
