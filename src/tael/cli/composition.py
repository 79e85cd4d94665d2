"""Which adapters stand behind the ports of the worker, and who follows which events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from tael import (
    audit,
    customers,
    identity,
    instruments,
    interest,
    ledger,
    notifications,
    payments,
    rails,
    settlement,
    staff,
    transfers,
)
from tael.codecs.iso8583_messages import FinancialResponse
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
async def job_parts(settings: Settings, database: Database) -> AsyncIterator[JobParts]:
    """Open the worker's ports and collect what every module follows and repeats."""
    customers.use_limits(customers.load_limits(settings.limits_file))
    interest.use_rates(interest.load_rates(settings.rates_file))
    ledger.register_pending(rails.pending)
    sealer = settings.sealer()
    if settings.sms_url is None:
        raise SettingsRefused("TAEL_SMS_URL: the worker needs an SMS gateway to deliver codes")
    if settings.switch_address is None:
        raise SettingsRefused("TAEL_SWITCH_ADDRESS: the worker needs the card switch")

    async def note_late(response: FinancialResponse) -> None:
        async with database.write() as session:
            await rails.note_late(session, response)

    async with (
        httpx.AsyncClient(timeout=OUTSIDE_TIMEOUT_S, trust_env=False) as outside,
        rails.open_iso_switch(
            settings.switch_address, timeout_s=settings.switch_timeout_s, on_late=note_late
        ) as card_switch,
    ):
        gateway = notifications.HttpSmsGateway(settings.sms_url, outside)
        comparing = (
            settlement.schedules(settlement.HttpSettlementFiles(settings.settlement_url, outside))
            if settings.settlement_url
            else ()
        )
        yield JobParts(
            subscribers=(
                *customers.SUBSCRIBERS,
                *instruments.subscribers(sealer),
                *payments.SUBSCRIBERS,
                *transfers.SUBSCRIBERS,
            ),
            schedules=(
                *notifications.schedules(gateway, sealer),
                *identity.SCHEDULES,
                *staff.SCHEDULES,
                *customers.SCHEDULES,
                *interest.SCHEDULES,
                *ledger.SCHEDULES,
                *audit.schedules(
                    sealer, origin=settings.log_name, witnesses=settings.log_witnesses
                ),
                *rails.schedules(card_switch, sealer),
                *instruments.SCHEDULES,
                *payments.SCHEDULES,
                *transfers.SCHEDULES,
                *comparing,
            ),
        )


async def probe(settings: Settings) -> None:
    """Try the limits, the rates and the database before anything listens.

    Raises `customers.LimitsInvalid`, `interest.RatesInvalid` or `DatabaseUnusable`, each with one
    line.
    """
    customers.load_limits(settings.limits_file)
    interest.load_rates(settings.rates_file)
    database = await Database.open(settings.database_url)
    await database.close()
