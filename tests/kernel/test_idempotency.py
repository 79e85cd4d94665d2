"""Keys and replies against a real database: who waits, who takes over, what is forgotten when."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from tael.jobs import relay
from tael.kernel import idempotency
from tael.kernel.database import Database
from tael.kernel.idempotency import (
    LEASE,
    Claim,
    InProgress,
    Key,
    KeyReused,
    Reply,
    answer,
    begin,
    claim,
    find,
    let_go,
    store,
)
from tael.kernel.ids import new_id

DONE = Reply(201, b"done")


def a_key(request: bytes = b"one", scope: UUID | None = None, operation: str = "test") -> Key:
    return Key.of(scope=scope or new_id(), operation=operation, key="k" * 8, request=request)


async def aged(owner: asyncpg.Connection, by: timedelta) -> None:
    """Let this much time have passed for every key."""
    await owner.execute(
        "UPDATE kernel_idempotency SET recorded_at = recorded_at - $1::interval,"
        " leased_until = leased_until - $1::interval",
        by,
    )


def test_a_key_is_of_its_owner_and_its_operation() -> None:
    one = a_key()
    assert a_key(scope=one.scope).digest == one.digest
    assert a_key(b"two", scope=one.scope).digest == one.digest
    assert a_key(b"two", scope=one.scope).request_hash != one.request_hash
    assert a_key(scope=one.scope, operation="other").digest != one.digest
    assert a_key().digest != one.digest


async def test_another_request_under_the_key_is_refused_by_each_way(database: Database) -> None:
    key = a_key()
    other = a_key(b"two", scope=key.scope)
    async with database.write() as session:
        await store(session, [(key, DONE)])
    async with database.write() as session:
        found = await find(session, [key, other])
        assert found[key] == DONE
        assert isinstance(found[other], KeyReused)
        with pytest.raises(KeyReused):
            await claim(session, other)


async def test_a_reply_is_kept_only_if_its_effect_is(database: Database) -> None:
    key = a_key()

    async def kept_and_undone() -> None:
        async with database.write() as session:
            await store(session, [(key, DONE)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await kept_and_undone()
    async with database.read() as session:
        assert await find(session, [key]) == {}


async def test_a_twin_waits_for_the_first_and_gets_its_reply(database: Database) -> None:
    key = a_key()
    claimed = asyncio.Event()

    async def first() -> None:
        async with database.write() as session:
            assert (await claim(session, key)).reply is None
            claimed.set()
            await asyncio.sleep(0.1)
            await answer(session, key, DONE)

    async def twin() -> Claim:
        await claimed.wait()
        async with database.write() as session:
            return await claim(session, key)

    _, found = await asyncio.gather(first(), twin())
    assert found == Claim(reply=DONE)


async def test_a_twin_that_waited_too_long_is_told_to_ask_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "TWIN_WAIT_MS", 50)
    key = a_key()
    async with database.write() as first:
        await claim(first, key)
        with pytest.raises(InProgress):
            async with database.write() as twin:
                await claim(twin, key)
        await answer(first, key, DONE)


async def test_work_of_several_transactions_keeps_its_key_until_its_lease_ends(
    database: Database, owner: asyncpg.Connection
) -> None:
    key, subject = a_key(), new_id()
    async with database.write() as session:
        await claim(session, key)
        await begin(session, key, subject)
    with pytest.raises(InProgress):
        async with database.write() as session:
            await claim(session, key)
    await aged(owner, LEASE)
    async with database.write() as session:
        assert await claim(session, key) == Claim(reply=None, subject=subject)
    with pytest.raises(InProgress):
        async with database.write() as session:
            await claim(session, key)


async def test_work_that_was_let_go_is_taken_over_at_once(database: Database) -> None:
    key, subject = a_key(), new_id()
    async with database.write() as session:
        await claim(session, key)
        await begin(session, key, subject)
        await let_go(session, key)
    async with database.write() as session:
        assert await claim(session, key) == Claim(reply=None, subject=subject)


async def test_what_has_its_reply_is_not_let_go(database: Database) -> None:
    key = a_key()
    async with database.write() as session:
        await claim(session, key)
        await answer(session, key, DONE)
        await let_go(session, key)
    async with database.write() as session:
        assert await claim(session, key) == Claim(reply=DONE)


async def test_replies_are_kept_for_a_day_at_least_and_forgotten_some_day(
    database: Database, owner: asyncpg.Connection
) -> None:
    key = a_key()
    async with database.write() as session:
        await store(session, [(key, DONE)])
    await aged(owner, timedelta(hours=24, minutes=1))
    await relay.purge(database)
    async with database.read() as session:
        assert await find(session, [key]) == {key: DONE}
    await aged(owner, relay.KEEP_EVENTS)
    await relay.purge(database)
    async with database.read() as session:
        assert await find(session, [key]) == {}


async def test_a_key_whose_work_is_unfinished_is_never_forgotten(
    database: Database, owner: asyncpg.Connection
) -> None:
    key, subject = a_key(), new_id()
    async with database.write() as session:
        await claim(session, key)
        await begin(session, key, subject)
    await aged(owner, 2 * relay.KEEP_EVENTS)
    await relay.purge(database)
    async with database.write() as session:
        assert await claim(session, key) == Claim(reply=None, subject=subject)
