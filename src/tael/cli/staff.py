"""`tael staff`: who works here. The operator gives and takes log-ins; nothing here moves money."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar

from cyclopts import App, Parameter
from rich.table import Table

from tael import identity, staff
from tael.cli import deployment
from tael.cli.lines import console
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.refusals import Refusal
from tael.kernel.settings import Settings

app = App(name="staff", help="The people of the bank who use the console.")

OPERATOR: Final = staff.Actor(None)
Result = TypeVar("Result")
Roles = Annotated[list[staff.Role], Parameter(negative="", consume_multiple=True)]


@app.command
def add(
    login: str,
    *,
    role: Roles,
    name: str | None = None,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Give somebody a log-in; prints a password for one sign-in, within three days.

    Parameters
    ----------
    login
        What the person types: small letters, digits, dots, dashes, underscores.
    role
        clerk (proposes), checker (decides), auditor (looks), administrator; may be repeated.
    name
        The person's name as colleagues see it. Asked for when it is not given.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    called = name or input("Name: ").strip()
    password = staff.generate_password()

    async def act(session: WriteSession, hasher: identity.PinHasher) -> None:
        staff_id = staff.StaffId(ids.new_id())
        hashed = await staff.choose_password(hasher, staff_id, password, login=login, name=called)
        new = staff.NewColleague(
            staff_id=staff_id, login=login, name=called, roles=frozenset(role), password=hashed
        )
        await staff.add_colleague(session, new, OPERATOR, now=machine_now())

    _run(act, state_dir)
    _show_password(login, password)


@app.command(name="list")
def list_(*, state_dir: Path = deployment.STATE_DIR) -> None:
    """Show everybody who has or had a log-in."""

    async def act(session: WriteSession, _hasher: identity.PinHasher) -> list[staff.Colleague]:
        return await staff.colleagues(session)

    table = Table(box=None, padding=(0, 2))
    for heading in ("log-in", "name", "roles", "state"):
        table.add_column(heading)
    for who in _run(act, state_dir):
        state = "must choose a password" if who.password_change_due else "in use"
        state = "disabled" if who.disabled_at else state
        table.add_row(who.login, who.name, ", ".join(sorted(who.roles)), state)
    console().print(table)


@app.command
def disable(
    login: str, *, reason: str | None = None, state_dir: Path = deployment.STATE_DIR
) -> None:
    """Keep somebody out from now on; what is open under the log-in ends at once."""
    why = reason or input("Why: ").strip()

    async def act(session: WriteSession, _hasher: identity.PinHasher) -> None:
        await staff.disable(session, login, OPERATOR, reason=why, now=machine_now())

    _run(act, state_dir)
    print(f"{login} is disabled; every session has ended.")


@app.command
def roles(login: str, *, role: Roles, state_dir: Path = deployment.STATE_DIR) -> None:
    """Give somebody other roles; they count from the next request on."""

    async def act(session: WriteSession, _hasher: identity.PinHasher) -> None:
        await staff.set_roles(session, login, frozenset(role), OPERATOR)

    _run(act, state_dir)
    print(f"{login} is now: {', '.join(sorted(role))}.")


@app.command
def reset_password(login: str, *, state_dir: Path = deployment.STATE_DIR) -> None:
    """Print a new password for one sign-in; the old one and every session end."""
    password = staff.generate_password()

    async def act(session: WriteSession, hasher: identity.PinHasher) -> None:
        who = await staff.by_login(session, login)
        hashed = await staff.choose_password(
            hasher, who.staff_id, password, login=login, name=who.name
        )
        new = staff.NewPassword(who.staff_id, hashed, given=True)
        await staff.store_password(session, new, OPERATOR, now=machine_now())

    _run(act, state_dir)
    _show_password(login, password)


def _show_password(login: str, password: str) -> None:
    print(f"log-in    {login}")
    print(f"password  {password}")
    print("It is shown this once, is good for one sign-in within three days, and the person")
    print("chooses a password then.")


Act = Callable[[WriteSession, identity.PinHasher], Awaitable[Result]]


def _run(act: Act[Result], state_dir: Path) -> Result:
    try:
        return asyncio.run(_acted(act, state_dir.resolve()))
    except Refusal as refusal:
        sys.exit(f"tael: {refusal.meaning()}")


async def _acted(act: Act[Result], state_dir: Path) -> Result:
    async with deployment.settings(state_dir) as settings:
        return await with_database(settings, act)


async def with_database(settings: Settings, act: Act[Result]) -> Result:
    """Run this in one transaction of its own, with the hasher of the deployment."""
    hasher = identity.PinHasher.of(settings)
    database = await Database.open(settings.database_url, clock_moves=settings.sandbox)
    try:
        async with database.write() as session:
            return await act(session, hasher)
    finally:
        await database.close()
