"""What has left the books with old months, as those see it who ask for it."""

from uuid import UUID

from tael.kernel.database import ReadSession
from tael.ledger.errors import Archived
from tael.ledger.movements import MovementId


async def archived_below(session: ReadSession) -> UUID | None:
    """Movements with ids below this have left the books; None while none have."""
    below: UUID | None = await session.fetchval(
        "SELECT upper_id FROM ledger_partition_closes ORDER BY month DESC LIMIT 1"
    )
    return below


async def refuse_archived_movement(session: ReadSession, movement: MovementId) -> None:
    """Raise `ledger.archived` if a movement with this id would have left with an old month."""
    below = await archived_below(session)
    if below is not None and movement < below:
        raise Archived
