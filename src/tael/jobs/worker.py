"""The worker's loops: sequence, deliver to each subscriber, run each schedule."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter
from typing import Final

import structlog

from tael.jobs import lag, relay
from tael.kernel import telemetry
from tael.kernel.database import Database
from tael.kernel.outbox import Schedule, Subscriber

SEQUENCE_EVERY_S: Final = 0.1
LOOK_ANYWAY_EVERY_S: Final = 2.0
"""A subscriber looks this often even if it was not woken: another worker may sequence."""
PURGE_EVERY_S: Final = 3600.0
FAULT_PAUSE_S: Final = 1.0

_log = structlog.get_logger(__name__)


class Worker:
    """Runs until it is stopped; what is in hand is finished first."""

    def __init__(
        self,
        database: Database,
        subscribers: Sequence[Subscriber],
        schedules: Sequence[Schedule],
    ) -> None:
        names = [subscriber.name for subscriber in subscribers]
        assert len(names) == len(set(names)), "a subscriber's name keys its cursor"
        self._database = database
        self._subscribers = subscribers
        own = (Schedule("jobs.purge", PURGE_EVERY_S, relay.purge), lag.SCHEDULE)
        self._schedules = (*schedules, *own)
        self._stopping = asyncio.Event()
        self._woken = {name: asyncio.Event() for name in names}

    def stop(self) -> None:
        """Ask the worker to finish what is in hand and return from `run`."""
        self._stopping.set()
        for woken in self._woken.values():
            woken.set()

    async def run(self) -> None:
        """Work until `stop`."""
        for subscriber in self._subscribers:
            await relay.register(self._database, subscriber)
        async with asyncio.TaskGroup() as loops:
            loops.create_task(self._sequence())
            for subscriber in self._subscribers:
                loops.create_task(self._deliver(subscriber))
            for schedule in self._schedules:
                loops.create_task(self._repeat(schedule))

    async def _sequence(self) -> None:
        newest = -1
        while not self._stopping.is_set():
            try:
                position = await relay.sequence(self._database)
            except Exception as fault:  # noqa: BLE001 - the database may be away for a while
                _log.warning("worker.sequence_failed", exc_info=fault)
                await self._pause(FAULT_PAUSE_S)
                continue
            if position != newest:
                newest = position
                for woken in self._woken.values():
                    woken.set()
            await self._pause(SEQUENCE_EVERY_S)

    async def _deliver(self, subscriber: Subscriber) -> None:
        woken = self._woken[subscriber.name]
        while not self._stopping.is_set():
            woken.clear()
            try:
                while await relay.deliver(self._database, subscriber):
                    pass
            except Exception as fault:  # noqa: BLE001 - the database may be away for a while
                _log.warning("worker.delivery_failed", subscriber=subscriber.name, exc_info=fault)
                await self._pause(FAULT_PAUSE_S)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), LOOK_ANYWAY_EVERY_S)

    async def _repeat(self, schedule: Schedule) -> None:
        while not self._stopping.is_set():
            begun = perf_counter()
            try:
                await schedule.run(self._database)
                telemetry.SCHEDULE_SECONDS.labels(schedule.name).set(perf_counter() - begun)
            except Exception as fault:  # noqa: BLE001 - the next round may succeed
                telemetry.SCHEDULE_FAILURES.labels(schedule.name).inc()
                _log.warning("worker.schedule_failed", schedule=schedule.name, exc_info=fault)
                await self._pause(FAULT_PAUSE_S)
            await self._pause(schedule.every_s)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
