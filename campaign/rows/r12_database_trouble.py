"""R12: a database that fails without dying: no false yes, an error soon, back by itself."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import asyncpg

from campaign import disk, invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.failing_server import FailingDisk, on_failing_disk
from campaign.load import Load, a_crowd
from campaign.plan import Counts, Plan, Row, RowResult
from tael.sandbox.postgres.leftovers import server_processes

ERROR_WITHIN_S: Final = 5.0
BACK_WITHIN_S: Final = 30.0
FROZEN_S: Final = 60.0
TROUBLE_S: Final = 8.0

Trouble = Callable[[Bank, FailingDisk], Awaitable[None]]


async def fsync_fails(_bank: Bank, failing: FailingDisk) -> None:
    """The next syncs fail and take with them what was to be synced; PostgreSQL restarts itself."""
    await failing.fail("fsync", 3)
    await asyncio.sleep(TROUBLE_S)
    await failing.fail(None)


async def disk_full(_bank: Bank, failing: FailingDisk) -> None:
    """Nothing can grow for a while."""
    await failing.fail("grow", 10**9)
    await asyncio.sleep(TROUBLE_S)
    await failing.fail(None)


async def pool_exhausted(bank: Bank, _failing: FailingDisk) -> None:
    """Somebody holds a lock that every write needs, so all connections are in use."""
    owner = await asyncpg.connect(bank.server.dsn)
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE kernel_idempotency IN ACCESS EXCLUSIVE MODE")
            await asyncio.sleep(TROUBLE_S)
    finally:
        await owner.close()


async def read_only(bank: Bank, _failing: FailingDisk) -> None:
    """The server comes back as a standby, which only reads, and is promoted later."""
    (bank.server.data_dir / "standby.signal").touch()
    for pid in server_processes(bank.server.data_dir):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + BACK_WITHIN_S
    while True:
        try:
            owner = await asyncpg.connect(bank.server.dsn, timeout=5)
            break
        except (OSError, asyncpg.PostgresError):
            assert time.monotonic() < deadline, "the standby did not come up"
            await asyncio.sleep(0.1)
    try:
        assert await owner.fetchval("SELECT pg_is_in_recovery()")
        await asyncio.sleep(TROUBLE_S)
        await owner.fetchval("SELECT pg_promote()")
    finally:
        await owner.close()


async def frozen(bank: Bank, _failing: FailingDisk) -> None:
    """Every process of the server stands still, and every connection stays open."""
    living = server_processes(bank.server.data_dir)
    try:
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(FROZEN_S)
    finally:
        for pid in living:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


CASES: Final[dict[str, Trouble]] = {
    "fsync fails with EIO": fsync_fails,
    "the disk is full": disk_full,
    "all connections are in use": pool_exhausted,
    "the database is read-only": read_only,
    "the database is frozen for 60 s": frozen,
}
ROW: Final = Row(
    "R12",
    goal="a failing database: no false yes, an error within 5 s, back by itself within 30 s",
    unit="cases",
    attempts=Counts(ci=len(CASES), release=20 * len(CASES)),
    budget_s=Counts(ci=240, release=10_800),
)


async def run(plan: Plan) -> RowResult:
    """Each trouble under load, and everything checked after it."""
    why_not = disk.missing()
    if why_not is not None:
        return plan.skip(why_not)
    folder = plan.folder / "bank"
    figures: dict[str, str] = {}
    async with (
        on_failing_disk(folder / "state") as failing,
        running_bank(folder, Shape(), server=failing.server) as bank,
    ):
        for attempt in plan.attempts():
            name = list(CASES)[(attempt.number - 1) % len(CASES)]
            load = await a_crowd(bank, seed=attempt.seed, people=16, with_cards=4)
            before = len(load.ledger.operations)
            failures, figures[name] = await _case(bank, failing, load, CASES[name])
            plan.note(f"{name}: {figures[name]}")
            plan.record(
                attempt,
                operations=len(load.ledger.operations) - before,
                failures=[f"{name}: {each}" for each in failures],
            )
    return plan.result(control=CONTROL, figures=figures)


CONTROL: Final = "the disk that loses what was not synced is shown to lose it in R3"


async def _case(
    bank: Bank, failing: FailingDisk, load: Load, trouble: Trouble
) -> tuple[list[str], str]:
    async with load.running() as told:
        await load.until(40)
        for person in told.people:
            person.caller.slowest_s = 0.0
        await trouble(bank, failing)
        began = time.monotonic()
        answered = load.answered
        await load.until(answered + 20, within_s=2 * BACK_WITHIN_S)
        back_s = time.monotonic() - began
        slowest_s = max(person.caller.slowest_s for person in told.people)
    failures = await invariants.check_all(bank, told)
    if back_s > BACK_WITHIN_S:
        failures.append(f"20 operations were answered only {back_s:.1f} s after it ended")
    if slowest_s > ERROR_WITHIN_S:
        failures.append(f"a call waited {slowest_s:.1f} s for its answer")
    return failures, f"slowest answer {slowest_s:.1f} s, back after {back_s:.1f} s"
