"""`tael up`: the whole bank on this machine, for trying and for developing.

One command starts the database, the outside world, the worker and the app, seeds shops and
people, prints the log-ins, and keeps all of it running until it is stopped.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.table import Table

from tael import merchants
from tael.cli import deployment, people
from tael.cli.deployment import Running
from tael.cli.journey import Refused
from tael.http import APP_DIR
from tael.kernel import migrations
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.sandbox import PostgresServer, PostgresUnavailable, dies_with_us, move_world

READY_TIMEOUT_S: Final = 30
STOP_TIMEOUT_S: Final = 25
RESTART_PAUSE_S: Final = 1.0

_console = Console(highlight=False)
_PLAIN: Final[dict[str, Any]] = {"title_justify": "left", "box": None, "padding": (0, 2)}


@dataclass(frozen=True, slots=True)
class _World:
    http_port: int
    switch_port: int

    def environment(self) -> dict[str, str]:
        """Where the world's ends are, for whoever speaks to them."""
        base = f"http://127.0.0.1:{self.http_port}"
        return {
            "TAEL_WORLD_URL": base,
            "TAEL_SMS_URL": f"{base}/sms/messages",
            "TAEL_PROOFING_URL": f"{base}/proofing/checks",
            "TAEL_CARD_VERIFICATION_URL": base,
            "TAEL_SETTLEMENT_URL": f"{base}/settlement",
            "TAEL_SWITCH_ADDRESS": f"127.0.0.1:{self.switch_port}",
        }


def up(*, port: int = 8000, state_dir: Path = deployment.STATE_DIR, seed: bool = True) -> None:
    """Run the sandbox bank on http://localhost:PORT until Ctrl-C.

    Parameters
    ----------
    port
        Where the app listens, on loopback.
    state_dir
        Where the bank keeps its database and keys. Remove it to start anew.
    seed
        Open the wallets of the people whose log-ins are printed.
    """
    asyncio.run(_up(port, state_dir.resolve(), seed=seed))


def _say(line: str) -> None:
    _console.print(f"[dim]{line}[/]")


async def _up(port: int, state_dir: Path, *, seed: bool) -> None:
    async with running(port, state_dir, report=_say) as (bank, stopped):
        if seed:
            with _console.status("Opening the wallets of the sandbox's people…"):
                try:
                    await people.seed(bank.url)
                except (Refused, TimeoutError) as fault:
                    _console.print(f"[yellow]Not all log-ins below work: {fault}[/]")
        _welcome(bank)
        await stopped.wait()
        _console.print("Stopping: finishing what is in hand…")


@asynccontextmanager
async def running(
    port: int, state_dir: Path, *, report: Callable[[str], None] = lambda _line: None
) -> AsyncIterator[tuple[Running, asyncio.Event]]:
    """A sandbox bank that serves, and the event that is set when it is asked to stop."""
    _refuse_taken(port)
    async with AsyncExitStack() as stack:
        database_url = os.environ.get("TAEL_DATABASE_URL")
        if database_url is None:
            server = await stack.enter_async_context(PostgresServer(state_dir, report=report))
            await server.ensure_database()
            database_url = server.dsn
        await migrations.upgrade(os.environ.get("TAEL_MIGRATOR_DATABASE_URL") or database_url)
        await _open_shops(database_url)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        world = await _start_world(stack, state_dir)
        await _set_calendar(database_url, world)
        environment = {
            **os.environ,
            **deployment.keys(state_dir),
            **world.environment(),
            "TAEL_DATABASE_URL": database_url,
            "TAEL_SANDBOX": "1",
            "TAEL_HOST": "127.0.0.1",
            "TAEL_PORT": str(port),
        }
        await people.seed_staff(Settings.load(environment))
        for name in ("worker", "serve"):
            await stack.enter_async_context(_kept_running(name, environment, stopped))
        bank = Running(
            pid=os.getpid(),
            url=f"http://localhost:{port}",
            world_url=world.environment()["TAEL_WORLD_URL"],
        )
        await _until_ready(bank.url, stopped)
        bank.save(state_dir)
        yield bank, stopped


async def _open_shops(database_url: str) -> None:
    """Take on the shops of the sandbox."""
    database = await Database.open(database_url, clock_moves=True)
    try:
        async with database.write() as session:
            await merchants.seed(session, now=await business_now(session))
    finally:
        await database.close()


async def _set_calendar(database_url: str, world: _World) -> None:
    """Bring the outside world's calendar to the bank's business clock."""
    database = await Database.open(database_url, clock_moves=True)
    try:
        async with database.read() as session:
            ahead = await business_now(session) - machine_now()
    finally:
        await database.close()
    url = world.environment()["TAEL_WORLD_URL"]
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        await move_world(client, ahead)


def _refuse_taken(port: int) -> None:
    """Say at once, and in one line, that somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise PostgresUnavailable(
                f"port {port} is taken ({fault.strerror}): choose another, `tael up --port 8100`"
            ) from fault


async def _start_world(stack: AsyncExitStack, state_dir: Path) -> _World:
    """Start the outside world; it ends when our end of its standard input closes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tael.sandbox.world",
        "--dir",
        str(state_dir / "world"),
        "--while-stdin",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    stack.push_async_callback(_end, process)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), READY_TIMEOUT_S)
    ready = json.loads(line)
    return _World(ready["http_port"], ready["switch_port"])


@asynccontextmanager
async def _kept_running(
    name: str, environment: Mapping[str, str], stopped: asyncio.Event
) -> AsyncIterator[None]:
    """Run `tael NAME` as a child, and again when it dies, until the block ends."""
    keeper = asyncio.create_task(_keep(name, environment, stopped), name=f"keeper of {name}")
    try:
        yield
    finally:
        stopped.set()
        await keeper


async def _keep(name: str, environment: Mapping[str, str], stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        process = await asyncio.create_subprocess_exec(
            *dies_with_us(signal.SIGTERM),
            sys.executable,
            "-m",
            "tael",
            name,
            env=environment,
            start_new_session=True,
        )
        ending = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(stopped.wait())
        await asyncio.wait({ending, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not stopped.is_set():
            _console.print(
                f"[yellow]`tael {name}` ended ({process.returncode}); starting it again[/]"
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), RESTART_PAUSE_S)
            continue
        await _end(process)
        await ending


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask a child to stop, and end it if it does not."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until_ready(url: str, stopped: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        for _ in range(READY_TIMEOUT_S * 10):
            if stopped.is_set():
                raise KeyboardInterrupt
            with suppress(httpx.HTTPError):
                if (await client.get("/api/health/ready")).is_success:
                    return
            await asyncio.sleep(0.1)
    raise PostgresUnavailable(f"the app did not become ready within {READY_TIMEOUT_S} seconds")


def _welcome(bank: Running) -> None:
    """Tell the person where to go and who they can be."""
    table = Table(title="Log-ins of the sandbox", **_PLAIN)
    for heading in ("phone", "PIN", "who"):
        table.add_column(heading)
    for person in people.PEOPLE:
        table.add_row(person.phone, person.pin, person.who)
    _console.print()
    _console.print(f"[bold]Tael is at [link={bank.url}]{bank.url}[/link][/bold]")
    if not (APP_DIR / "index.html").is_file():
        _console.print("[yellow]The web app is not built: run `make up`, which builds it.[/]")
    staff = Table(title=f"The bank's console: {bank.url}/staff", **_PLAIN)
    for heading in ("log-in", "password", "who"):
        staff.add_column(heading)
    for colleague in people.STAFF:
        staff.add_row(colleague.login, colleague.password, f"{colleague.name}, {colleague.role}")
    _console.print()
    _console.print(table)
    _console.print()
    _console.print(staff)
    _console.print()
    _console.print("SMS codes appear in the app, and with `tael sandbox inbox`. Any other number")
    _console.print("opens a new wallet. Cards, IDs and shops to try: docs/guides/sandbox.md")
    _console.print("Ctrl-C stops it; what you did stays in the state directory.")
