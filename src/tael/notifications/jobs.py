"""What notifications does again and again."""

from tael.kernel.database import Database
from tael.kernel.outbox import Schedule
from tael.kernel.sealed import Sealer
from tael.notifications import live, sms
from tael.notifications.sms_gateway import SmsGateway


def schedules(gateway: SmsGateway, sealer: Sealer) -> tuple[Schedule, ...]:
    """Deliver what is due, and forget what nobody needs."""

    async def deliver(database: Database) -> None:
        await sms.deliver(database, gateway, sealer)

    return (
        Schedule("notifications.deliver", 0.1, deliver),
        Schedule("notifications.purge_messages", 3600, sms.purge),
        Schedule("notifications.purge_live", 3600, live.purge),
    )
