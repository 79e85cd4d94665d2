import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import select

from tael.kernel import migrations, rate_limits
from tael.kernel.clock import advance, business_now, machine_now
from tael.kernel.database import Database, DatabaseUnusable, WriteSession
from tael.kernel.idempotency import (
    Claim,
    Key,
    KeyReused,
    Reply,
    TwinRaced,
    answer,
    claim,
    find,
    store,
)
from tael.kernel.ids import new_id
from tael.kernel.model import RateLimit
from tael.kernel.refusals import TooMany


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    await asyncio.gather(migrations.upgrade(database_url), migrations.upgrade(database_url))


async def test_the_application_acts_in_its_own_role(database: Database) -> None:
    async with database.read() as session:
        assert await session.fetchval("SELECT current_user") == "tael_app"


async def test_the_business_clock_goes_forward(database: Database) -> None:
    async with database.write() as session:
        later = await advance(session, timedelta(days=2))
    assert later - machine_now() > timedelta(days=1, hours=23)
    async with database.read() as session:
        assert await business_now(session) >= later


async def test_a_composed_statement_runs(database: Database) -> None:
    async with database.write() as session:
        await rate_limits.take(session, "a", limit=1, window_s=3600, now=machine_now())
    statement = select(RateLimit.count).where(RateLimit.count.in_([1, 2]), RateLimit.count > 0)
    async with database.read() as session:
        assert [row["count"] for row in await session.rows(statement)] == [1]


async def test_a_rate_limit_counts_its_window(database: Database) -> None:
    async with database.write() as session:
        for _ in range(3):
            await rate_limits.take(session, "a", limit=3, window_s=3600, now=machine_now())
        with pytest.raises(TooMany):
            await rate_limits.take(session, "a", limit=3, window_s=3600, now=machine_now())
        await rate_limits.take(session, "b", limit=3, window_s=3600, now=machine_now())


async def test_a_wrong_database_is_one_clear_line() -> None:
    with pytest.raises(DatabaseUnusable) as refused:
        await Database.open("postgresql://postgres@127.0.0.1:1/none")
    assert "\n" not in str(refused.value)
    assert "No database answers" in str(refused.value)


async def test_a_claimed_key_is_answered_once_and_replayed(database: Database) -> None:
    key = Key.of(scope=new_id(), operation="test", key="k" * 8, request=b"one")
    async with database.write() as session:
        assert await claim(session, key) == Claim(reply=None)
        await answer(session, key, Reply(201, b"done"))
    async with database.write() as session:
        assert (await claim(session, key)).reply == Reply(201, b"done")
    other = Key.of(scope=key.scope, operation="test", key="k" * 8, request=b"two")
    with pytest.raises(KeyReused):
        async with database.write() as session:
            await claim(session, other)


async def test_who_answers_a_key_second_gets_the_reply_that_stands(database: Database) -> None:
    key = Key.of(scope=new_id(), operation="test", key="k" * 8, request=b"one")
    async with database.write() as session:
        await claim(session, key)
        assert await answer(session, key, Reply(201, b"first")) == Reply(201, b"first")
    async with database.write() as session:
        assert await answer(session, key, Reply(201, b"second")) == Reply(201, b"first")


async def test_a_batch_that_raced_a_twin_is_told(database: Database) -> None:
    key = Key.of(scope=new_id(), operation="test", key="k" * 8, request=b"one")
    async with database.write() as session:
        assert await find(session, [key]) == {}
        await store(session, [(key, Reply(201, b"done"))])
    with pytest.raises(TwinRaced):
        async with database.write() as session:
            await store(session, [(key, Reply(201, b"again"))])
    async with database.read() as session:
        assert await find(session, [key]) == {key: Reply(201, b"done")}


async def test_what_goes_on_behind_is_committed_with_the_rest(
    database: Database, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "CREATE TABLE marks (n integer PRIMARY KEY); GRANT ALL ON marks TO tael_app"
    )

    async def mark(session: WriteSession, *numbers: int) -> None:
        for number in numbers:
            await session.execute("INSERT INTO marks VALUES ($1)", number)

    async with database.write() as session:
        await session.behind(mark(session, 1, 2))
        await session.behind(mark(session, 3))
        # A statement that asks later runs later: it sees what went before.
        assert await session.fetchval("SELECT count(*) FROM marks") >= 1
    assert await owner.fetchval("SELECT array_agg(n ORDER BY n) FROM marks") == [1, 2, 3]


@pytest.mark.parametrize("then", ["nothing", "a statement", "a savepoint"])
async def test_what_goes_wrong_behind_undoes_the_transaction(
    database: Database, owner: asyncpg.Connection, then: str
) -> None:
    await owner.execute(
        "CREATE TABLE marks (n integer PRIMARY KEY); GRANT ALL ON marks TO tael_app"
    )

    async def twice(session: WriteSession) -> None:
        await session.execute("INSERT INTO marks VALUES (1)")
        await session.execute("INSERT INTO marks VALUES (1)")

    async def marked() -> None:
        async with database.write() as session:
            await session.behind(twice(session))
            if then == "a statement":
                await session.settled()
            if then == "a savepoint":
                async with session.savepoint():
                    pass

    with pytest.raises(asyncpg.UniqueViolationError):
        await marked()
    assert await owner.fetchval("SELECT count(*) FROM marks") == 0


async def test_a_transaction_that_fails_waits_for_what_goes_on_behind(
    database: Database, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "CREATE TABLE marks (n integer PRIMARY KEY); GRANT ALL ON marks TO tael_app"
    )

    async def mark(session: WriteSession) -> None:
        for number in range(100):
            await session.execute("INSERT INTO marks VALUES ($1)", number)

    async def failing() -> None:
        async with database.write() as session:
            await session.behind(mark(session))
            raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        await failing()
    assert await owner.fetchval("SELECT count(*) FROM marks") == 0
    async with database.write() as session:
        await session.behind(mark(session))
    assert await owner.fetchval("SELECT count(*) FROM marks") == 100
