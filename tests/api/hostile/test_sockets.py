"""What arrives before it is a request: rubbish, endless headers, callers who say nothing.

Against the server as `tael serve` runs it, on loopback, over sockets.
"""

import asyncio
import json
import resource
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from statistics import quantiles
from typing import Any, Final

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from tael.http import connections
from tael.http.connections import Connection

IDLE: Final = 1_000
FILES_WANTED: Final = 4_096
FILES_SPARE: Final = 400
"""Files that a test process has open besides its sockets, and then some."""
P99_MAX_S: Final = 2.0

RUBBISH: Final[dict[str, bytes]] = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "a line of nothing": b"\x00" * 400 + b"\r\n\r\n",
    "another protocol": b"GET /api/session SSH/2.0\r\n\r\n",
    "a header without colon": b"GET /api/session HTTP/1.1\r\nHost\r\n\r\n",
    "a space in a header's name": b"GET /api/session HTTP/1.1\r\nHo st: a\r\n\r\n",
    "two lengths": (
        b"POST /api/sign-out HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
    ),
    "a negative length": b"POST /api/sign-out HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "a length without end": b"POST /api/sign-out HTTP/1.1\r\nContent-Length: "
    + b"9" * 50
    + b"\r\n\r\n",
    "length and chunks": (
        b"POST /api/sign-out HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /api/wallet HTTP/1.1\r\n\r\n"
    ),
    "chunks that are none": (
        b"POST /api/sign-out HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n"
    ),
    "a NUL in a header": b"GET /api/session HTTP/1.1\r\nA: b\x00c\r\n\r\n",
}


class _QuietServer(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the test."""
        yield


@pytest.fixture
async def port(app: FastAPI) -> AsyncIterator[int]:
    """A server's port, spoken to as in production."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2_048)
    config = uvicorn.Config(
        app, http=Connection, ws="none", lifespan="off", log_level="error", access_log=False
    )
    server = _QuietServer(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag to watch, no event
        await asyncio.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    await running
    listener.close()


async def said(port: int, sent: bytes) -> bytes:
    """Everything the server answers before it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = await asyncio.wait_for(reader.read(), 15)
    writer.close()
    return answer


def problem_in(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head.lower(), answer[:300]
    return int(head.split(b" ")[1]), json.loads(body)


async def test_rubbish_gets_a_problem_and_a_closed_connection(port: int) -> None:
    for kind, sent in RUBBISH.items():
        status, problem = problem_in(await said(port, sent))
        assert (status, problem["code"]) == (400, "request.malformed_http"), kind
    async with httpx.AsyncClient() as client:
        reply = await client.get(f"http://127.0.0.1:{port}/api/health/live")
    assert reply.status_code == 200


async def test_headers_have_an_end(port: int) -> None:
    line = b"A: " + b"b" * 1_000 + b"\r\n"
    status, problem = problem_in(await said(port, b"GET / HTTP/1.1\r\n" + line * 40))
    assert (status, problem["code"]) == (413, "request.body_too_large")
    status, problem = problem_in(await said(port, b"GET /" + b"a" * 40_000))
    assert (status, problem["code"]) == (413, "request.body_too_large")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /api/session HTTP/1.1\r\nHost: a\r\n",
        b"POST /api/sign-out HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{",
        b"GET /api/health/live HTTP/1.1\r\nHost: a\r\n\r\nGET /api",
    ],
    ids=["silence", "slow headers", "slow body", "slow second request"],
)
async def test_who_says_no_more_is_not_waited_for(
    port: int, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.4)
    monkeypatch.setattr(connections, "REQUEST_S", 0.4)
    monkeypatch.setattr(connections, "LOOK_EVERY_S", 0.1)
    since = time.monotonic()
    await said(port, begun)
    assert time.monotonic() - since < 5


def _silent_callers() -> int:
    """A thousand, or as many as this machine allows open files for: both ends are ours."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    allowed = max(soft, allowed)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(IDLE, (allowed - FILES_SPARE) // 2)


async def test_a_thousand_silent_callers_do_not_slow_a_customer(port: int) -> None:
    callers = range(_silent_callers())
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in callers]
    spent: list[float] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for number in range(100):
            if number % 10 == 0:
                client.headers["Connection"] = "close"  # A new connection now and then.
            since = time.monotonic()
            reply = await client.get("/api/session")
            spent.append(time.monotonic() - since)
            assert reply.status_code == 200, reply.text
    for _, writer in opened:
        writer.close()
    assert quantiles(spent, n=100)[98] < P99_MAX_S
