"""What the handlers of one process share, opened and closed together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import httpx

from tael import (
    customers,
    identity,
    instruments,
    interest,
    ops,
    payments,
    rails,
    settlement,
    staff,
    statements,
    transfers,
)
from tael.codecs.iso8583_messages import FinancialResponse
from tael.http.batching import Batched
from tael.http.live import LiveFeed
from tael.http.payments_wire import present_payment
from tael.http.transfers_wire import present_transfer
from tael.kernel.database import Database, PoolSizes
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings

OUTSIDE_TIMEOUT_S: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each, for the life of the process."""

    settings: Settings
    database: Database
    sealer: Sealer
    live: LiveFeed
    pins: identity.PinHasher
    prover: customers.Prover
    switch: rails.CardSwitch
    card_verification: instruments.CardVerification
    outside: httpx.AsyncClient
    """For ports that speak HTTP to other institutions."""
    world: httpx.AsyncClient | None
    """The sandbox's outside world, for its control; None in production."""
    payments: Batched[payments.Pay, payments.Receipt]
    transfers: Batched[transfers.Send, transfers.TransferReceipt]
    press: statements.Press


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open what the handlers need.

    Raises `DatabaseUnusable` or `customers.LimitsInvalid`, each with one line for the operator.
    """
    customers.use_limits(customers.load_limits(settings.limits_file))
    interest.use_rates(interest.load_rates(settings.rates_file))
    customers.register_closing_act(interest.pay_out)
    customers.register_obstacle(payments.closing_obstacles)
    for approvable in (*ops.APPROVABLES, settlement.RESOLVE_BREAK):
        staff.register_approvable(approvable)
    async with AsyncExitStack() as stack:
        database = await Database.open(
            settings.database_url,
            clock_moves=settings.sandbox,
            pools=PoolSizes(read=settings.pool_read, write=settings.pool_write),
        )
        stack.push_async_callback(database.close)
        outside = await stack.enter_async_context(_client(None))
        world = (
            await stack.enter_async_context(_client(settings.world_url))
            if settings.sandbox and settings.world_url
            else None
        )
        switch = await stack.enter_async_context(_card_switch(settings, database))
        live = LiveFeed(database)
        listening = asyncio.create_task(live.run(), name="live feed")
        stack.push_async_callback(_cancel, listening)
        sealer = settings.sealer()
        paying = Batched(database, payments.pay, present_payment, name="payments")
        stack.push_async_callback(paying.close)
        sending = Batched(database, transfers.send, present_transfer, name="transfers")
        stack.push_async_callback(sending.close)
        yield Services(
            settings=settings,
            database=database,
            sealer=sealer,
            live=live,
            pins=identity.PinHasher.of(settings),
            payments=paying,
            transfers=sending,
            prover=customers.Prover(
                proofing=customers.HttpProofing(settings.proofing_url, outside), sealer=sealer
            ),
            switch=switch,
            card_verification=instruments.HttpCardVerification(
                settings.card_verification_url, outside
            ),
            outside=outside,
            world=world,
            press=statements.Press(),
        )


def _card_switch(
    settings: Settings, database: Database
) -> AbstractAsyncContextManager[rails.CardSwitch]:
    async def note_late(response: FinancialResponse) -> None:
        async with database.write() as session:
            await rails.note_late(session, response)

    return rails.open_iso_switch(
        settings.switch_address, timeout_s=settings.switch_timeout_s, on_late=note_late
    )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _client(base_url: str | None) -> httpx.AsyncClient:
    """No proxy of the machine's, no redirects: the other end is the one that we named."""
    return httpx.AsyncClient(
        base_url=base_url or "", timeout=OUTSIDE_TIMEOUT_S, trust_env=False, follow_redirects=False
    )
