"""R9: seeded random customers against an independent model of the bank."""

import asyncio
import json
import os
import sys
from typing import Final

from campaign.plan import Attempt, Counts, Plan, Row, RowResult
from campaign.planted import ROOT

PROCESSES: Final = 2
RUNS_A_PROCESS: Final = 25
ROW: Final = Row(
    "R9",
    goal="random customers over the public API: every outcome, list, filter and page as the model",
    unit="runs of 50 steps",
    attempts=Counts(ci=500, release=50_000),
    budget_s=Counts(ci=420, release=36_000),
)
CONTROL: Final = (
    "planted bugs that the simulation notices are marked with this row in tests/planted"
)


async def run(plan: Plan) -> RowResult:
    """Two processes, each with a PostgreSQL of its own, play seed after seed."""
    waiting = list(plan.attempts())
    sets = [waiting[at : at + RUNS_A_PROCESS] for at in range(0, len(waiting), RUNS_A_PROCESS)]
    seats = asyncio.Semaphore(PROCESSES)

    async def one(some: list[Attempt]) -> None:
        async with seats:
            if plan.seconds_left <= 0:
                plan.stop_early()
                return
            await _play(plan, some)

    await asyncio.gather(*(one(some) for some in sets))
    return plan.result(control=CONTROL, figures={"steps a run": "50"})


async def _play(plan: Plan, some: list[Attempt]) -> None:
    by_seed = {attempt.seed: attempt for attempt in some}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulation.many", *map(str, by_seed)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "tests"), str(ROOT / "src")))},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 20,
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            told = json.loads(line)
            failures = [told["failure"]] if told["failure"] else []
            attempt = by_seed.pop(told["seed"])
            plan.record(attempt, operations=told["steps"], failures=failures)
            if plan.seconds_left <= 0:
                plan.stop_early()
                return
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    if by_seed:
        plan.note(f"FAILED a process of the simulation ended early: {process.returncode}")
        for attempt in by_seed.values():
            plan.record(attempt, failures=[f"seed {attempt.seed} was not played to its end"])
