"""What the handlers of one process share, opened and closed together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from tael import identity
from tael.http.live import LiveFeed
from tael.kernel.database import Database, PoolSizes
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each, for the life of the process."""

    settings: Settings
    database: Database
    sealer: Sealer
    live: LiveFeed
    pins: identity.PinHasher


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open what the handlers need; raises `DatabaseUnusable` with one line for the operator."""
    async with AsyncExitStack() as stack:
        database = await Database.open(
            settings.database_url,
            read_url=settings.read_database_url,
            clock_moves=settings.sandbox,
            pools=PoolSizes(read=settings.pool_read, write=settings.pool_write),
        )
        stack.push_async_callback(database.close)
        live = LiveFeed(database)
        listening = asyncio.create_task(live.run(), name="live feed")
        stack.push_async_callback(_cancel, listening)
        yield Services(
            settings=settings,
            database=database,
            sealer=settings.sealer(),
            live=live,
            pins=identity.PinHasher.of(settings),
        )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
