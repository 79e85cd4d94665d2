"""The replies of a set stand and fall with what the set did."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import pytest

from tael.http.batching import Batched
from tael.kernel.database import Database, WriteSession
from tael.kernel.idempotency import Key, KeyReused, find
from tael.kernel.ids import new_id
from tael.kernel.refusals import Advice, InvalidRequest, Overloaded, Refusal, TooMany, WriteRefused

ADVICE = {Advice.NEVER: InvalidRequest, Advice.NEW_KEY: TooMany, Advice.SAME_KEY: Overloaded}


@pytest.fixture
async def table(owner: asyncpg.Connection) -> None:
    """What the use case writes: a number twice is refused only when it commits."""
    await owner.execute(
        """
        CREATE TABLE marks (number integer, UNIQUE (number) DEFERRABLE INITIALLY DEFERRED);
        GRANT SELECT, INSERT ON marks TO tael_app;
        """
    )


async def mark(
    session: WriteSession, numbers: Sequence[int], _now: datetime
) -> Sequence[int | Refusal]:
    """Write each number down twice if it is odd, so that the commit fails."""
    for number in numbers:
        await session.execute("INSERT INTO marks VALUES ($1)", number)
        if number % 2:
            await session.execute("INSERT INTO marks VALUES ($1)", number)
    return list(numbers)


def a_key(request: bytes = b"one") -> Key:
    return Key.of(scope=new_id(), operation="test", key="k" * 8, request=request)


@pytest.mark.usefixtures("table")
async def test_a_reply_stands_and_falls_with_its_effect(
    database: Database, owner: asyncpg.Connection
) -> None:
    marking = Batched(database, mark, lambda number: b"%d" % number, name="test")
    good, bad = a_key(), a_key()
    assert (await marking.submit(good, 2, request_id=None)).body == b"2"
    with pytest.raises(WriteRefused):
        await marking.submit(bad, 3, request_id=None)
    async with database.read() as session:
        assert set(await find(session, [good, bad])) == {good}
    assert [row["number"] for row in await owner.fetch("SELECT number FROM marks")] == [2]


@pytest.mark.usefixtures("table")
async def test_a_key_that_comes_twice_in_a_set_is_settled_once(database: Database) -> None:
    marking = Batched(database, mark, lambda number: b"%d" % number, name="test")
    key = a_key()
    other = Key.of(scope=key.scope, operation="test", key="k" * 8, request=b"two")
    first = await marking.submit(key, 4, request_id=None)
    assert await marking.submit(key, 4, request_id=None) == first
    with pytest.raises(KeyReused):
        await marking.submit(other, 6, request_id=None)


@pytest.mark.parametrize("advice", list(Advice))
async def test_what_is_refused_is_kept_unless_the_same_key_is_advised(
    database: Database, advice: Advice
) -> None:
    asked: list[int] = []

    async def refuse(
        _session: WriteSession, numbers: Sequence[int], _now: datetime
    ) -> Sequence[int | Refusal]:
        asked.extend(numbers)
        return [ADVICE[advice]() for _ in numbers]

    refusing = Batched(database, refuse, lambda number: b"%d" % number, name="test")
    key = a_key()
    for _ in range(2):
        if advice is Advice.SAME_KEY:
            with pytest.raises(Overloaded):
                await refusing.submit(key, 1, request_id="r")
        else:
            await refusing.submit(key, 1, request_id="r")
    async with database.read() as session:
        kept = await find(session, [key])
    assert bool(kept) == (advice is not Advice.SAME_KEY)
    assert len(asked) == (2 if advice is Advice.SAME_KEY else 1)
