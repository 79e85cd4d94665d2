"""A database that fails without dying: whoever asks is told within seconds, and it comes back."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import asyncpg
import pytest

from tael.kernel import database as kernel_database
from tael.kernel import pulse
from tael.kernel.committer import Committer
from tael.kernel.database import Database, PoolSizes, WriteSession
from tael.kernel.refusals import DatabaseAway, Overloaded
from tael.sandbox import PostgresServer
from tael.sandbox.postgres.leftovers import server_processes

_LOSSES = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)


@contextmanager
def _frozen(server: PostgresServer) -> Iterator[None]:
    living = server_processes(server.data_dir)
    try:
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def test_a_database_that_stands_still_is_noticed_and_comes_back_by_itself(
    server: PostgresServer, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "PULSE_EVERY_S", 0.05)
    monkeypatch.setattr(pulse, "_TICK_S", 0.05)
    opened = await Database.open(database_url)
    try:
        async with opened.read() as session:
            await session.fetchval("SELECT 1")
        with _frozen(server):
            # Who is in the middle of something is hung up on …
            with pytest.raises(_LOSSES):
                async with opened.read() as session:
                    await session.fetchval("SELECT 2")
            # … and who comes now is not kept waiting.
            with pytest.raises(DatabaseAway):
                async with opened.write() as session:
                    raise AssertionError("there is no connection to be had")
        async with asyncio.timeout(30):
            while True:
                with suppress(DatabaseAway, *_LOSSES):
                    async with opened.read() as session:
                        assert await session.fetchval("SELECT 3") == 3
                        break
                await asyncio.sleep(0.05)
    finally:
        await opened.close()


async def test_who_finds_all_connections_in_use_is_told_to_ask_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_database, "ACQUIRE_TIMEOUT_S", 0.05)
    opened = await Database.open(database_url, pools=PoolSizes(read=1, write=1))
    try:
        async with opened.write():
            with pytest.raises(Overloaded) as refused:
                async with opened.write():
                    raise AssertionError("the only connection is in use")
        assert refused.value.details == {"retry_after_s": 1}
        async with opened.write() as session:
            assert await session.fetchval("SELECT 1") == 1
    finally:
        await opened.close()


@pytest.mark.parametrize(
    "unable", [asyncpg.ReadOnlySQLTransactionError, asyncpg.DiskFullError, asyncpg.PostgresIOError]
)
async def test_a_database_that_cannot_write_blames_no_command(
    database: Database, unable: type[asyncpg.PostgresError]
) -> None:
    sets: list[int] = []

    async def use_case(_session: WriteSession, commands: Sequence[int]) -> list[str]:
        sets.append(len(commands))
        raise unable("not now")

    committer = Committer(database, use_case, name="test")
    told = await asyncio.gather(*(committer.submit(n) for n in range(4)), return_exceptions=True)
    assert [type(each) for each in told] == [DatabaseAway] * 4
    assert sum(sets) == 4, "nobody looks for a culprit by halving the set"
    await committer.close()
