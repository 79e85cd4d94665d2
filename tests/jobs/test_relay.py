"""The outbox's relay: every event once, in one order, whatever commits late or fails."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import asyncpg
import pytest

from tael.jobs import relay
from tael.kernel import outbox
from tael.kernel.database import Database, WriteSession
from tael.kernel.outbox import Event, RecordedEvent, Subscriber

Fail = Callable[[int], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """Something that happened in a test."""

    topic: ClassVar[str] = "test.noted.v1"
    number: int


@pytest.fixture
async def table(owner: asyncpg.Connection) -> None:
    """What the follower of these tests writes: the number of each event."""
    await owner.execute(
        "CREATE TABLE notes (number integer); GRANT SELECT, INSERT ON notes TO tael_app"
    )


async def follower(database: Database, fails: Fail = lambda _number: False) -> Subscriber:
    async def receive(session: WriteSession, event: RecordedEvent) -> None:
        number = event.payload["number"]
        await session.execute("INSERT INTO notes VALUES ($1)", number)
        if fails(number):
            raise ValueError(f"number {number} is not taken")

    made = Subscriber("test.follower", frozenset({Noted.topic}), receive)
    await relay.register(database, made)
    return made


async def noted(owner: asyncpg.Connection) -> list[int]:
    return [row["number"] for row in await owner.fetch("SELECT number FROM notes ORDER BY ctid")]


async def tell(database: Database, *numbers: int) -> None:
    for number in numbers:
        async with database.write() as session:
            await outbox.emit(session, Noted(number=number))


async def let_pauses_end(owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE kernel_outbox_cursors SET retry_at = now() - interval '1 s'")


@pytest.mark.usefixtures("table")
async def test_an_event_that_commits_late_is_not_skipped(
    database: Database, owner: asyncpg.Connection
) -> None:
    """Its id is older than that of an event which was placed before it was there."""
    following = await follower(database)
    async with database.write() as slow:
        await outbox.emit(slow, Noted(number=1))
        await tell(database, 2)
        await relay.sequence(database)
        await relay.deliver(database, following)
        assert await noted(owner) == [2]
    await relay.sequence(database)
    await relay.deliver(database, following)
    assert await noted(owner) == [2, 1]


@pytest.mark.usefixtures("table")
async def test_an_event_that_fails_is_undone_alone_and_tried_again(
    database: Database, owner: asyncpg.Connection
) -> None:
    failing = {2}
    following = await follower(database, lambda number: number in failing)
    await tell(database, 1, 2, 3)
    await relay.sequence(database)
    await relay.deliver(database, following)
    assert await noted(owner) == [1]
    failing.clear()
    await let_pauses_end(owner)
    await relay.deliver(database, following)
    assert await noted(owner) == [1, 2, 3]
    await relay.deliver(database, following)
    assert await noted(owner) == [1, 2, 3], "an event took effect twice"


@pytest.mark.usefixtures("table")
async def test_an_event_that_nobody_can_take_is_parked_and_the_others_go_on(
    database: Database, owner: asyncpg.Connection
) -> None:
    following = await follower(database, lambda number: number == 1)
    await tell(database, 1, 2)
    await relay.sequence(database)
    for _ in range(relay.TRIES_MAX):
        await let_pauses_end(owner)
        await relay.deliver(database, following)
    assert await noted(owner) == [2]
    [parked] = await owner.fetch("SELECT subscriber, error FROM kernel_outbox_dead_letters")
    assert parked["subscriber"] == following.name
    assert "number 1" in parked["error"]


@pytest.mark.usefixtures("table")
async def test_what_rolls_back_is_told_to_nobody(
    database: Database, owner: asyncpg.Connection
) -> None:
    following = await follower(database)

    async def told_and_undone() -> None:
        async with database.write() as session:
            await outbox.emit(session, Noted(number=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await told_and_undone()
    await relay.sequence(database)
    await relay.deliver(database, following)
    assert await noted(owner) == []


@pytest.mark.usefixtures("table")
async def test_an_event_is_forgotten_a_month_after_everybody_has_had_it(
    database: Database, owner: asyncpg.Connection
) -> None:
    following = await follower(database)
    await tell(database, 1)
    await relay.sequence(database)
    await owner.execute(
        "UPDATE kernel_outbox SET recorded_at = recorded_at - $1::interval",
        relay.KEEP_EVENTS + timedelta(minutes=1),
    )
    await relay.purge(database)
    assert await owner.fetchval("SELECT count(*) FROM kernel_outbox") == 1, "not delivered yet"
    await relay.deliver(database, following)
    await relay.purge(database)
    assert await owner.fetchval("SELECT count(*) FROM kernel_outbox") == 0
