"""What rails does without being asked: finish what a crash or a silent line left open."""

from typing import Final

from tael.kernel.database import Database
from tael.kernel.outbox import Schedule
from tael.kernel.sealed import Sealer
from tael.rails.card_switch import CardSwitch
from tael.rails.perform import RESOLVE_BATCH, resolve

RESOLVE_EVERY_S: Final = 0.5


def schedules(switch: CardSwitch, sealer: Sealer) -> tuple[Schedule, ...]:
    """The resolver; any number of workers may run it."""

    async def run(database: Database) -> None:
        while await resolve(database, switch, sealer=sealer) == RESOLVE_BATCH:
            pass

    return (Schedule("rails.resolve", RESOLVE_EVERY_S, run),)
