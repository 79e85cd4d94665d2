"""`tael log`: the transparency log's keys, checkpoints and witnesses."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from cyclopts import App

from tael import audit
from tael.cli import deployment, witness
from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.faults import OperatorFault
from tael.kernel.settings import Settings

app = App(name="log", help="The transparency log: keys, checkpoints, witnesses.")
app.command(witness.serve, name="witness")

OVERLAP_DAYS: Final = 30

_Result = TypeVar("_Result")


@app.command
def key(*, state_dir: Path = deployment.STATE_DIR) -> None:
    """Print every public key of the log, oldest first; the last signs now.

    Give it to `tael receipt verify --key`. A log without a key gets its first one.
    """

    async def ask(session: WriteSession, settings: Settings) -> list[str]:
        await audit.ensure_signer(
            session, settings.sealer(), origin=settings.log_name, now=machine_now()
        )
        return [str(one.verifier) for one in await audit.log_keys(session)]

    print("\n".join(_in_deployment(state_dir, ask)))


@app.command
def checkpoint(*, since: int | None = None, state_dir: Path = deployment.STATE_DIR) -> None:
    """Print the newest checkpoint: keep it, and nobody can change what came before.

    Parameters
    ----------
    since
        The size of a checkpoint that you kept: adds the proof that the newest follows it.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """

    async def ask(session: WriteSession, _: Settings) -> str:
        try:
            if since is not None:
                return await audit.growth_since(session, since)
            return (await audit.checkpoint(session)).note
        except audit.errors.NoCheckpoint:
            raise OperatorFault("The log has no such checkpoint yet; is the worker up?") from None

    print(_in_deployment(state_dir, ask), end="")


@app.command(name="rotate-key")
def rotate_key(*, overlap_days: int = OVERLAP_DAYS, state_dir: Path = deployment.STATE_DIR) -> None:
    """Let a new key sign from now on; the old one signs beside it for a while, then stops.

    Parameters
    ----------
    overlap_days
        How long both sign, so that who knows the old key can learn the new one.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    if overlap_days < 1:
        raise OperatorFault("The keys overlap for at least a day.")

    async def ask(session: WriteSession, settings: Settings) -> audit.LogKey:
        sealer, now = settings.sealer(), machine_now()
        await audit.ensure_signer(session, sealer, origin=settings.log_name, now=now)
        return await audit.rotate(session, sealer, now=now, overlap=timedelta(days=overlap_days))

    made = _in_deployment(state_dir, ask)
    print(made.verifier)
    print(made.announcement)


def _in_deployment(
    state_dir: Path, ask: Callable[[WriteSession, Settings], Awaitable[_Result]]
) -> _Result:
    home = state_dir.resolve()

    async def run() -> _Result:
        async with deployment.settings(home) as settings:
            database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
            try:
                async with database.write() as session:
                    return await ask(session, settings)
            finally:
                await database.close()

    return asyncio.run(run())
