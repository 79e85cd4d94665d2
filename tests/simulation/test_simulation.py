"""Seeded random customers against the bank and an independent model of it.

`TAEL_SIMULATION_RUNS` and `TAEL_SIMULATION_SEED` choose more runs or other ones,
`TAEL_SIMULATION_STEPS` the steps of one that is replayed; with `TAEL_SIMULATION_SHRINK=0` a
failure is told as it came. The campaign's row R9 plays 500.
"""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from simulation.bank import Bank, open_bank
from simulation.run import Banks, Tally, play_run, shrink, simulate
from simulation.steps import STEPS
from tael.sandbox import PostgresServer

SEED: Final = int(os.environ.get("TAEL_SIMULATION_SEED", "1"))
RUNS: Final = int(os.environ.get("TAEL_SIMULATION_RUNS", "5"))
SHRINKS: Final = os.environ.get("TAEL_SIMULATION_SHRINK", "1") == "1"
KEPT: Final = os.environ.get("TAEL_SIMULATION_STEPS", "")


@pytest.fixture
def banks(server: PostgresServer, template: str, tmp_path: Path) -> Banks:
    """Banks over fresh databases."""
    numbers = itertools.count(1)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Bank]:
        name = f"simulation_{os.getpid()}_{next(numbers)}"
        admin = await asyncpg.connect(server.dsn_of("postgres"))
        try:
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            async with open_bank(server.dsn_of(name), tmp_path / name) as bank:
                yield bank
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            await admin.close()

    def again() -> AbstractAsyncContextManager[Bank]:
        return opened()

    return again


@pytest.mark.skipif(bool(KEPT), reason="one run is replayed")
async def test_the_bank_does_what_the_model_says(banks: Banks) -> None:
    tally = Tally()
    failure = await simulate(banks, range(SEED, SEED + RUNS), tally)
    if failure is not None:
        shown = await shrink(banks, failure) if SHRINKS else failure
        pytest.fail(str(shown), pytrace=False)
    assert tally.runs == RUNS
    assert len(tally.steps) > len(STEPS) // 2, "a run tries little"


@pytest.mark.skipif(not KEPT, reason="TAEL_SIMULATION_STEPS names no steps")
async def test_replay(banks: Banks) -> None:
    async with banks() as bank:
        _, failure = await play_run(bank, SEED, [int(number) for number in KEPT.split(",")])
    if failure is not None:
        pytest.fail(str(failure), pytrace=False)
