"""Many runs in a process of its own: `python -m simulation.many SEED…`; a line of JSON for each.

The campaign's row R9 starts as many of these as there are processors.
"""

import asyncio
import itertools
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from simulation.bank import Bank, open_bank
from simulation.run import Banks, Tally, shrink, simulate
from tael.kernel import logs, migrations
from tael.sandbox import PostgresServer

TEMPLATE: Final = "tael_template"


def banks_of(server: PostgresServer, folder: Path) -> Banks:
    """Banks over fresh databases of one server, copied from a template."""
    numbers = itertools.count(1)

    @asynccontextmanager
    async def opened() -> AsyncIterator[Bank]:
        name = f"simulation_{next(numbers)}"
        admin = await asyncpg.connect(server.dsn_of("postgres"))
        try:
            await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
            async with open_bank(server.dsn_of(name), folder / name) as bank:
                yield bank
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        finally:
            await admin.close()

    def again() -> AbstractAsyncContextManager[Bank]:
        return opened()

    return again


async def play(server: PostgresServer, folder: Path, seeds: list[int]) -> None:
    """Every seed, one after the other; what fails is shrunk before it is told."""
    await server.ensure_database(TEMPLATE)
    await migrations.upgrade(server.dsn_of(TEMPLATE))
    banks = banks_of(server, folder)
    waiting = list(seeds)
    while waiting:
        tally = Tally()
        failure = await simulate(banks, waiting, tally, told=_passed)
        waiting = waiting[tally.runs :]
        if failure is not None:
            shortest = await shrink(banks, failure)
            _tell(failure.seed, len(failure.steps), str(shortest))


def _passed(seed: int, steps: int) -> None:
    _tell(seed, steps, None)


def _tell(seed: int, steps: int, failure: str | None) -> None:
    line = json.dumps({"seed": seed, "steps": steps, "failure": failure}, ensure_ascii=False)
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the seeds of the command line."""
    logs.configure()
    with tempfile.TemporaryDirectory(prefix="tael-simulation-") as folder:
        Path(folder).chmod(0o711)
        with PostgresServer(Path(folder) / "state") as server:
            asyncio.run(play(server, Path(folder), [int(seed) for seed in sys.argv[1:]]))


if __name__ == "__main__":
    main()
