"""Who listens learns that the line is dead, and can always hang up."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from tael.http.live import LiveFeed
from tael.kernel.database import Database

CHANNEL = "tael_test"
PATIENCE_S = 10
NOBODY = UUID(int=0)


async def cut_the_lines(owner: asyncpg.Connection) -> None:
    """End every other connection to this database, as a restart of the server does."""
    await owner.execute(
        """
        SELECT pg_terminate_backend(pid)
        FROM pg_stat_activity
        WHERE datname = current_database()
          AND pid <> pg_backend_pid()
        """
    )


async def test_what_is_told_is_heard(database: Database, owner: asyncpg.Connection) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with database.listen(CHANNEL, heard.put_nowait):
        await owner.execute(f"NOTIFY {CHANNEL}, 'hello'")
        assert await asyncio.wait_for(heard.get(), PATIENCE_S) == "hello"


async def test_a_lost_line_is_told_and_left_in_peace(
    database: Database, owner: asyncpg.Connection
) -> None:
    async with database.listen(CHANNEL, lambda _payload: None) as lost:
        assert not lost.is_set()
        await cut_the_lines(owner)
        await asyncio.wait_for(lost.wait(), PATIENCE_S)


async def test_the_live_feed_hears_again_after_the_database_was_away(
    database: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tael.http.live.RECONNECT_PAUSE_S", 0.01)
    feed = LiveFeed(database)
    running = asyncio.create_task(feed.run())
    async with feed.screen(NOBODY) as woken:
        for _ in range(2):
            await asyncio.wait_for(woken.wait(), PATIENCE_S)
            woken.clear()
            await cut_the_lines(owner)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, PATIENCE_S)


async def test_a_live_feed_stops_when_told_even_as_its_line_dies(
    database: Database, owner: asyncpg.Connection
) -> None:
    running = asyncio.create_task(LiveFeed(database).run())
    await asyncio.sleep(0.2)
    await cut_the_lines(owner)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, PATIENCE_S)
