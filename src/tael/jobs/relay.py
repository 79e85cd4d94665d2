"""The outbox relay: gives events their order, and hands them to a subscriber in that order."""

from datetime import timedelta
from typing import Final

import structlog

from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.outbox import RecordedEvent, Subscriber

SEQUENCE_BATCH: Final = 2_000
DELIVERY_BATCH: Final = 200
TRIES_MAX: Final = 12
"""An event that fails this often is parked for a person; the others go on."""
BACKOFF_MAX_S: Final = 300
STRIDE: Final = 1_000
"""A cursor this far behind what concerns others is moved on."""
KEEP_EVENTS: Final = timedelta(days=30)

_SEQUENCER_LOCK: Final = 0x7AE10B0C
"""One sequencer at a time, so that positions appear in the order in which they are given."""

_log = structlog.get_logger(__name__)


async def sequence(database: Database) -> int:
    """Give positions to the events that were committed since; returns the newest position."""
    async with database.write() as session:
        await session.execute("SELECT pg_advisory_xact_lock($1)", _SEQUENCER_LOCK)
        newest: int | None = await session.fetchval(
            """
            WITH unsequenced AS (
                SELECT id
                FROM kernel_outbox
                WHERE position IS NULL
                ORDER BY id
                LIMIT $1
            ),
            placed AS (
                UPDATE kernel_outbox AS event
                SET position = nextval('kernel_outbox_position')
                FROM unsequenced
                WHERE event.id = unsequenced.id
                RETURNING event.position
            )
            SELECT max(position) FROM placed
            """,
            SEQUENCE_BATCH,
        )
        if newest is not None:
            return newest
        return int(
            await session.fetchval(
                "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM kernel_outbox_position"
            )
        )


async def deliver(database: Database, subscriber: Subscriber) -> bool:
    """Hand the next events to a subscriber; returns whether more may be waiting.

    Each event's effect and the cursor commit together. What fails is undone alone, tried
    again later with growing pauses, and parked after `TRIES_MAX` tries.
    """
    async with database.write() as session:
        cursor = await session.fetchrow(
            """
            SELECT position, failures
            FROM kernel_outbox_cursors
            WHERE subscriber = $1
              AND (retry_at IS NULL OR retry_at <= $2)
            FOR UPDATE SKIP LOCKED
            """,
            subscriber.name,
            machine_now(),
        )
        if cursor is None:
            return False
        # Read before the events: all positions up to here are committed by now.
        horizon: int = await session.fetchval(
            "SELECT coalesce(max(position), 0) FROM kernel_outbox"
        )
        position, failures = cursor["position"], cursor["failures"]
        events = await _next(session, subscriber, position)
        for event in events:
            fault = await _take(session, subscriber, event)
            if fault is None:
                position, failures = event.position, 0
                continue
            failures += 1
            if failures < TRIES_MAX:
                await _advance(session, subscriber, position, failures)
                return False
            await _park(session, subscriber, event, fault)
            position, failures = event.position, 0
        if len(events) < DELIVERY_BATCH and horizon - position > STRIDE:
            # None of what lies between is for this subscriber: so that it can be forgotten.
            position = horizon
        if position != cursor["position"]:
            await _advance(session, subscriber, position, failures)
        return len(events) == DELIVERY_BATCH


async def register(database: Database, subscriber: Subscriber) -> None:
    """Give a new subscriber its cursor, at the beginning of what is kept."""
    async with database.write() as session:
        await session.execute(
            "INSERT INTO kernel_outbox_cursors (subscriber) VALUES ($1) ON CONFLICT DO NOTHING",
            subscriber.name,
        )


async def purge(database: Database) -> None:
    """Forget what every subscriber had and what was replied a month ago, and stale rate limits."""
    now = machine_now()
    async with database.write() as session:
        await session.execute(
            """
            DELETE FROM kernel_outbox
            WHERE recorded_at < $1
              AND position <= (SELECT min(position) FROM kernel_outbox_cursors)
            """,
            now - KEEP_EVENTS,
        )
        await session.execute("DELETE FROM kernel_rate_limits WHERE expires_at < $1", now)
        # A key without a reply is work that was begun: whoever asks again must still find it.
        await session.execute(
            "DELETE FROM kernel_idempotency WHERE recorded_at < $1 AND status IS NOT NULL",
            now - KEEP_EVENTS,
        )


async def _next(session: WriteSession, subscriber: Subscriber, after: int) -> list[RecordedEvent]:
    rows = await session.fetch(
        """
        SELECT position, topic, payload, recorded_at
        FROM kernel_outbox
        WHERE position > $1
          AND topic = ANY($2)
        ORDER BY position
        LIMIT $3
        """,
        after,
        sorted(subscriber.topics),
        DELIVERY_BATCH,
    )
    return [
        RecordedEvent(
            position=row["position"],
            topic=row["topic"],
            payload=row["payload"],
            recorded_at=row["recorded_at"],
        )
        for row in rows
    ]


async def _take(
    session: WriteSession, subscriber: Subscriber, event: RecordedEvent
) -> Exception | None:
    try:
        async with session.savepoint():
            await subscriber.receive(session, event)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the others must go on
        _log.warning(
            "outbox.delivery_failed",
            subscriber=subscriber.name,
            topic=event.topic,
            position=event.position,
            exc_info=fault,
        )
        return fault
    return None


async def _advance(
    session: WriteSession, subscriber: Subscriber, position: int, failures: int
) -> None:
    pause = timedelta(seconds=min(2**failures, BACKOFF_MAX_S))
    await session.execute(
        """
        UPDATE kernel_outbox_cursors
        SET position = $2, failures = $3, retry_at = $4
        WHERE subscriber = $1
        """,
        subscriber.name,
        position,
        failures,
        machine_now() + pause if failures else None,
    )


async def _park(
    session: WriteSession, subscriber: Subscriber, event: RecordedEvent, fault: Exception
) -> None:
    _log.error("outbox.parked", subscriber=subscriber.name, position=event.position)
    await session.execute(
        """
        INSERT INTO kernel_outbox_dead_letters (subscriber, position, error, parked_at)
        VALUES ($1, $2, $3, $4)
        """,
        subscriber.name,
        event.position,
        f"{type(fault).__name__}: {fault}"[:1000],
        machine_now(),
    )
