"""What payments has to say before a wallet is closed."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from tael.customers import Obstacle
from tael.kernel.database import ReadSession
from tael.payments.targets import pending_alike

_PENDING: Final = Obstacle(
    "payments.card_payment_pending", "A payment by card is not final yet: wait until it is."
)


async def closing_obstacles(session: ReadSession, customer: UUID) -> Sequence[Obstacle]:
    """A payment whose outcome is unknown: its payer must be able to see how it ends."""
    return [_PENDING] if await pending_alike(session, [customer]) else []
