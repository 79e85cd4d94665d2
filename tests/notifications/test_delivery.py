"""Messages reach their gateway at least once, by the same id, or are seen to be dead."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from tael import notifications
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings
from tael.notifications.sms import ATTEMPTS_MAX, deliver
from tael.sandbox.world import World, running_world

PHONE = "+8613800001234"


@pytest.fixture
def sealer(settings: Settings) -> Sealer:
    return settings.sealer()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running_world(tmp_path / "world") as running:
        yield running


async def queue(database: Database, sealer: Sealer, life: timedelta | None = None) -> UUID:
    sms = notifications.Sms(
        to=PHONE,
        template=notifications.Template.PIN_CHANGED,
        language="en",
        expires_at=machine_now() + life if life is not None else None,
    )
    async with database.write() as session:
        return await notifications.send_sms(session, sms, sealer=sealer, now=machine_now())


class Faulty:
    """A gateway that answers as it is told, and remembers who asked."""

    def __init__(self, *answers: BaseException | None) -> None:
        self.answers = list(answers)
        self.asked: list[UUID] = []

    async def send(self, message_id: UUID, to: str, text: str) -> None:
        assert (to, text[:14]) == (PHONE, "[Tael Wallet] ")
        self.asked.append(message_id)
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


async def make_due(owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE notifications_messages SET due_at = now() - interval '1 second'")


async def test_a_message_travels_over_http_to_the_phone_once(
    database: Database, sealer: Sealer, world: World, owner: asyncpg.Connection
) -> None:
    message_id = await queue(database, sealer)
    async with httpx.AsyncClient(trust_env=False) as client:
        gateway = notifications.HttpSmsGateway(f"{world.url}/sms/messages", client)
        assert await deliver(database, gateway, sealer) == 1
        assert await deliver(database, gateway, sealer) == 0
        # As after a crash between sending and recording: the same id again.
        await gateway.send(message_id, PHONE, "[Tael Wallet] again")
        shown = await client.get(f"{world.url}/sms/inbox", params={"to": "13800001234"})
    (message,) = shown.json()["messages"]
    assert message["text"].startswith("[Tael Wallet] Your payment PIN was changed")
    row = await owner.fetchrow("SELECT * FROM notifications_messages")
    assert (row["state"], row["to_sealed"], row["body_sealed"]) == ("sent", None, None)


async def test_nothing_is_sent_for_a_transaction_that_rolls_back(
    database: Database, sealer: Sealer
) -> None:
    sms = notifications.Sms(to=PHONE, template=notifications.Template.PIN_CHANGED, language="en")

    async def fail() -> None:
        async with database.write() as session:
            await notifications.send_sms(session, sms, sealer=sealer, now=machine_now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    gateway = Faulty()
    await deliver(database, gateway, sealer)
    assert gateway.asked == []


async def test_an_unsure_gateway_is_asked_again_with_the_same_id_later(
    database: Database, sealer: Sealer, owner: asyncpg.Connection
) -> None:
    message_id = await queue(database, sealer)
    gateway = Faulty(notifications.SmsUnsure("HTTP 503"))
    await deliver(database, gateway, sealer)
    assert await owner.fetchval("SELECT fault FROM notifications_messages") == "HTTP 503"
    # Not at once, but after a pause.
    assert await deliver(database, gateway, sealer) == 0
    await make_due(owner)
    assert await deliver(database, gateway, sealer) == 1
    assert gateway.asked == [message_id, message_id]
    assert await owner.fetchval("SELECT state FROM notifications_messages") == "sent"


async def test_what_the_gateway_rejects_is_dead_and_counted(
    database: Database, sealer: Sealer
) -> None:
    await queue(database, sealer)
    await deliver(database, Faulty(notifications.SmsRejected("HTTP 422")), sealer)
    async with database.read() as session:
        state = await notifications.delivery(session)
    assert (state.queued, state.dead) == (0, 1)


async def test_after_eight_unsure_answers_a_message_is_dead(
    database: Database, sealer: Sealer, owner: asyncpg.Connection
) -> None:
    await queue(database, sealer)
    gateway = Faulty(*[notifications.SmsUnsure("ConnectTimeout")] * ATTEMPTS_MAX)
    for _ in range(ATTEMPTS_MAX):
        await make_due(owner)
        await deliver(database, gateway, sealer)
    row = await owner.fetchrow("SELECT state, attempts, body_sealed FROM notifications_messages")
    assert (row["state"], row["attempts"], row["body_sealed"]) == ("dead", 8, None)


async def test_an_expired_code_is_not_sent(
    database: Database, sealer: Sealer, owner: asyncpg.Connection
) -> None:
    await queue(database, sealer, life=timedelta())
    gateway = Faulty()
    await deliver(database, gateway, sealer)
    assert gateway.asked == []
    assert await owner.fetchval("SELECT state FROM notifications_messages") == "expired"


async def test_a_worker_that_died_while_sending_leaves_its_message_to_the_next(
    database: Database, sealer: Sealer, owner: asyncpg.Connection
) -> None:
    message_id = await queue(database, sealer)

    with pytest.raises(asyncio.CancelledError):
        await deliver(database, Faulty(asyncio.CancelledError()), sealer)
    gateway = Faulty()
    assert await deliver(database, gateway, sealer) == 0  # The lease still runs.
    await make_due(owner)
    assert await deliver(database, gateway, sealer) == 1
    assert gateway.asked == [message_id]


async def test_two_workers_at_once_send_each_message_once(
    database: Database, sealer: Sealer
) -> None:
    queued = {await queue(database, sealer) for _ in range(45)}
    gateway = Faulty()
    counts = await asyncio.gather(*(deliver(database, gateway, sealer) for _ in range(3)))
    assert sum(counts) == 45
    assert sorted(gateway.asked) == sorted(queued)


async def test_the_http_gateway_tells_never_from_perhaps() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        status = int(request.url.path.removeprefix("/"))
        if status == 0:
            raise httpx.ConnectTimeout("")
        return httpx.Response(status)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        for status, outcome in (
            (200, None),
            (202, None),
            (400, notifications.SmsRejected),
            (404, notifications.SmsRejected),
            (408, notifications.SmsUnsure),
            (429, notifications.SmsUnsure),
            (500, notifications.SmsUnsure),
            (0, notifications.SmsUnsure),
        ):
            gateway = notifications.HttpSmsGateway(f"http://gateway/{status}", client)
            if outcome is None:
                await gateway.send(ids.new_id(), PHONE, "text")
                continue
            with pytest.raises(outcome) as told:
                await gateway.send(ids.new_id(), PHONE, "secret text")
            assert "secret" not in str(told.value)
            assert PHONE not in str(told.value)
