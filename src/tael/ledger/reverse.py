"""Undo a movement by its opposite: nothing that was written is ever edited."""

from datetime import date, datetime

from tael.kernel.database import WriteSession
from tael.ledger.movements import Movement, MovementId
from tael.ledger.queries import posted_movement
from tael.ledger.service import lock, write


async def reverse(
    session: WriteSession,
    original: MovementId,
    movement_id: MovementId,
    *,
    memo: str,
    now: datetime,
    effective_on: date | None = None,
) -> Movement:
    """Post the opposite of every line of `original` as a movement of its own, once.

    Refuses `ledger.movement_not_found`, `ledger.already_reversed`, `ledger.reversal_stands`,
    and what taking the money back would: `ledger.insufficient_funds`, `ledger.account_closed`.
    """
    seen = await posted_movement(session, original)
    numbers = {number for p in seen.postings for number in (p.debit, p.credit)}
    book = await lock(session, numbers, now=now, currency=seen.currency)
    # Read again under the lock, which whoever reverses the same movement needs too.
    opposite = book.reverse(
        await posted_movement(session, original),
        movement_id,
        memo=memo,
        effective_on=effective_on,
    )
    await write(session, book)
    return opposite
