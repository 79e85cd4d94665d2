"""The live feed: wakes the open screens of customers whom a job has told something."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import structlog

from tael import notifications
from tael.kernel.database import Database

RECONNECT_PAUSE_S = 1.0

_log = structlog.get_logger(__name__)


class LiveFeed:
    """Holds one LISTEN connection for the process, and an event for each open screen."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[str, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        """Listen until cancelled; after a broken connection, wake everybody to catch up."""
        while True:
            try:
                async with self._database.listen(notifications.LIVE_CHANNEL, self._wake) as lost:
                    self._wake_all()
                    await lost.wait()
                _log.warning("live.reconnect", fault="connection lost")
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
                _log.warning("live.reconnect", fault=type(fault).__name__)
            await asyncio.sleep(RECONNECT_PAUSE_S)

    @asynccontextmanager
    async def screen(self, customer_id: UUID) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever this customer has been told something."""
        woken = asyncio.Event()
        name = str(customer_id)
        self._open[name].add(woken)
        try:
            yield woken
        finally:
            self._open[name].discard(woken)
            if not self._open[name]:
                del self._open[name]

    def _wake(self, customer: str) -> None:
        for woken in self._open.get(customer, ()):
            woken.set()

    def _wake_all(self) -> None:
        for screens in self._open.values():
            for woken in screens:
                woken.set()
