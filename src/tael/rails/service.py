"""What is written about an operation: its beginning, each step before it, each finding after it.

Every function is one short transaction's work. Who calls out to the switch does so in between
(`perform.py`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from tael.codecs.iso8583_messages import FinancialResponse, Pan
from tael.kernel import outbox
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession
from tael.kernel.ids import new_id
from tael.kernel.money import Money
from tael.kernel.sealed import Sealer
from tael.rails.events import OperationFinished
from tael.rails.messages import key
from tael.rails.operations import COLUMNS, Operation, OperationId, of_row
from tael.rails.rules import (
    FINAL_WITHIN,
    INTENT_LEASE,
    NOT_SENT,
    Answered,
    Finding,
    Found,
    GivenUp,
    NotSent,
    ReversalAnswered,
    backoff,
    next_state,
)
from tael.rails.states import FINAL, OperationKind, OperationState


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What the card switch is to do for a business act."""

    kind: OperationKind
    pan: Pan
    amount: Money
    reference: UUID
    """The act's own id: the switch is asked once for each."""
    instrument: UUID
    """The card, as instruments names it."""
    holder: UUID
    acceptor: str
    """Who takes or gives the money, as the card's statement shows it: ASCII, 40 characters."""
    mcc: str


async def begin(session: WriteSession, intent: Intent, *, sealer: Sealer) -> Operation:
    """Write down what will be asked, in the caller's transaction; nothing is sent yet.

    After the commit call `perform`. If nobody does within `INTENT_LEASE`, it is closed as never
    sent.
    """
    now = machine_now()
    operation_id = OperationId(new_id())
    row = await session.fetchrow(
        f"""
        INSERT INTO rails_operations (
            id, kind, state, holder, reference, instrument, currency, amount, pan_sealed,
            acceptor, mcc, stan, transmitted_at, began_at, final_by, due_at
        )
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
            nextval('rails_stan'), date_trunc('second', $12::timestamptz), $12, $13, $14)
        RETURNING {COLUMNS}
        """,  # noqa: S608 - a constant list of columns
        operation_id,
        intent.kind,
        OperationState.INTENDED,
        intent.holder,
        intent.reference,
        intent.instrument,
        intent.amount.currency.code,
        intent.amount.minor,
        sealer.seal(intent.pan.reveal().encode(), context=_seal_context(operation_id)),
        intent.acceptor,
        intent.mcc,
        now,
        now + FINAL_WITHIN,
        now + INTENT_LEASE,
    )
    assert row is not None
    return of_row(row)


@dataclass(frozen=True, slots=True)
class Leased:
    """An operation that this process alone acts on until its lease ends, with its card number."""

    operation: Operation
    pan: Pan


async def claim(
    session: WriteSession, operation_id: OperationId, *, sealer: Sealer, lease: timedelta
) -> Leased | None:
    """Mark an intent as sent, before its first octet is; None when somebody did so before.

    One that could not leave is an intent again (`Remedy.FORWARD`), and keeps count of its tries.
    """
    row = await session.fetchrow(
        f"""
        UPDATE rails_operations
        SET state = $2, attempts = attempts + 1, due_at = $3
        WHERE id = $1 AND state = $4
        RETURNING {COLUMNS}, pan_sealed
        """,  # noqa: S608 - a constant list of columns
        operation_id,
        OperationState.SENT,
        machine_now() + lease,
        OperationState.INTENDED,
    )
    return None if row is None else _leased(of_row(row), row["pan_sealed"], sealer)


async def lease_due(
    session: WriteSession, *, sealer: Sealer, lease: timedelta, limit: int
) -> list[Leased]:
    """Take the operations whose process did not finish them in time, oldest first.

    Other resolvers pass over what this transaction holds, and after it until the lease ends.
    What was sent and left without a word is unknown from here on.
    """
    now = machine_now()
    rows = await session.fetch(
        f"""
        WITH due AS (
            SELECT id AS due_id
            FROM rails_operations
            WHERE due_at <= $1
            ORDER BY due_at
            LIMIT $2
            FOR NO KEY UPDATE SKIP LOCKED
        )
        UPDATE rails_operations
        SET attempts = CASE WHEN state = 'sent' THEN 1 ELSE attempts + 1 END,
            state = CASE WHEN state = 'sent' THEN 'unknown' ELSE state END,
            due_at = $3,
            final_by = CASE WHEN final_by <= $1 THEN $4 ELSE final_by END
        FROM due
        WHERE id = due_id
        RETURNING {COLUMNS}, pan_sealed
        """,  # noqa: S608 - a constant list of columns
        now,
        limit,
        now + lease,
        now + FINAL_WITHIN,
    )
    return [_leased(of_row(row), row["pan_sealed"], sealer) for row in rows]


async def start_reversal(session: WriteSession, operation_id: OperationId) -> Operation | None:
    """Decide to undo an unknown operation; None when its outcome became known meanwhile.

    From here on there is no way back, so this is committed before the reversal is sent.
    """
    row = await session.fetchrow(
        f"""
        UPDATE rails_operations
        SET state = $2, attempts = 1, reversal_stan = nextval('rails_stan'),
            reversal_at = date_trunc('second', $3::timestamptz)
        WHERE id = $1 AND state = $4
        RETURNING {COLUMNS}
        """,  # noqa: S608 - a constant list of columns
        operation_id,
        OperationState.REVERSING,
        machine_now(),
        OperationState.UNKNOWN,
    )
    return None if row is None else of_row(row)


async def fresh_stan(session: WriteSession) -> int:
    """A trace number for a message that is not kept."""
    return int(await session.fetchval("SELECT nextval('rails_stan')"))


async def note(session: WriteSession, operation_id: OperationId, finding: Finding) -> Operation:
    """Record what the switch said or did not say, and tell upwards when that is final.

    Safe to repeat and safe in any order: a finding that leads nowhere from the present state is
    only kept beside it.
    """
    now = machine_now()
    row = await session.fetchrow(
        f"""
        SELECT {COLUMNS}
        FROM rails_operations
        WHERE id = $1
        FOR NO KEY UPDATE
        """,  # noqa: S608 - a constant list of columns
        operation_id,
    )
    assert row is not None, "operations are never removed"
    before = of_row(row)
    state = next_state(before.kind, before.state, finding)
    if before.is_final or state is before.state:
        return await _note_aside(session, before, finding, now)
    after = replace(before, state=state, response_code=_code(finding) or before.response_code)
    await session.execute(
        """
        UPDATE rails_operations
        SET state = $2, response_code = $3, approval_code = $4, due_at = $5, finished_at = $6,
            attempts = CASE WHEN $2 = 'intended' THEN attempts ELSE 0 END,
            pan_sealed = CASE WHEN $6::timestamptz IS NULL THEN pan_sealed END
        WHERE id = $1
        """,
        operation_id,
        state,
        after.response_code,
        finding.approval_code if isinstance(finding, Answered) else None,
        None if state in FINAL else _due(state, before, now),
        now if state in FINAL else None,
    )
    if after.is_final:
        await outbox.emit(
            session,
            OperationFinished(
                operation=after.id,
                kind=after.kind.value,
                reference=after.reference,
                state=after.state.value,
                response_code=after.response_code,
            ),
        )
    return after


def _due(state: OperationState, operation: Operation, now: datetime) -> datetime:
    """When to go on: at once, unless the line was down and would be again."""
    waits = state is OperationState.INTENDED
    return now + backoff(operation.attempts) if waits else now


async def _note_aside(
    session: WriteSession, operation: Operation, finding: Finding, now: datetime
) -> Operation:
    """Keep what changes nothing: a late answer beside the outcome, else a pause before more."""
    late = isinstance(finding, Answered) and operation.state is not OperationState.UNKNOWN
    if late:
        await session.execute(
            "UPDATE rails_operations SET late_code = $2 WHERE id = $1",
            operation.id,
            _code(finding),
        )
    elif not operation.is_final:
        await session.execute(
            "UPDATE rails_operations SET due_at = $2 WHERE id = $1",
            operation.id,
            now + backoff(operation.attempts),
        )
    return operation


async def note_late(session: WriteSession, response: FinancialResponse) -> Operation | None:
    """Record an answer that nobody was waiting for any more; None when it is to nothing of ours."""
    rows = await session.fetch(
        f"""
        SELECT {COLUMNS}
        FROM rails_operations
        WHERE stan = $1
        ORDER BY transmitted_at DESC
        LIMIT 4
        """,  # noqa: S608 - a constant list of columns
        int(response.key.stan),
    )
    for operation in map(of_row, rows):
        if key(operation) == response.key and operation.amount == response.amount:
            return await note(session, operation.id, Answered(response.code, response.approval))
    return None


def _code(finding: Finding) -> str | None:
    match finding:
        case Answered(code) | Found(code) | ReversalAnswered(code):
            return str(code)
        case NotSent() | GivenUp():
            return NOT_SENT
        case _:
            return None


def _leased(operation: Operation, pan_sealed: bytes, sealer: Sealer) -> Leased:
    digits = sealer.unseal(pan_sealed, context=_seal_context(operation.id)).decode()
    return Leased(operation, Pan(digits))


def _seal_context(operation_id: OperationId) -> str:
    return f"rails.pan/{operation_id}"
