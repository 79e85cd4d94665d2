"""Reads of operations."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from tael import ledger
from tael.kernel.database import ReadSession, RehearsalSession
from tael.kernel.money import CNY, Money
from tael.rails.messages import retrieval_reference
from tael.rails.operations import COLUMNS, Operation, OperationId, of_row
from tael.rails.states import OperationKind, OperationState


async def operation(session: ReadSession, operation_id: OperationId) -> Operation:
    """One operation that was begun."""
    row = await session.fetchrow(
        f"""
        SELECT {COLUMNS}
        FROM rails_operations
        WHERE id = $1
        """,  # noqa: S608 - a constant list of columns
        operation_id,
    )
    assert row is not None, "operations are never removed"
    return of_row(row)


async def operations(
    session: ReadSession, operation_ids: Collection[OperationId]
) -> dict[OperationId, Operation]:
    """Several operations that were begun."""
    rows = await session.fetch(
        f"""
        SELECT {COLUMNS}
        FROM rails_operations
        WHERE id = ANY($1::uuid[])
        """,  # noqa: S608 - a constant list of columns
        list(operation_ids),
    )
    found = [of_row(row) for row in rows]
    return {operation.id: operation for operation in found}


async def as_if_approved(
    session: RehearsalSession, kind: OperationKind, reference: UUID
) -> Operation:
    """What a business act began, as if the card's bank had said yes: nobody is asked."""
    row = await session.fetchrow(
        f"""
        SELECT {COLUMNS}
        FROM rails_operations
        WHERE kind = $1 AND reference = $2
        """,  # noqa: S608 - a constant list of columns
        kind.value,
        reference,
    )
    assert row is not None, "the act has just begun it"
    return replace(of_row(row), state=OperationState.APPROVED)


async def pending(session: ReadSession) -> list[ledger.Pending]:
    """The operations whose outcome is not known yet, by kind: what a day's close tells."""
    rows = await session.fetch(
        """
        SELECT kind, count(*) AS count, sum(amount)::bigint AS amount
        FROM rails_operations
        WHERE finished_at IS NULL
        GROUP BY kind
        ORDER BY kind
        """
    )
    return [
        ledger.Pending(f"rails.{row['kind']}", row["count"], Money(row["amount"], CNY))
        for row in rows
    ]


async def retrieval_references(
    session: ReadSession, acts: Collection[tuple[str, UUID]]
) -> dict[tuple[str, UUID], str]:
    """By which reference the switch knows business acts, named by kind of operation and id.

    What the switch was never asked for is left out.
    """
    rows = await session.fetch(
        """
        SELECT o.kind, o.reference, o.stan, o.transmitted_at
        FROM unnest($1::text[], $2::uuid[]) AS n (kind, reference)
        JOIN rails_operations AS o ON o.kind = n.kind AND o.reference = n.reference
        """,
        [kind for kind, _ in acts],
        [reference for _, reference in acts],
    )
    return {
        (row["kind"], row["reference"]): retrieval_reference(row["transmitted_at"], row["stan"])
        for row in rows
    }


async def is_busy(session: ReadSession, instrument: UUID) -> bool:
    """Whether an operation of this card is not final yet."""
    busy: bool = await session.fetchval(
        """
        SELECT EXISTS (
            SELECT 1
            FROM rails_operations
            WHERE instrument = $1 AND finished_at IS NULL
        )
        """,
        instrument,
    )
    return busy
