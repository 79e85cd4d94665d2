"""The edge itself: keys, twins, perimeter, faults of our own."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI, Response

from tael.http import guards
from tael.http.edge import Edge
from tael.http.wire import Wire
from tael.kernel.currencies import currency
from tael.kernel.database import Database, WriteSession
from tael.kernel.ids import new_id
from tael.kernel.refusals import Overloaded, TooMany, UnknownCurrency

CLOCK = "/api/sandbox/clock"
KEY = {"Idempotency-Key": "key-0000-0001"}


class Counted(Wire):
    """What the test's own operations answer."""

    count: int


class Work:
    """An operation of several transactions that can be slow, refused or broken."""

    def __init__(self) -> None:
        self.begun: list[UUID] = []
        self.finished: list[UUID] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.fault: Exception | None = None

    async def serve(self, edge: guards.Device) -> Response:
        """Begin, wait for the test, finish."""

        async def begin(_session: WriteSession, _now: datetime) -> UUID:
            subject = new_id()
            self.begun.append(subject)
            return subject

        async def finish(subject: UUID) -> Counted:
            await self.go_on.wait()
            if self.fault is not None:
                raise self.fault
            self.finished.append(subject)
            return Counted(count=len(self.finished))

        return await edge.steps(begin, finish, status=201)


@pytest.fixture
def work(app: FastAPI) -> Work:
    """An operation of the test's own, served at /api/work."""
    made = Work()
    app.router.add_api_route("/api/work", made.serve, methods=["POST"])
    # Before the catch-all that serves the web app.
    app.router.routes.insert(0, app.router.routes.pop())
    return made


@pytest.fixture
async def device(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A browser that has asked for its session."""
    (await client.get("/api/session")).raise_for_status()
    return client


async def _advanced(database: Database) -> int:
    async with database.read() as session:
        ahead = await session.fetchval("SELECT ahead FROM kernel_business_clock")
    return int(ahead.total_seconds())


def _problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


async def test_a_key_does_its_act_once_and_replays_its_bytes(
    device: httpx.AsyncClient, database: Database
) -> None:
    answers = [await device.post(CLOCK, json={"advance_s": 60}, headers=KEY) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await _advanced(database) == 60


async def test_fifty_twins_at_once_act_once(device: httpx.AsyncClient, database: Database) -> None:
    call = (device.post(CLOCK, json={"advance_s": 60}, headers=KEY) for _ in range(50))
    answers = await asyncio.gather(*call)
    done = {answer.content for answer in answers if answer.status_code == 200}
    assert len(done) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 503}
    assert await _advanced(database) == 60


async def test_a_key_for_another_request_is_refused(
    device: httpx.AsyncClient, database: Database
) -> None:
    await device.post(CLOCK, json={"advance_s": 60}, headers=KEY)
    _problem(
        await device.post(CLOCK, json={"advance_s": 61}, headers=KEY), 422, "request.key_reused"
    )
    assert await _advanced(database) == 60


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space", "schlüssel-ä"])
async def test_without_a_sound_key_nothing_is_done(
    device: httpx.AsyncClient, database: Database, key: str
) -> None:
    headers = httpx.Headers({"Idempotency-Key": key} if key else {}, encoding="utf-8")
    _problem(
        await device.post(CLOCK, json={"advance_s": 60}, headers=headers),
        400,
        "request.key_missing",
    )
    assert await _advanced(database) == 0


async def test_a_browser_that_was_never_here_is_told_to_ask_for_its_session(
    client: httpx.AsyncClient, database: Database
) -> None:
    _problem(
        await client.post(CLOCK, json={"advance_s": 60}, headers=KEY), 400, "request.device_missing"
    )
    assert await _advanced(database) == 0


@pytest.mark.parametrize(
    "header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_another_site_cannot_act_for_the_browser(
    device: httpx.AsyncClient, database: Database, header: dict[str, str]
) -> None:
    answer = await device.post(CLOCK, json={"advance_s": 60}, headers=KEY | header)
    _problem(answer, 403, "request.foreign_origin")
    assert await _advanced(database) == 0


async def test_an_oversized_body_is_refused_told_or_untold(
    device: httpx.AsyncClient, database: Database
) -> None:
    body = b'{"advance_s": 60, "x": "' + b"x" * 100_000 + b'"}'
    _problem(await device.post(CLOCK, content=body, headers=KEY), 413, "request.body_too_large")

    async def chunks() -> Any:  # noqa: ANN401 - what httpx streams
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    _problem(await device.post(CLOCK, content=chunks(), headers=KEY), 413, "request.body_too_large")
    assert await _advanced(database) == 0


async def test_what_is_not_there_is_a_problem_too(client: httpx.AsyncClient) -> None:
    _problem(await client.get("/api/nothing"), 404, "request.not_found")
    _problem(await client.delete("/api/session"), 405, "request.method_not_allowed")


async def test_a_twin_waits_for_work_of_several_steps_and_gets_its_reply(
    device: httpx.AsyncClient, work: Work
) -> None:
    work.go_on.clear()
    first = asyncio.create_task(device.post("/api/work", headers=KEY))
    while not work.begun:  # noqa: ASYNC110 - the first has to be at it
        await asyncio.sleep(0.01)
    twin = asyncio.create_task(device.post("/api/work", headers=KEY))
    await asyncio.sleep(0.3)
    assert not twin.done()
    work.go_on.set()
    answers = await asyncio.gather(first, twin)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert len(work.begun) == len(work.finished) == 1


async def test_a_twin_is_told_when_the_first_takes_too_long(
    device: httpx.AsyncClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tael.http.edge.TWIN_TRIES", 2)
    work.go_on.clear()
    first = asyncio.create_task(device.post("/api/work", headers=KEY))
    while not work.begun:  # noqa: ASYNC110 - the first has to be at it
        await asyncio.sleep(0.01)
    told = _problem(await device.post("/api/work", headers=KEY), 409, "request.in_progress")
    assert told["advice"] == "same_key"
    work.go_on.set()
    assert (await first).status_code == 201


async def test_a_retry_finishes_what_a_crash_left(device: httpx.AsyncClient, work: Work) -> None:
    work.fault = RuntimeError("the process died here")
    failed = await device.post("/api/work", headers=KEY)
    body = _problem(failed, 500, "kernel.failure")
    assert "died" not in failed.text
    assert body["advice"] == "same_key"
    work.fault = None
    answer = await device.post("/api/work", headers=KEY)
    assert answer.status_code == 201
    assert work.finished == work.begun
    assert len(work.begun) == 1


async def test_a_refusal_to_try_again_keeps_nothing_and_another_is_kept(
    device: httpx.AsyncClient, work: Work
) -> None:
    work.fault = Overloaded(retry_after_s=1)
    busy = await device.post("/api/work", headers=KEY)
    _problem(busy, 503, "kernel.overloaded")
    assert busy.headers["retry-after"] == "1"
    work.fault = TooMany(retry_after_s=9)
    refused = await device.post("/api/work", headers=KEY)
    _problem(refused, 429, "request.too_many")
    work.fault = None
    assert (await device.post("/api/work", headers=KEY)).content == refused.content
    assert work.finished == []


async def test_a_database_that_is_busy_is_a_refusal(
    app: FastAPI, device: httpx.AsyncClient
) -> None:
    async def locked(edge: guards.Device) -> Response:
        async def act(_session: WriteSession, _now: datetime) -> None:
            raise asyncpg.LockNotAvailableError

        return await Edge.once(edge, act)

    app.router.add_api_route("/api/locked", locked, methods=["POST"])
    app.router.routes.insert(0, app.router.routes.pop())
    told = _problem(await device.post("/api/locked", headers=KEY), 503, "kernel.busy")
    assert told["advice"] == "same_key"


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.ReadOnlySQLTransactionError("a standby"),
        asyncpg.DiskFullError("no space"),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.InterfaceError("connection is closed"),
        ConnectionRefusedError("nobody there"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_database_that_is_away_is_a_refusal_that_keeps_nothing(
    app: FastAPI, device: httpx.AsyncClient, fault: Exception
) -> None:
    async def away(edge: guards.Device) -> Response:
        async def act(_session: WriteSession, _now: datetime) -> None:
            raise fault

        return await Edge.once(edge, act)

    app.router.add_api_route("/api/away", away, methods=["POST"])
    app.router.routes.insert(0, app.router.routes.pop())
    reply = await device.post("/api/away", headers=KEY)
    assert _problem(reply, 503, "kernel.database_away")["advice"] == "same_key"
    assert reply.headers["retry-after"] == "1"


async def test_every_reply_carries_the_headers_that_protect_it(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/api/session")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    cookie = headers["set-cookie"]
    assert cookie.startswith("__Host-tael_device=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"))


async def test_each_refusal_has_a_page_and_no_other_has(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs/errors/ledger.insufficient_funds")
    assert page.status_code == 200
    assert "ledger.insufficient_funds" in page.text
    _problem(await client.get("/docs/errors/<script>"), 404, "request.not_found")
    explorer = await client.get("/api/docs")
    assert explorer.status_code == 200
    assert "unsafe-inline" not in explorer.headers["content-security-policy"].split("style-src")[0]


def test_a_currency_that_we_do_not_keep_is_refused() -> None:
    with pytest.raises(UnknownCurrency):
        currency("XAU")
