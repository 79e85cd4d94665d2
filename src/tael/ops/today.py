"""How the bank stands now: what is pending and for how long, and how far the log is."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tael import audit
from tael.kernel.database import ReadSession
from tael.kernel.money import CURRENCIES, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingOperations:
    """What the card switch was asked and has not finally answered, of one kind and state."""

    kind: str
    state: str
    operations: int
    amount: Money
    oldest_at: datetime
    final_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogHead:
    """The transparency log: what it holds, what was published, what still waits."""

    size: int
    published_size: int | None
    published_at: datetime | None
    root: str
    waiting: int
    waiting_since: datetime | None


async def pending_operations(session: ReadSession) -> list[PendingOperations]:
    """Operations on the rails that are not final, the oldest kinds first."""
    rows = await session.fetch(
        """
        SELECT kind, state, currency, count(*) AS operations, sum(amount)::bigint AS amount,
               min(began_at) AS oldest_at, max(final_by) AS final_by
        FROM rails_operations
        WHERE finished_at IS NULL
        GROUP BY kind, state, currency
        ORDER BY min(began_at)
        """
    )
    return [
        PendingOperations(
            kind=row["kind"],
            state=row["state"],
            operations=row["operations"],
            amount=Money(row["amount"], CURRENCIES[row["currency"]]),
            oldest_at=row["oldest_at"],
            final_by=row["final_by"],
        )
        for row in rows
    ]


async def log_head(session: ReadSession) -> LogHead:
    """The log's head, and the movements that are on their way into it."""
    now = await audit.status(session)
    queued = await session.fetchrow(
        """
        SELECT coalesce(sum(cardinality(movements)), 0)::bigint AS movements,
               (array_agg(movements[1] ORDER BY id))[1] AS first
        FROM ledger_unsequenced
        """
    )
    assert queued is not None
    first = queued["first"]
    # A movement's id holds the machine's time (UUIDv7).
    since = datetime.fromtimestamp((first.int >> 80) / 1000, UTC) if first else None
    return LogHead(
        size=now.size,
        root=now.root.hex(),
        published_size=now.published.size if now.published else None,
        published_at=now.published.at if now.published else None,
        waiting=queued["movements"],
        waiting_since=since,
    )
