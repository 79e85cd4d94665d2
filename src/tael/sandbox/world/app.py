"""The world in one object: its books, its inbox, its switch and its HTTP end.

It runs as a process of its own (`python -m tael.sandbox.world`), or inside a test's event loop
on free ports (`running_world`). Either way it is spoken to over sockets only.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tael.sandbox.world import cards, control, proofing, settlement, sms
from tael.sandbox.world.books import Books
from tael.sandbox.world.inbox import Inbox
from tael.sandbox.world.modes import Modes
from tael.sandbox.world.switch import SwitchServer

LOOPBACK: Final = "127.0.0.1"
_START_POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class World:
    """A world that runs: where it listens, and its parts for a test that lives beside it."""

    http_port: int
    switch_port: int
    books: Books
    modes: Modes
    inbox: Inbox

    @property
    def url(self) -> str:
        """The base of the HTTP end, for every port that speaks HTTP to it."""
        return f"http://{LOOPBACK}:{self.http_port}"

    @property
    def switch_address(self) -> str:
        """HOST:PORT of the card switch."""
        return f"{LOOPBACK}:{self.switch_port}"


@asynccontextmanager
async def running_world(
    directory: Path, *, http_port: int = 0, switch_port: int = 0
) -> AsyncIterator[World]:
    """Run the world on loopback until the block ends; port 0 takes a free one."""
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything listens
    async with AsyncExitStack() as stack:
        books = Books(directory / "cards.sqlite3")
        stack.callback(books.close)
        inbox = Inbox(directory / "inbox.sqlite3")
        stack.callback(inbox.close)
        verifications = cards.Verifications(directory / "verifications.sqlite3", books, inbox.put)
        stack.callback(verifications.close)
        modes = Modes()
        switch = await stack.enter_async_context(
            SwitchServer(books, modes).listening(LOOPBACK, switch_port)
        )
        routes: list[BaseRoute] = [
            Route("/", _alive),
            *control.routes(books, modes),
            *cards.routes(verifications),
            *sms.routes(inbox),
            *proofing.routes(proofing.Register()),
            *settlement.routes(settlement.Settlement(books), books),
        ]
        port = await stack.enter_async_context(_http(Starlette(routes=routes), http_port))
        yield World(port, switch, books, modes, inbox)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"world": "sandbox"})


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs the event loop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def _http(app: Starlette, port: int) -> AsyncIterator[int]:
    listener = socket.create_server((LOOPBACK, port))
    server = _QuietServer(
        uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", ws="none")
    )
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag to watch, no event
            await asyncio.sleep(_START_POLL_S)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running
        listener.close()
