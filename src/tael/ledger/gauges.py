"""What an operator sees of the ledger: how far its followers are behind, and what runs out."""

from datetime import UTC, datetime
from typing import Final

from prometheus_client import Gauge

from tael import audit
from tael.kernel.clock import business_day, business_now, machine_now
from tael.kernel.database import ReadSession

COUNTED_MAX: Final = 1_000
"""Sets that are counted one by one; a longer queue is told as this long: counting has a bound."""

UNLOGGED: Final = Gauge(
    "tael_log_behind", "Written sets of movements that have no place in the log yet."
)
UNLOGGED_AGE: Final = Gauge(
    "tael_log_behind_age_seconds", "Age of the oldest movement that has no place in the log yet."
)
LOGGED: Final = Gauge("tael_log_size", "Movements in the transparency log.")
PUBLISHED: Final = Gauge("tael_log_published", "Movements under the newest signed checkpoint.")
DAYS_OPEN: Final = Gauge("tael_ledger_days_to_close", "Business days that are over and not closed.")
HOLDS_DUE: Final = Gauge("tael_ledger_holds_due", "Holds past their deadline, not swept yet.")
MONTHS: Final = Gauge("tael_ledger_months_ahead", "Months to come whose entries have a place.")

_TIME_SHIFT: Final = 80
"""The first 48 of the 128 bits of a UUIDv7 are its milliseconds."""


async def measure(session: ReadSession) -> None:
    """Set the ledger's gauges."""
    machine = machine_now()
    now = await business_now(session)
    waiting = await session.fetch(
        "SELECT movements[1] AS first FROM ledger_unsequenced ORDER BY id LIMIT $1", COUNTED_MAX
    )
    log = await audit.status(session)
    row = await session.fetchrow(
        """
        SELECT (SELECT max(day) FROM ledger_day_closes) AS closed,
               (SELECT count(*) FROM ledger_holds
                WHERE state = 'pending' AND expires_at <= $1) AS due,
               (SELECT count(*) FROM pg_inherits AS i
                JOIN pg_class AS c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'ledger_movements'::regclass
                  AND c.relname > 'ledger_movements_' || to_char($2::timestamptz, 'YYYY_MM')
               ) AS months
        """,
        now,
        machine,
    )
    assert row is not None
    UNLOGGED.set(len(waiting))
    oldest = min((each["first"].int >> _TIME_SHIFT for each in waiting), default=None)
    UNLOGGED_AGE.set(
        0
        if oldest is None
        else (machine - datetime.fromtimestamp(oldest / 1000, UTC)).total_seconds()
    )
    LOGGED.set(log.size)
    PUBLISHED.set(log.published.size if log.published else 0)
    # Yesterday is closed some time after midnight; a bank that never closed a day has none open.
    closed = row["closed"]
    DAYS_OPEN.set(max(0, (business_day(now) - closed).days - 1) if closed else 0)
    HOLDS_DUE.set(row["due"])
    MONTHS.set(row["months"])
