"""The sequencer: gives movements their place in the transparency log, after their commit.

`ledger.write` queues what it wrote in the same transaction; here it is taken from the queue
and appended in one transaction, so each movement is in the log exactly once. It runs beside
the postings and slows nobody: they never wait for it.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from tael import audit
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import Currency
from tael.ledger.chart import AccountNumber
from tael.ledger.commitments import Act, Side, digest, entry, part_salt, parts
from tael.ledger.movements import MovementId

SET_ROWS: Final = 512
SET_MOVEMENTS: Final = 4_096
"""A transaction takes rows of the queue until it has this many movements."""

_LOCK: Final = 0x7AE10B10
"""One sequencer at a time; another that comes along has nothing to do."""

_TAKE: Final = """
DELETE FROM ledger_unsequenced
WHERE id IN (
    SELECT q.id
    FROM (
        SELECT oldest.id,
               sum(cardinality(oldest.movements)) OVER (ORDER BY oldest.id)
                   - cardinality(oldest.movements) AS earlier
        FROM (
            SELECT id, movements
            FROM ledger_unsequenced
            ORDER BY id
            LIMIT $1
        ) AS oldest
    ) AS q
    WHERE q.earlier < $2
)
RETURNING id, movements
"""

# The bounds let the planner leave out the months that hold none of them.
_MOVEMENTS: Final = """
SELECT m.id, m.kind, m.at, m.business_day, m.effective_on, m.reference, m.reverses,
       m.payer_label, m.payee_label, m.memo,
       p.line, p.currency, p.debit, p.credit, p.amount, p.debit_seq, p.credit_seq,
       p.debit_balance, p.credit_balance
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (id, place)
JOIN ledger_movements AS m
  ON m.id = wanted.id
 AND m.id BETWEEN $2 AND $3
JOIN ledger_postings AS p
  ON p.movement_id = wanted.id
 AND p.movement_id BETWEEN $2 AND $3
ORDER BY wanted.place, p.line
"""
_ACT_COLUMNS: Final = len(Act._fields)


class OpenedPart(NamedTuple):
    """A part of a movement with the salt that opens it, or only its digest."""

    name: str
    digest: bytes
    salt: bytes | None
    text: str | None


@dataclass(frozen=True, slots=True)
class LoggedMovement:
    """A movement's place in the log, and as much of it as one account may see."""

    parts: tuple[OpenedPart, ...]
    inclusion: audit.Inclusion


async def sequence_some(session: WriteSession) -> bool:
    """Move a set from the queue into the log; returns whether more may be waiting."""
    if not await session.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
        return False
    taken = await session.fetch(_TAKE, SET_ROWS, SET_MOVEMENTS)
    taken.sort(key=lambda row: int(row["id"]))
    wanted = [movement for row in taken for movement in row["movements"]]
    if not wanted:
        return False
    chance = os.urandom(audit.SALT_BYTES * len(wanted))
    leaves = [
        audit.Leaf(act.id, entry(salt, act, sides), salt)
        for at, (act, sides) in enumerate(await movements_of(session, wanted))
        for salt in (chance[at * audit.SALT_BYTES : (at + 1) * audit.SALT_BYTES],)
    ]
    assert len(leaves) == len(wanted), "every queued movement is in the books"
    await audit.append(session, leaves)
    return True


async def logged(
    session: ReadSession, movement: MovementId, account: AccountNumber, *, currency: Currency
) -> LoggedMovement:
    """A movement's proof for the holder of one account: its act and that account's sides.

    Everybody else's sides stay closed. Refuses `audit.not_yet_in_log`.
    """
    found = list(await movements_of(session, [movement]))
    inclusion = await audit.inclusion(session, movement)
    opened = []
    for act, sides in found:
        for part in parts(act, sides):
            salt = part_salt(inclusion.salt, part.name)
            own = part.account is None or (part.account, part.currency) == (account, currency.code)
            opened.append(
                OpenedPart(
                    part.name,
                    digest(salt, part.text),
                    salt if own else None,
                    part.text.decode() if own else None,
                )
            )
    return LoggedMovement(tuple(opened), inclusion)


async def movements_of(
    session: ReadSession, wanted: Sequence[UUID]
) -> Iterator[tuple[Act, list[Side]]]:
    """Movements with their sides, in the order asked for; what does not exist is left out."""
    rows = await session.fetch(_MOVEMENTS, wanted, min(wanted), max(wanted))
    return _grouped(rows)


def _grouped(rows: Sequence[Row]) -> Iterator[tuple[Act, list[Side]]]:
    for _, lines in groupby(rows, key=lambda row: row[0]):
        together = list(lines)
        yield (
            Act._make(together[0][:_ACT_COLUMNS]),
            [Side._make(line[_ACT_COLUMNS:]) for line in together],
        )
