"""What a customer's open screens are told at once, and can catch up on after a break."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tael.kernel.clock import machine_now
from tael.kernel.database import Database, ReadSession, WriteSession

LIVE_CHANNEL: Final = "tael_live"
"""The NOTIFY channel; the payload is the customer's id, the note is read from its row."""
KEPT: Final = timedelta(days=1)
PAGE_MAX: Final = 100

_ORDER_LOCK: Final = 0x7AE1_11FE
"""Tellers take turns on this advisory lock, so that positions become visible in order."""


@dataclass(frozen=True, slots=True)
class LiveNote:
    """One note in the order in which its customer is told."""

    position: int
    kind: str
    payload: dict[str, Any]
    told_at: datetime


async def tell(
    session: WriteSession, customer_id: UUID, kind: str, payload: dict[str, Any], *, now: datetime
) -> None:
    """Tell a customer's open screens, once this transaction commits.

    For jobs, not for hot paths, and last in the transaction: tellers take turns until commit.
    Otherwise a reader that has seen a later position would never see an earlier one that
    committed after it.
    """
    await session.execute("SELECT pg_advisory_xact_lock($1)", _ORDER_LOCK)
    await session.execute(
        """
        INSERT INTO notifications_live (customer_id, kind, payload, told_at)
        VALUES ($1, $2, $3, $4)
        """,
        customer_id,
        kind,
        payload,
        now,
    )
    await session.execute("SELECT pg_notify($1, $2)", LIVE_CHANNEL, str(customer_id))


async def live_since(session: ReadSession, customer_id: UUID, after: int) -> list[LiveNote]:
    """The notes after a position, oldest first, at most a page; ask again from the last."""
    rows = await session.fetch(
        """
        SELECT position, kind, payload, told_at
        FROM notifications_live
        WHERE customer_id = $1
          AND position > $2
        ORDER BY position
        LIMIT $3
        """,
        customer_id,
        after,
        PAGE_MAX,
    )
    return [LiveNote(row["position"], row["kind"], row["payload"], row["told_at"]) for row in rows]


async def live_position(session: ReadSession, customer_id: UUID) -> int:
    """Where a screen that opens now begins to read: after the newest note."""
    newest: int | None = await session.fetchval(
        "SELECT max(position) FROM notifications_live WHERE customer_id = $1", customer_id
    )
    return newest or 0


async def purge(database: Database) -> None:
    """Forget notes that no screen will ask for again: history has what they told."""
    async with database.write() as session:
        await session.execute(
            "DELETE FROM notifications_live WHERE told_at < $1", machine_now() - KEPT
        )
