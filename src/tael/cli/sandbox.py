"""`tael sandbox`: the movable clock, the SMS inbox, the outside world's faults, a fresh start."""

import asyncio
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import httpx
from cyclopts import App
from rich.console import Console

from tael.cli import deployment, sandbox_inbox
from tael.cli.deployment import Running
from tael.kernel.clock import SHANGHAI, advance, business_now, machine_now
from tael.kernel.database import Database
from tael.sandbox import move_world

app = App(name="sandbox", help="What only the sandbox has: clock, inbox, faults, a fresh start.")
app.command(sandbox_inbox.inbox)

_STATE: Final = ("postgres", "world", "run", "keys.json", "running.json")
_console = Console(highlight=False)


@app.command
def clock(*, days: int = 0, hours: int = 0, minutes: int = 0) -> None:
    """Show the bank's time, or move it forward: limits reset, codes and holds expire.

    Parameters
    ----------
    days
        Days to move forward.
    hours
        Hours to move forward.
    minutes
        Minutes to move forward.
    """
    by = timedelta(days=days, hours=hours, minutes=minutes)
    if by < timedelta():
        sys.exit("tael: the business clock never goes back")
    asyncio.run(_clock(by))


async def _clock(by: timedelta) -> None:
    async with deployment.settings() as settings:
        if not settings.sandbox:
            sys.exit("tael: only a sandbox's clock moves")
        database = await Database.open(settings.database_url, clock_moves=True)
        try:
            async with database.write() as session:
                now = await advance(session, by) if by else await business_now(session)
            running = Running.load(deployment.STATE_DIR)
            if running is not None:
                async with httpx.AsyncClient(base_url=running.world_url, trust_env=False) as world:
                    await move_world(world, now - machine_now())
        finally:
            await database.close()
    _console.print(f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S} in Shanghai")


@app.command
def switch(
    mode: Literal["approve", "decline", "delay", "timeout", "twice", "drop"],
    *,
    card: str | None = None,
    count: int = 1,
    seconds: float = 2.0,
) -> None:
    """Have the other bank's card switch misbehave for the next requests.

    Parameters
    ----------
    mode
        What it shall do.
    card
        Only for this card: its number or last four digits.
    count
        For how many requests.
    seconds
        How long a delay takes.
    """
    running = Running.load(deployment.STATE_DIR)
    if running is None:
        sys.exit("tael: the sandbox is not up: run `make up`")
    asked = {"mode": mode, "card": card, "count": count, "seconds": seconds}
    answer = httpx.post(f"{running.world_url}/control", json=asked, trust_env=False)
    answer.raise_for_status()
    _console.print(f"The next {count} request(s): {mode}.")


@app.command
def settlement(
    mistake: Literal["missing", "extra", "amount", "duplicate", "late"],
    *,
    reference: str | None = None,
) -> None:
    """Have the switch make a mistake in today's settlement file.

    Parameters
    ----------
    mistake
        What is wrong: a line left out, invented, of another amount, twice, or a day late.
    reference
        In which line: its retrieval reference; by itself the first.
    """
    running = Running.load(deployment.STATE_DIR)
    if running is None:
        sys.exit("tael: the sandbox is not up: run `make up`")
    asked = {"kind": mistake, "reference": reference}
    answer = httpx.post(f"{running.world_url}/settlement/plants", json=asked, trust_env=False)
    answer.raise_for_status()
    _console.print(f"The switch's file of {answer.json()['day']} will have it: {mistake}.")


@app.command
def reset(*, yes: bool = False, state_dir: Path = deployment.STATE_DIR) -> None:
    """Forget everything that the sandbox's bank and its outside world hold.

    Parameters
    ----------
    yes
        Do it without asking.
    state_dir
        The sandbox's state directory.
    """
    if Running.load(state_dir) is not None:
        sys.exit("tael: the sandbox is up: stop it first")
    if not yes and input(f"Forget the bank in {state_dir}? [y/N] ").strip().lower() != "y":
        sys.exit("tael: nothing was changed")
    for name in _STATE:
        path = state_dir / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    _console.print("Forgotten. `make up` begins anew.")
