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
_REFUND: Final = Obstacle(
    "payments.refund_pending", "A refund is on its way to a card: wait until it is there."
)


async def closing_obstacles(session: ReadSession, customer: UUID) -> Sequence[Obstacle]:
    """A payment or refund whose outcome is unknown: its payer must see how it ends.

    A refund whose card refuses it goes to this very wallet.
    """
    found = [_PENDING] if await pending_alike(session, [customer]) else []
    refunding = await session.fetchval(
        """
        SELECT EXISTS (
            SELECT
            FROM payments_refunds AS r
            JOIN payments_payments AS p ON p.id = r.payment_id
            WHERE r.state = 'pending'
              AND p.payer_id = $1
        )
        """,
        customer,
    )
    return [*found, _REFUND] if refunding else found
