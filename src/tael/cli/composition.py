"""Which adapters stand behind the ports of the worker, and who follows which events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from tael import customers, identity, ledger, notifications, payments, rails, transfers
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule, Subscriber
from tael.kernel.settings import Settings, SettingsRefused

OUTSIDE_TIMEOUT_S: Final = 10


@dataclass(frozen=True, slots=True)
class JobParts:
    """What a worker runs."""

    subscribers: tuple[Subscriber, ...]
    schedules: tuple[Schedule, ...]


@asynccontextmanager
async def job_parts(settings: Settings) -> AsyncIterator[JobParts]:
    """Open the worker's ports and collect what every module follows and repeats."""
    sealer = settings.sealer()
    if settings.sms_url is None:
        raise SettingsRefused("TAEL_SMS_URL: the worker needs an SMS gateway to deliver codes")
    async with (
        httpx.AsyncClient(timeout=OUTSIDE_TIMEOUT_S, trust_env=False) as outside,
        rails.open_switch(settings) as card_switch,
    ):
        gateway = notifications.HttpSmsGateway(settings.sms_url, outside)
        yield JobParts(
            subscribers=(
                *customers.SUBSCRIBERS,
                *payments.SUBSCRIBERS,
                *transfers.SUBSCRIBERS,
            ),
            schedules=(
                *notifications.schedules(gateway, sealer),
                *identity.SCHEDULES,
                *ledger.SCHEDULES,
                *rails.schedules(card_switch, sealer),
                *transfers.SCHEDULES,
            ),
        )


async def probe(settings: Settings) -> None:
    """Try the database before anything listens; raises `DatabaseUnusable` with one line."""
    database = await Database.open(settings.database_url)
    await database.close()
