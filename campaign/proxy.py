"""A TCP proxy that loses, doubles, delays, cuts and forgets what passes through it.

It stands between client and API, API and PostgreSQL (a socket in a folder), or rails and the
card switch. It knows no protocol: a *chunk* is what one read brought, and a fault strikes
chunks by chance or by order.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_CHUNK: Final = 64 * 1024


class Fault(StrEnum):
    """What can happen to a chunk."""

    NONE = "none"
    """Nothing: it arrives."""
    LOSE = "lose"
    """It does not arrive, and both ends are hung up on."""
    DOUBLE = "double"
    """It arrives two times."""
    DELAY = "delay"
    """It arrives late."""
    TRUNCATE = "truncate"
    """Half of it arrives, then both ends are hung up on."""
    HALF_OPEN = "half_open"
    """Nothing arrives any more in this direction, and nobody is told."""


@dataclass(slots=True)
class Weather:
    """How likely each fault is for a chunk, in each direction; may be changed at any time."""

    up: dict[Fault, float] = field(default_factory=dict)
    """Towards the server: requests."""
    down: dict[Fault, float] = field(default_factory=dict)
    """Towards the client: replies."""
    delay_s: tuple[float, float] = (0.02, 0.5)
    refuses: bool = False
    """Whether new connections are hung up on at once: the other end has disappeared."""

    def clear(self) -> None:
        """Let everything through again."""
        self.up, self.down, self.refuses = {}, {}, False


@dataclass(slots=True)
class Counts:
    """What the proxy did."""

    connections: int = 0
    chunks: int = 0
    struck: dict[Fault, int] = field(default_factory=dict)


Address = tuple[str, int] | Path
"""A TCP address, or the path of a Unix socket."""


class Proxy:
    """Listens in front of one server."""

    def __init__(self, target: Address, *, seed: int, weather: Weather | None = None) -> None:
        self.target = target
        self.weather = weather or Weather()
        self.counts = Counts()
        self.port = 0
        self._random = random.Random(seed)
        self._lines: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self, at: Path | int = 0) -> AsyncIterator["Proxy"]:
        """Listen on a port of loopback (0 takes a free one) or at a Unix socket's path."""
        if isinstance(at, Path):
            server = await asyncio.start_unix_server(self._serve, at)
        else:
            server = await asyncio.start_server(self._serve, LOOPBACK, at)
            self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            if self._lines:
                await asyncio.wait(self._lines)

    def cut(self) -> None:
        """Hang up on everybody at once: the cable is pulled."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        task.add_done_callback(self._lines.discard)
        self.counts.connections += 1
        if self.weather.refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await self._reach()
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(reader, far_writer, writer, up=True))
                both.create_task(self._carry(far_reader, writer, far_writer, up=False))
        finally:
            self._writers -= {writer, far_writer}
            for end in (writer, far_writer):
                end.transport.abort()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        *,
        up: bool,
    ) -> None:
        """Carry one direction until its end, or until a fault ends the whole connection."""
        deaf = False
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                self.counts.chunks += 1
                fault = self._fault(up=up)
                deaf = deaf or fault is Fault.HALF_OPEN
                if deaf:
                    continue
                if not await self._strike(fault, chunk, writer):
                    back.transport.abort()
                    return
                await writer.drain()
            if writer.can_write_eof() and not deaf:
                # The other direction may still have something to say.
                with suppress(OSError, RuntimeError):
                    writer.write_eof()

    async def _strike(self, fault: Fault, chunk: bytes, writer: asyncio.StreamWriter) -> bool:
        """Do to a chunk what was drawn for it; whether the connection goes on."""
        if fault is Fault.DELAY:
            await asyncio.sleep(self._random.uniform(*self.weather.delay_s))
        if fault is Fault.LOSE:
            writer.transport.abort()
            return False
        if fault is Fault.TRUNCATE:
            writer.write(chunk[: max(1, len(chunk) // 2)])
            with suppress(OSError):
                await writer.drain()
            writer.close()
            return False
        writer.write(chunk * 2 if fault is Fault.DOUBLE else chunk)
        return True

    def _fault(self, *, up: bool) -> Fault:
        chances = self.weather.up if up else self.weather.down
        if not chances:
            return Fault.NONE
        drawn = self._random.random()
        for fault, chance in chances.items():
            if drawn < chance:
                self.counts.struck[fault] = self.counts.struck.get(fault, 0) + 1
                return fault
            drawn -= chance
        return Fault.NONE
