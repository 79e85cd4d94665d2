"""The bank under simulation: the whole app over HTTP, a real PostgreSQL, the sandbox's world.

The worker does not run beside it: its jobs are stepped when the simulation says so, all that the
composition root knows, so that a run is the same every time.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import httpx
from fastapi import FastAPI

from factories import shops
from factories.cards import resolved
from factories.identity import Browser, Handsets
from tael import auditor
from tael.cli.composition import JobParts, job_parts
from tael.http import create_app
from tael.http.services import Services
from tael.jobs import relay
from tael.kernel.clock import machine_now
from tael.kernel.database import AUDITOR_ROLE, Database
from tael.kernel.settings import Settings
from tael.sandbox.world import World, running_world

SWITCH_TIMEOUT_S: Final = 0.4
STEPPED: Final = frozenset({"payments.expire_held", "ledger.sweep_holds"})
"""Schedules that are stepped with the events."""
KEY: Final = "1:" + "dGFlbC10ZXN0LWtleS0wMTIzNDU2Nzg5YWJjZGVmZ2g="


@dataclass
class Bank:
    """Everything that a run of the simulation needs, and may use again for the next."""

    app: FastAPI
    settings: Settings
    database: Database
    auditing: Database
    owner: asyncpg.Connection
    world: World
    handsets: Handsets
    counter: shops.Bank
    jobs: JobParts
    stack: AsyncExitStack
    ahead: timedelta = field(default_factory=timedelta)
    people: int = 0
    clearing_before: int = 0

    @property
    def services(self) -> Services:
        """What the app's handlers share."""
        found: Services = self.app.state.services
        return found

    def now(self) -> datetime:
        """The bank's time, as the simulation reckons it."""
        return machine_now() + self.ahead

    def browser(self, phone: str) -> Browser:
        """A browser that has not been here before."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url="https://localhost", timeout=30
        )
        self.stack.push_async_callback(client.aclose)
        return Browser(client, self.handsets, phone)

    async def set_clock(self, to: datetime) -> None:
        """Move the bank to a later time, for the beginning of a run."""
        assert to >= self.now(), "the clock never goes back"
        self.ahead = to - machine_now()
        await self.owner.execute("UPDATE kernel_business_clock SET ahead = $1", self.ahead)

    async def forget_attempts(self) -> None:
        """Let no rate limit stand in the way: they are not what is simulated."""
        await self.owner.execute("DELETE FROM kernel_rate_limits")

    async def deliver(self) -> None:
        """Let the worker hand out every event that was recorded."""
        for schedule in self.jobs.schedules:
            if schedule.name in STEPPED:
                await schedule.run(self.database)
        for _ in range(3):
            await relay.sequence(self.database)
            for subscriber in self.jobs.subscribers:
                while await relay.deliver(self.database, subscriber):
                    pass
        dead = await self.owner.fetchval("SELECT count(*) FROM kernel_outbox_dead_letters")
        stuck = await self.owner.fetch(
            "SELECT subscriber FROM kernel_outbox_cursors WHERE failures > 0"
        )
        assert (dead, stuck) == (0, []), f"events were not taken: {dead} parked, {stuck}"

    async def resolve(self) -> None:
        """Let the worker ask after every open operation at the card switch, and finish it."""
        services = self.services
        await resolved(self.database, services.switch, services.sealer, self.owner, rounds=20)
        await self.deliver()

    async def account_balance(self, number: int) -> int:
        """What an account of the ledger holds."""
        balance: int = await self.owner.fetchval(
            "SELECT balance FROM ledger_accounts WHERE currency = 'CNY' AND number = $1", number
        )
        return balance

    async def audit(self) -> None:
        """The auditor's independent recomputation finds nothing."""
        async with self.auditing.snapshot() as session:
            report = await auditor.check(session)
        assert report.ok, report.as_json()


@asynccontextmanager
async def open_bank(database_url: str, directory: Path) -> AsyncIterator[Bank]:
    """Start the app and the world over a database that the migrations built."""
    async with AsyncExitStack() as stack:
        world = await stack.enter_async_context(running_world(directory / "world"))
        settings = _settings(database_url, world)
        app = create_app(settings)
        await stack.enter_async_context(app.router.lifespan_context(app))
        database = await Database.open(database_url, clock_moves=True)
        stack.push_async_callback(database.close)
        auditing = await Database.open(database_url, role=AUDITOR_ROLE)
        stack.push_async_callback(auditing.close)
        owner = await asyncpg.connect(database_url)
        stack.push_async_callback(owner.close)
        jobs = await stack.enter_async_context(job_parts(settings, database))
        for subscriber in jobs.subscribers:
            await relay.register(database, subscriber)
        yield Bank(
            app=app,
            settings=settings,
            database=database,
            auditing=auditing,
            owner=owner,
            world=world,
            handsets=Handsets(database, settings),
            counter=shops.Bank(database, owner),
            jobs=jobs,
            stack=stack,
        )


def _settings(database_url: str, world: World) -> Settings:
    return Settings.load(
        {
            "TAEL_DATABASE_URL": database_url,
            "TAEL_SEALING_KEYS": KEY,
            "TAEL_PIN_KEYS": KEY,
            "TAEL_SANDBOX": "1",
            # Cheap on purpose: what is simulated does not depend on the cost.
            "TAEL_PIN_HASH_MEMORY_KIB": "64",
            "TAEL_PIN_HASH_ROUNDS": "1",
            "TAEL_WORLD_URL": world.url,
            "TAEL_PROOFING_URL": f"{world.url}/proofing/checks",
            "TAEL_CARD_VERIFICATION_URL": world.url,
            "TAEL_SMS_URL": f"{world.url}/sms",
            "TAEL_SWITCH_ADDRESS": world.switch_address,
            "TAEL_SWITCH_TIMEOUT_S": str(SWITCH_TIMEOUT_S),
        }
    )
