"""R14: back up, destroy, restore: to the end of the archive, and to a chosen moment."""

import asyncio
import os
import shutil
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from campaign import invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.load import Act, Ledger, a_crowd
from campaign.plan import Counts, Plan, Row, RowResult
from tael.kernel import ids
from tael.sandbox import PostgresServer, archive_now

ROW: Final = Row(
    "R14",
    goal="backup → destroy → restore: nothing archived is lost; and to a chosen transfer",
    unit="restores",
    attempts=Counts(ci=2, release=10),
    budget_s=Counts(ci=100, release=7_200),
)
RESTORE_WITHIN_S: Final = 15 * 60
BEFORE: Final = 200
AFTER: Final = 100


async def run(plan: Plan) -> RowResult:
    """Odd attempts restore all that was archived, even ones up to a chosen transfer."""
    took = []
    for attempt in plan.attempts():
        folder = plan.folder / f"bank-{attempt.number}"
        shutil.rmtree(folder, ignore_errors=True)
        to_a_moment = attempt.number % 2 == 0
        told, failures, seconds = await _one(folder, attempt.seed, to_a_moment=to_a_moment)
        took.append(seconds)
        plan.record(attempt, operations=len(told.operations), failures=failures)
    shown = {"restores took": ", ".join(f"{each:.1f} s" for each in took) or "none"}
    control = (
        "transfers after the chosen one are gone from that restore, and a backup with a changed "
        "byte is refused by pg_verifybackup"
    )
    return plan.result(control=control, figures=shown)


async def _one(folder: Path, seed: int, *, to_a_moment: bool) -> tuple[Ledger, list[str], float]:
    state, kept = folder / "state", folder / "backup"
    failures: list[str] = []
    async with running_bank(folder, Shape()) as bank:
        load = await a_crowd(bank, seed=seed, people=12, with_cards=0)
        async with load.running() as told:
            await load.until(BEFORE // 2)
            await _tael("db", "backup", kept, "--state-dir", state)
            await load.until(BEFORE)
        chosen = len(told.operations)
        await asyncio.sleep(0.05)
        moment = datetime.now(UTC)
        await asyncio.sleep(0.05)
        async with load.running():
            await load.until(BEFORE + AFTER)
        await archive_now(bank.server.socket_dir)
        failures += await invariants.acknowledged(bank, told)
    shutil.rmtree(state)
    began = time.monotonic()
    words = ["--to", moment.isoformat()] if to_a_moment else []
    await _tael("db", "restore", kept, "--state-dir", state, *words)
    seconds = time.monotonic() - began
    if seconds > RESTORE_WITHIN_S:
        failures.append(f"the restore took {seconds:.0f} s")
    if to_a_moment:
        del told.operations[chosen:]
    failures += await _as_it_was(folder, state, told)
    failures += await _refuses(kept, state)
    return told, failures, seconds


async def _as_it_was(folder: Path, state: Path, told: Ledger) -> list[str]:
    """A bank on the restored state has all that was acknowledged by then and nothing else."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(PostgresServer(state))
        bank = await stack.enter_async_context(running_bank(folder, Shape(), server=server))
        _move_callers(bank, told)
        return [
            *await invariants.books(bank),
            *await invariants.acknowledged(bank, told),
            *await invariants.balances(bank, told),
            *await invariants.replays(told),
            *await _last_transfer(told),
        ]


def _move_callers(bank: Bank, told: Ledger) -> None:
    for person in told.people:
        person.caller.move(bank.addresses)


async def _last_transfer(told: Ledger) -> list[str]:
    """The last transfer before the moment can be seen by its payer."""
    last = [each for each in told.operations if each.act is Act.TRANSFER and each.moved][-1]
    seen = await last.person.get(last.see_path)
    ids.parse("trf", seen["transfer"])
    return []


async def _refuses(kept: Path, state: Path) -> list[str]:
    """Nothing is overwritten, and a copy that was changed is not used."""
    failures = []
    code, told = await _try("db", "restore", kept, "--state-dir", state)
    if code == 0 or "nothing is overwritten" not in told:
        failures.append(f"a restore over a database was not refused: {told[-300:]}")
    _change_a_byte(kept)
    code, told = await _try("db", "restore", kept, "--state-dir", state.with_name("other"))
    if code == 0 or "pg_verifybackup failed" not in told:
        failures.append(f"a changed copy was not refused: {told[-300:]}")
    return failures


def _change_a_byte(kept: Path) -> None:
    [base] = [each for each in kept.glob("base-*") if each.is_dir()]
    victim = max((base / "base").rglob("*"), key=lambda each: each.stat().st_size)
    with victim.open("r+b") as file:
        file.seek(100)
        byte = file.read(1)
        file.seek(100)
        file.write(bytes([byte[0] ^ 1]))


async def _tael(*words: str | Path) -> None:
    code, told = await _try(*words)
    assert code == 0, f"tael {' '.join(map(str, words))}: {told[-1000:]}"


async def _try(*words: str | Path) -> tuple[int, str]:
    """A command of the operator's; its exit status and what it said."""
    environment = {name: value for name, value in os.environ.items() if name[:5] != "TAEL_"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tael", *map(str, words)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode(errors="replace")
