"""End a break by two people's word: book it out by way of suspense, or link its other half."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tael import ledger
from tael.kernel.database import WriteSession
from tael.kernel.ids import new_id
from tael.kernel.money import CNY, Money
from tael.settlement.errors import BreakEnded, BreakNotFound, BreaksDoNotCancel
from tael.settlement.states import BreakId, BreakState

MEMO_MAX: Final = 100
SWITCH_LABEL: Final = "银行卡交换 Card switch"
SUSPENSE_LABEL: Final = "挂账 Suspense"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a resolution did: the correction that was booked, if one was."""

    movement: ledger.MovementId | None


async def post_break(
    session: WriteSession, break_id: BreakId, *, reason: str, now: datetime
) -> Ended:
    """Make our account with the switch what its file says, against suspense.

    What the switch owes us more goes into suspense, what it owes us less comes out of it, until
    somebody finds whose it is. Refuses `settlement.break_not_found`, `settlement.break_ended`.
    """
    difference = (await _lock(session, [break_id]))[break_id]
    movement = ledger.MovementId(new_id())
    book = await ledger.lock(session, [ledger.CARD_CLEARING, ledger.SUSPENSE], now=now)
    owed = difference > 0
    pair = (ledger.CARD_CLEARING, ledger.SUSPENSE)
    labels = (SWITCH_LABEL, SUSPENSE_LABEL)
    book.post(
        ledger.Movement(
            id=movement,
            kind=ledger.MovementKind.ADJUSTMENT,
            postings=(
                ledger.Posting(*(pair if owed else pair[::-1]), Money(abs(difference), CNY)),
            ),
            reference=break_id,
            payer_label=labels[0] if owed else labels[1],
            payee_label=labels[1] if owed else labels[0],
            memo=reason[:MEMO_MAX],
            at=now,
        )
    )
    await ledger.write(session, book)
    tag = await session.execute(
        """
        UPDATE settlement_breaks
        SET state = $2, movement = $3, reason = $4, ended_at = $5
        WHERE id = $1
        """,
        break_id,
        BreakState.POSTED.value,
        movement,
        reason,
        now,
    )
    assert tag == "UPDATE 1", tag
    return Ended(movement)


async def link_breaks(
    session: WriteSession, break_id: BreakId, other: BreakId, *, reason: str, now: datetime
) -> Ended:
    """Say that two breaks are the two halves of one thing: nothing is booked.

    Refuses `settlement.breaks_do_not_cancel` unless their differences sum to zero, and what
    `post_break` refuses.
    """
    differences = await _lock(session, sorted({break_id, other}))
    if break_id == other or sum(differences.values()) != 0:
        raise BreaksDoNotCancel
    tag = await session.execute(
        """
        UPDATE settlement_breaks
        SET state = $3, counterpart = CASE id WHEN $1 THEN $2::uuid ELSE $1::uuid END,
            reason = $4, ended_at = $5
        WHERE id = $1 OR id = $2
        """,
        break_id,
        other,
        BreakState.LINKED.value,
        reason,
        now,
    )
    assert tag == "UPDATE 2", tag
    return Ended(None)


async def _lock(session: WriteSession, break_ids: list[BreakId]) -> dict[BreakId, int]:
    rows = await session.fetch(
        """
        SELECT id, state, difference
        FROM settlement_breaks
        WHERE id = ANY($1::uuid[])
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        break_ids,
    )
    if len(rows) != len(break_ids):
        raise BreakNotFound
    if any(row["state"] != BreakState.OPEN for row in rows):
        raise BreakEnded
    return {BreakId(row["id"]): row["difference"] for row in rows}
