"""What an operator asks about delivery."""

from dataclasses import dataclass
from datetime import datetime

from tael.kernel.database import ReadSession


@dataclass(frozen=True, slots=True)
class Delivery:
    """How messages are doing: what waits, since when, and what could not be sent."""

    queued: int
    oldest_queued_at: datetime | None
    dead: int


async def delivery(session: ReadSession) -> Delivery:
    """Count what waits and what died."""
    row = await session.fetchrow(
        """
        SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
               min(queued_at) FILTER (WHERE state = 'queued') AS oldest_queued_at,
               count(*) FILTER (WHERE state = 'dead') AS dead
        FROM notifications_messages
        WHERE state IN ('queued', 'dead')
        """
    )
    assert row is not None, "an aggregate has one row"
    return Delivery(row["queued"], row["oldest_queued_at"], row["dead"])
