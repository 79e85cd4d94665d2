"""Whether the database still answers: asked every second, on a connection of its own.

A server that is frozen, or at the end of a cable that was pulled, refuses nothing: whoever asks
it waits. When the pulse stops, every connection of the process is hung up on, so that those who
wait learn it within seconds, and who comes later is refused at once until it answers again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias
from weakref import WeakSet

import asyncpg
import structlog

PULSE_EVERY_S: Final = 1.0
_TICK_S: Final = 0.25
_TICKS: Final = 10
"""Two and a half seconds without an answer. In ticks, so that a process which was itself kept
from running for a while (a busy machine, a laptop that slept) does not blame the database."""

_log = structlog.get_logger(__name__)

_Connection: TypeAlias = Any
_FAULTS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Pulse:
    """Feels the pulse of one database for one process."""

    def __init__(self, connect: Callable[[], Awaitable[_Connection]]) -> None:
        self._away = False
        self._connect = connect
        self._watched: WeakSet[_Connection] = WeakSet()
        self._task: asyncio.Task[None] | None = None

    def has_stopped(self) -> bool:
        """Whether the database has stopped answering."""
        return self._away

    def watch(self, connection: _Connection) -> None:
        """Hang up on this connection when the pulse stops."""
        self._watched.add(connection)

    def start(self) -> None:
        """Begin to feel it; the first time after a second, so that short commands never do."""
        self._task = asyncio.create_task(self._feel(), name="database pulse")

    async def stop(self) -> None:
        """Let go."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _feel(self) -> None:
        own: _Connection = None
        beat: asyncio.Task[_Connection] | None = None
        try:
            while True:
                await asyncio.sleep(PULSE_EVERY_S)
                beat = asyncio.create_task(self._beat(own))
                await _in_ticks(beat)
                if not beat.done():
                    beat.cancel()
                    _hang_up(own)
                    own = None
                    self._lose()
                    with suppress(asyncio.CancelledError, *_FAULTS):
                        await beat
                    continue
                fault = beat.exception()
                # A server that refuses has answered: who asks it is told so without waiting.
                if fault is not None:
                    _hang_up(own)
                own = None if fault else beat.result()
                if self._away:
                    _log.warning("database.back", fault=repr(fault) if fault else None)
                    self._away = False
        finally:
            if beat is not None and not beat.done():
                beat.cancel()
                with suppress(asyncio.CancelledError, *_FAULTS):
                    own = await beat
            _hang_up(own)

    async def _beat(self, own: _Connection) -> _Connection:
        connection = own or await self._connect()
        try:
            await connection.fetchval("SELECT 1")
        except BaseException:
            _hang_up(connection)
            raise
        return connection

    def _lose(self) -> None:
        if not self._away:
            _log.error("database.away", connections=len(self._watched))
        self._away = True
        for connection in list(self._watched):
            with suppress(asyncpg.InterfaceError):
                connection.terminate()


async def _in_ticks(beat: "asyncio.Task[_Connection]") -> None:
    for _ in range(_TICKS):
        done, _ = await asyncio.wait({beat}, timeout=_TICK_S)
        if done:
            return


def _hang_up(connection: _Connection) -> None:
    if connection is not None:
        with suppress(asyncpg.InterfaceError):
            connection.terminate()
