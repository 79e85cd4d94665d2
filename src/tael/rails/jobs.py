"""What rails does without being asked: finish what a crash or a silent line left open."""

from typing import Final

from prometheus_client import Gauge

from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule
from tael.kernel.sealed import Sealer
from tael.rails.card_switch import CardSwitch
from tael.rails.perform import RESOLVE_BATCH, resolve
from tael.rails.states import FINAL, OperationState

RESOLVE_EVERY_S: Final = 0.5
MEASURE_EVERY_S: Final = 5.0

OPEN: Final = Gauge(
    "tael_rails_open", "Operations at other institutions that are not final, by state.", ["state"]
)
OVERDUE: Final = Gauge(
    "tael_rails_overdue", "Operations that are not final although that was promised by now."
)


def schedules(switch: CardSwitch, sealer: Sealer) -> tuple[Schedule, ...]:
    """The resolver; any number of workers may run it."""

    async def run(database: Database) -> None:
        while await resolve(database, switch, sealer=sealer) == RESOLVE_BATCH:
            pass

    return (
        Schedule("rails.resolve", RESOLVE_EVERY_S, run),
        Schedule("rails.measure_open", MEASURE_EVERY_S, measure_open),
    )


async def measure_open(database: Database) -> None:
    """Set the gauges of what is not final."""
    async with database.read() as session:
        rows = await session.fetch(
            """
            SELECT state, count(*) AS operations,
                   count(*) FILTER (WHERE final_by < $1) AS overdue
            FROM rails_operations
            WHERE due_at IS NOT NULL
            GROUP BY state
            """,
            machine_now(),
        )
    counted = {row["state"]: row["operations"] for row in rows}
    for state in OperationState:
        if state not in FINAL:
            OPEN.labels(state.value).set(counted.get(state.value, 0))
    OVERDUE.set(sum(row["overdue"] for row in rows))
