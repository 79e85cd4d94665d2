"""The disk that loses power: what was synced is there, what was not is gone."""

import asyncio
import tempfile
from pathlib import Path

import asyncpg
import pytest
from campaign import disk
from campaign.failing_server import FailingDisk, on_failing_disk

pytestmark = pytest.mark.skipif(disk.missing() is not None, reason=disk.missing() or "")

ROWS = 300


async def _connected(failing: FailingDisk) -> asyncpg.Connection:
    while True:
        try:
            return await asyncpg.connect(failing.server.dsn, timeout=5)
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.05)


async def _acknowledged_and_found(failing: FailingDisk) -> tuple[int, int]:
    """Insert one by one, cut the power, count."""
    connection = await _connected(failing)
    await connection.execute("DROP TABLE IF EXISTS t; CREATE TABLE t (n integer PRIMARY KEY)")
    for number in range(ROWS):
        await connection.execute("INSERT INTO t VALUES ($1)", number)
    await failing.power_cut()
    connection.terminate()
    connection = await _connected(failing)
    found = await connection.fetchval("SELECT count(*) FROM t")
    await connection.close()
    return ROWS, found


async def test_a_power_cut_loses_nothing_that_was_synced_and_the_control_does() -> None:
    with tempfile.TemporaryDirectory(prefix="tael-disk-") as folder:
        Path(folder).chmod(0o711)
        async with on_failing_disk(Path(folder) / "state") as failing:
            acknowledged, found = await _acknowledged_and_found(failing)
            assert found == acknowledged

            owner = await _connected(failing)
            await owner.execute("ALTER DATABASE tael SET synchronous_commit = off")
            await owner.close()
            acknowledged, found = await _acknowledged_and_found(failing)
            assert found < acknowledged, "the positive control"


async def test_a_disk_that_is_full_or_fails_says_so() -> None:
    with tempfile.TemporaryDirectory(prefix="tael-disk-") as folder:
        Path(folder).chmod(0o711)
        async with on_failing_disk(Path(folder) / "state") as failing:
            connection = await _connected(failing)
            await connection.execute("CREATE TABLE t (n integer)")
            await failing.fail("grow", 10**6)
            with pytest.raises(asyncpg.DiskFullError):
                await connection.execute(
                    "INSERT INTO t SELECT n FROM generate_series(1, 100000) AS n"
                )
            await failing.fail(None)
            assert await connection.fetchval("SELECT count(*) FROM t") == 0
            await connection.close()
