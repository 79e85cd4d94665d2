"""How far behind the outbox is: measured in the database, whoever works on it."""

from typing import Final

from prometheus_client import Gauge

from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule

MEASURE_EVERY_S: Final = 5.0

UNSEQUENCED: Final = Gauge("tael_outbox_unsequenced", "Committed events that have no position yet.")
UNSEQUENCED_AGE: Final = Gauge(
    "tael_outbox_unsequenced_age_seconds", "Age of the oldest event that has no position yet."
)
BEHIND: Final = Gauge(
    "tael_outbox_behind", "Events that a subscriber has not had yet.", ["subscriber"]
)
BEHIND_AGE: Final = Gauge(
    "tael_outbox_behind_age_seconds",
    "Age of the oldest event that a subscriber has not had yet.",
    ["subscriber"],
)
DEAD_LETTERS: Final = Gauge(
    "tael_outbox_dead_letters", "Events that were parked for a person to look at."
)


async def measure(database: Database) -> None:
    """Set the gauges of the outbox."""
    now = machine_now()
    async with database.read() as session:
        waiting = await session.fetchrow(
            """
            SELECT count(*) AS events, min(recorded_at) AS oldest
            FROM kernel_outbox
            WHERE position IS NULL
            """
        )
        subscribers = await session.fetch(
            """
            SELECT cursors.subscriber, count(event.position) AS events,
                   min(event.recorded_at) AS oldest
            FROM kernel_outbox_cursors AS cursors
            LEFT JOIN LATERAL (
                SELECT position, recorded_at
                FROM kernel_outbox
                WHERE position > cursors.position
                ORDER BY position
                LIMIT $1
            ) AS event ON true
            GROUP BY cursors.subscriber
            """,
            COUNTED_MAX,
        )
        parked = await session.fetchval("SELECT count(*) FROM kernel_outbox_dead_letters")
    assert waiting is not None
    UNSEQUENCED.set(waiting["events"])
    UNSEQUENCED_AGE.set((now - (waiting["oldest"] or now)).total_seconds())
    for row in subscribers:
        BEHIND.labels(row["subscriber"]).set(row["events"])
        age = (now - (row["oldest"] or now)).total_seconds()
        BEHIND_AGE.labels(row["subscriber"]).set(age)
    DEAD_LETTERS.set(parked)


COUNTED_MAX: Final = 10_000
"""A subscriber that is further behind is told as this far behind: counting has a bound."""

SCHEDULE: Final = Schedule("jobs.measure_lag", MEASURE_EVERY_S, measure)
