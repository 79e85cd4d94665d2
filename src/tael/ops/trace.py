"""The trace of one movement: everything that stands behind it, module by module.

Reads other modules' tables directly, as the auditor does: a trace goes across all of them, and
none of their use cases needs it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tael import ledger
from tael.kernel import ids
from tael.kernel.database import ReadSession
from tael.ops.holders import holder_labels

EVENTS_MAX: Final = 50
_EVENTS_WITHIN: Final = timedelta(minutes=1)
"""An act's events are written with it: their ids are of the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedPosting:
    """One line of a movement, with whose accounts it moved between."""

    debit: ledger.AccountFacts
    credit: ledger.AccountFacts
    debit_label: str
    credit_label: str
    amount: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing behind a movement: what it is, its id and state, when, and what else is told."""

    what: str
    id: str | None
    state: str | None
    at: datetime | None
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A movement with all that stands behind it."""

    movement: ledger.PostedMovement
    postings: list[TracedPosting]
    steps: list[Step]


async def trace(session: ReadSession, movement_id: ledger.MovementId) -> Trace:
    """Everything behind a movement; refuses `ledger.movement_not_found`."""
    found = await ledger.posted_movement(session, movement_id)
    numbers = {number for p in found.postings for number in (p.debit, p.credit)}
    accounts = await ledger.account_facts(session, numbers, currency=found.currency)
    labels = await holder_labels(session, accounts.values())
    postings = [
        TracedPosting(
            debit=accounts[p.debit],
            credit=accounts[p.credit],
            debit_label=labels[p.debit],
            credit_label=labels[p.credit],
            amount=p.amount,
        )
        for p in found.postings
    ]
    steps = [
        *await _holds(session, movement_id),
        *await _acts(session, found.reference),
        *await _approvals(session, movement_id),
        *await _events(session, movement_id, found.reference),
        *await _log(session, movement_id),
    ]
    return Trace(movement=found, postings=postings, steps=steps)


async def _holds(session: ReadSession, movement_id: ledger.MovementId) -> list[Step]:
    return [
        Step(
            what="hold",
            id=str(held.id),
            state=held.state.value,
            at=held.made_at,
            facts={
                "amount": held.amount,
                "captured": held.captured,
                "expires_at": held.expires_at,
            },
        )
        for held in await ledger.holds_behind(session, movement_id)
    ]


_ACTS: Final = """
SELECT 'order' AS what, 'ord' AS prefix, o.id, o.state, o.created_at AS at,
       o.amount_minor AS amount, o.description AS note, NULL AS funding, NULL AS code
FROM payments_orders AS o
JOIN payments_payments AS p ON p.order_id = o.id
WHERE p.id = $1
UNION ALL
SELECT 'payment', 'pay', p.id, p.state, p.at, p.amount_minor, NULL, p.funding,
       p.decline_code
FROM payments_payments AS p
WHERE p.id = $1
   OR p.id = (SELECT payment_id FROM payments_refunds WHERE id = $1)
UNION ALL
SELECT 'refund', 'rfd', r.id, r.state, r.at, r.amount_minor, r.reason, r.destination,
       r.response_code
FROM payments_refunds AS r
WHERE r.id = $1 OR r.payment_id = $1
UNION ALL
SELECT 'transfer', 'trf', t.id, 'succeeded', t.at, t.amount_minor, t.memo, NULL, NULL
FROM transfers_transfers AS t
WHERE t.id = $1
UNION ALL
SELECT c.kind, CASE c.kind WHEN 'top_up' THEN 'top' ELSE 'wdr' END, c.id, c.state, c.at,
       c.amount_minor, c.card_label, NULL, c.response_code
FROM transfers_card_transfers AS c
WHERE c.id = $1
UNION ALL
SELECT 'operation', NULL, r.id, r.state, r.began_at, r.amount, r.kind, 'STAN ' || r.stan,
       r.response_code
FROM rails_operations AS r
WHERE r.kind IN ('top_up', 'withdrawal', 'payment', 'refund')
  AND r.reference = $1
UNION ALL
SELECT 'payout', 'pyt', o.id, CASE WHEN o.paid_at IS NULL THEN 'proposed' ELSE 'paid' END,
       o.made_at, o.total, o.name, NULL, NULL
FROM ops_payouts AS o
WHERE o.id = $1
"""


async def _acts(session: ReadSession, reference: UUID) -> list[Step]:
    rows = await session.fetch(_ACTS, reference)
    return [
        Step(
            what=row["what"],
            id=ids.wire(row["prefix"], row["id"]) if row["prefix"] else str(row["id"]),
            state=row["state"],
            at=row["at"],
            facts={name: row[name] for name in ("amount", "note", "funding", "code") if row[name]},
        )
        for row in rows
    ]


async def _approvals(session: ReadSession, movement_id: ledger.MovementId) -> list[Step]:
    """Proposals about this movement, and the one that made it."""
    wired = ids.wire("mov", movement_id)
    rows = await session.fetch(
        """
        SELECT id, kind, state, proposed_at, reason, subject
        FROM staff_approvals
        WHERE subject = $1
           OR outcome ->> 'movement' = $1
        ORDER BY id
        """,
        wired,
    )
    return [
        Step(
            what="approval",
            id=ids.wire("apv", row["id"]),
            state=row["state"],
            at=row["proposed_at"],
            facts={"kind": row["kind"], "note": row["reason"]},
        )
        for row in rows
    ]


async def _events(
    session: ReadSession, movement_id: ledger.MovementId, reference: UUID
) -> list[Step]:
    made_ms = movement_id.int >> 80
    slack = int(_EVENTS_WITHIN.total_seconds() * 1000)
    rows = await session.fetch(
        """
        SELECT id, topic, recorded_at, position
        FROM kernel_outbox
        WHERE id BETWEEN $1 AND $2
          AND (payload::text LIKE '%' || $3 || '%' OR payload::text LIKE '%' || $4 || '%')
        ORDER BY id
        LIMIT $5
        """,
        UUID(int=(made_ms - slack) << 80),
        UUID(int=(made_ms + slack) << 80),
        str(reference),
        str(movement_id),
        EVENTS_MAX,
    )
    return [
        Step(
            what="event",
            id=str(row["id"]),
            state="waiting" if row["position"] is None else "relayed",
            at=row["recorded_at"],
            facts={"topic": row["topic"]},
        )
        for row in rows
    ]


async def _log(session: ReadSession, movement_id: ledger.MovementId) -> list[Step]:
    position = await session.fetchval(
        'SELECT "position" FROM audit_leaves WHERE subject = $1', movement_id
    )
    if position is None:
        return [Step(what="log", id=None, state="waiting", at=None, facts={})]
    return [Step(what="log", id=None, state="logged", at=None, facts={"position": position})]
