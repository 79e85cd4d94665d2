"""A whole bank of real processes on loopback, each of which can be killed, frozen, restarted.

PostgreSQL, the outside world, `tael worker` and any number of `tael serve`, with folders and
keys of their own. A keeper starts again whatever dies, as an init system would.
"""

import asyncio
import base64
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg

from campaign.client import Caller, Unanswered
from tael import customers, merchants
from tael.kernel import migrations
from tael.kernel.clock import business_now
from tael.kernel.database import AUDITOR_ROLE, Database, PoolSizes
from tael.kernel.settings import Settings
from tael.sandbox import PostgresServer, dies_with_us

LOOPBACK: Final = "127.0.0.1"
READY_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 25.0
RESTART_PAUSE_S: Final = 0.05
_POLL_S: Final = 0.05
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a bank is made of, and where faults may stand in its ways."""

    api: int = 1
    """How many `tael serve`."""
    worker: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further `TAEL_*` settings, e.g. timeouts."""
    database_url: Callable[[str], str] = lambda dsn: dsn
    """Where the processes find the database, e.g. behind a proxy."""
    switch_port: Callable[[int], int] = lambda port: port
    """Where the processes find the card switch, e.g. behind a proxy."""
    command: Callable[[str], Sequence[str]] = lambda name: (sys.executable, "-m", "tael", name)
    """How `tael NAME` is started, e.g. with a fault inside."""


class Child:
    """One process that is kept running."""

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.restarts = -1
        self.kept = True
        """Whether a death is followed by a start."""
        self.command = list(command)
        self.environment = dict(environment)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._ending = False
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    def start(self) -> None:
        """Start it, and again whenever it dies."""
        self._keeper = asyncio.create_task(self._keep(), name=f"keeper of {self.name}")

    def signal(self, number: signal.Signals) -> bool:
        """Signal it; whether it was there."""
        pid = self.pid
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    def freeze(self) -> None:
        """Have it stand still, with all its connections open."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    async def stop(self) -> None:
        """Ask it to end, and end it if it does not."""
        self._ending = True
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if self._keeper is None:
            return
        try:
            await asyncio.wait_for(asyncio.shield(self._keeper), STOP_TIMEOUT_S)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self._keeper

    async def _keep(self) -> None:
        with self._log.open("ab") as log:
            while not self._ending:
                if not self.kept and self.restarts >= 0:
                    await asyncio.sleep(_POLL_S)
                    continue
                self._process = await asyncio.create_subprocess_exec(
                    *dies_with_us(signal.SIGKILL),
                    *self.command,
                    env={**os.environ, **self.environment},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                self.restarts += 1
                await self._process.wait()
                await asyncio.sleep(RESTART_PAUSE_S)


@dataclass(slots=True)
class Bank:
    """The bank and its outside world, as a row looks at them."""

    folder: Path
    server: PostgresServer
    settings: Settings
    """As the processes have them; the database is reached directly, past any proxy."""
    ports: list[int]
    world_url_port: int
    world: Child
    worker: Child | None
    api: list[Child]
    database: Database
    """As the application, past any proxy."""
    auditor: Database
    """As the auditor: it can only read."""
    callers: list[Caller] = field(default_factory=list)
    """Whose connections end with the bank."""

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where the API listens."""
        return [(LOOPBACK, port) for port in self.ports]

    @property
    def children(self) -> list[Child]:
        """Every process but PostgreSQL."""
        return [*self.api, *([self.worker] if self.worker else []), self.world]

    async def backends(self) -> list[int]:
        """The server's processes that serve the bank's own; asked as the owner, who sees all."""
        owner = await asyncpg.connect(self.server.dsn)
        try:
            rows = await owner.fetch(
                """
                SELECT pid
                FROM pg_stat_activity
                WHERE backend_type = 'client backend'
                  AND application_name = 'tael'
                ORDER BY pid
                """
            )
        finally:
            await owner.close()
        return [row["pid"] for row in rows]

    async def kill_postgres(self, pid: int | None) -> None:
        """Kill the postmaster or a backend; returns when the server has hung up on everybody.

        Until then its orphans may go on answering, which must not count as being back.
        """
        canary = await asyncpg.connect(self.server.dsn)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not canary.is_closed():
            assert time.monotonic() < deadline, "the server outlived its death"
            await asyncio.sleep(_POLL_S / 5)

    async def ready(self, within_s: float = READY_TIMEOUT_S) -> float:
        """Wait until every API process serves; how long that took."""
        began = time.monotonic()
        for address in self.addresses:
            await until_ready(address, within_s)
        return time.monotonic() - began

    async def world_call(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Ask the outside world's control."""
        content = b"" if body is None else json.dumps(body).encode()
        async with asyncio.timeout(READY_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(LOOPBACK, self.world_url_port)
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: world\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
            )
            writer.write(head.encode() + content)
            answer = await reader.read()
            writer.close()
        _, _, found = answer.partition(b"\r\n\r\n")
        shown: dict[str, object] = json.loads(found)
        return shown


@asynccontextmanager
async def running_bank(
    folder: Path, shape: Shape | None = None, *, server: PostgresServer | None = None
) -> AsyncIterator[Bank]:
    """A bank with shops, open for business until the block ends. Logs are kept in `folder`.

    `server` is one that runs already, e.g. on a file system that fails.
    """
    shape = shape or Shape()
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, before anything runs
    async with AsyncExitStack() as stack:
        if server is None:
            server = await stack.enter_async_context(
                PostgresServer(folder / "state", gives_up=False)
            )
        await server.ensure_database()
        await migrations.upgrade(server.dsn)
        customers.use_limits(customers.load_limits(None))
        bank = await _compose(stack, folder, shape, server)
        for child in bank.children:
            child.start()
            stack.push_async_callback(child.stop)
        await _world_ready(bank)
        await bank.ready()
        try:
            yield bank
        finally:
            for caller in bank.callers:
                caller.hang_up()


async def _compose(
    stack: AsyncExitStack, folder: Path, shape: Shape, server: PostgresServer
) -> Bank:
    http_port, switch_port = free_port(), free_port()
    ports = [free_port() for _ in range(shape.api)]
    common = {
        **_keys(folder),
        "TAEL_DATABASE_URL": server.dsn,
        "TAEL_SANDBOX": "1",
        "TAEL_WORLD_URL": f"http://{LOOPBACK}:{http_port}",
        "TAEL_SMS_URL": f"http://{LOOPBACK}:{http_port}/sms/messages",
        "TAEL_PROOFING_URL": f"http://{LOOPBACK}:{http_port}/proofing/checks",
        "TAEL_CARD_VERIFICATION_URL": f"http://{LOOPBACK}:{http_port}",
        "TAEL_SWITCH_ADDRESS": f"{LOOPBACK}:{shape.switch_port(switch_port)}",
        "TAEL_SWITCH_TIMEOUT_S": "2",
        # Cheap on purpose: what a PIN costs is measured elsewhere.
        "TAEL_PIN_HASH_MEMORY_KIB": "64",
        "TAEL_PIN_HASH_ROUNDS": "1",
        **shape.settings,
    }
    settings = Settings.load(common)
    behind = {**common, "TAEL_DATABASE_URL": shape.database_url(server.dsn)}
    database = await Database.open(server.dsn, clock_moves=True, pools=PoolSizes(read=4, write=4))
    stack.push_async_callback(database.close)
    auditor = await Database.open(
        server.dsn, role=AUDITOR_ROLE, clock_moves=True, pools=PoolSizes(read=2, write=1)
    )
    stack.push_async_callback(auditor.close)
    async with database.write() as session:
        await merchants.seed(session, now=await business_now(session))
    world_command = [
        *(sys.executable, "-m", "tael.sandbox.world", "--dir", str(folder / "world")),
        *("--http-port", str(http_port), "--switch-port", str(switch_port)),
    ]
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    return Bank(
        folder=folder,
        server=server,
        settings=settings,
        ports=ports,
        world_url_port=http_port,
        world=Child("world", world_command, {}, logs / "world.log"),
        worker=(
            Child("worker", shape.command("worker"), behind, logs / "worker.log")
            if shape.worker
            else None
        ),
        api=[
            Child(
                f"serve {number}",
                shape.command("serve"),
                {**behind, "TAEL_PORT": str(port)},
                logs / f"serve-{number}.log",
            )
            for number, port in enumerate(ports, start=1)
        ],
        database=database,
        auditor=auditor,
    )


def _keys(folder: Path) -> dict[str, str]:
    """Keys of this bank's own, the same when it is started again on its folder."""
    path = folder / "keys.json"
    if not path.exists():
        made = {
            name: f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
            for name in ("TAEL_SEALING_KEYS", "TAEL_PIN_KEYS")
        }
        path.write_text(json.dumps(made), encoding="utf-8")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


async def _world_ready(bank: Bank) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while True:
        try:
            await bank.world_call("GET", "/books")
        except (OSError, ValueError):
            assert time.monotonic() < deadline, "the outside world did not start"
            await asyncio.sleep(_POLL_S)
        else:
            return


async def until_ready(address: tuple[str, int], within_s: float = READY_TIMEOUT_S) -> None:
    """Wait until the API at an address reaches its database."""
    deadline = time.monotonic() + within_s
    caller = Caller([address])
    while True:
        with suppress(Unanswered):
            reply = await caller.call("GET", "/health/ready", timeout_s=5)
            if reply.status == _OK:
                caller.hang_up()
                return
        assert time.monotonic() < deadline, f"the API at {address} is not ready after {within_s} s"
        await asyncio.sleep(_POLL_S)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
