"""Typed sessions over PostgreSQL: what may only read, and what may write.

A use case takes a session and never opens, commits or rolls back: the edge does
(`http/`, `cli/`, `jobs/` and the committer). A `WriteSession` is one transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import asyncpg
import orjson
from asyncpg.protocol import protocol as _arrays
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

from tael.kernel.faults import OperatorFault
from tael.kernel.pulse import Pulse
from tael.kernel.refusals import DatabaseAway, Overloaded

APPLICATION_ROLE: Final = "tael_app"
AUDITOR_ROLE: Final = "tael_auditor"
SERVER_VERSION_MIN: Final = 150_000

STATEMENT_TIMEOUT_MS: Final = 30_000
LOCK_TIMEOUT_MS: Final = 2_000
IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 30_000
CONNECT_TIMEOUT_S: Final = 4
ACQUIRE_TIMEOUT_S: Final = 2
"""How long to wait for a connection of the pool that others are using."""

CONNECTION_FAULTS: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError)
"""What connecting can raise; `explain` makes one line of each."""

_DIALECT: Final = asyncpg_dialect.dialect()  # type: ignore[no-untyped-call]  # untyped upstream

# The driver asks of each element of an array whether it is an array too, by three abstract base
# classes: a fifth of all that a process does that posts money. We send lists and tuples only.
_arrays.IterableABC = _arrays.SizedABC = (list, tuple, set, frozenset)
_arrays.MappingABC = dict

_Untyped: TypeAlias = Any
"""What asyncpg gives: it ships no types, and this file is where that ends."""

Row: TypeAlias = asyncpg.Record
"""A row as the driver gives it: by column name. Queries turn it into their own dataclass."""


class DatabaseUnusable(OperatorFault):
    """The database cannot be used, with the one line that tells the operator why."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg is untyped
    def get_reset_query(self) -> str:
        """Nothing to reset on release: we set no session state, and a round trip costs."""
        return ""


class ReadSession:
    """A connection to read from, and by its type nothing else.

    What need not be of this very instant may one day be read from a replica.
    """

    __slots__ = ("_connection", "clock_moves")

    def __init__(self, connection: _Untyped, *, clock_moves: bool) -> None:
        self._connection = connection
        self.clock_moves = clock_moves
        """Whether this bank is a sandbox, whose business clock a person may move."""

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        """Run a statement with `$1` parameters and return its rows."""
        rows: list[Row] = await self._connection.fetch(sql, *arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: object) -> Row | None:
        """Run a statement and return its first row, if any."""
        row: Row | None = await self._connection.fetchrow(sql, *arguments)
        return row

    async def fetchval(self, sql: str, *arguments: object) -> _Untyped:
        """Run a statement and return the first column of its first row, if any."""
        return await self._connection.fetchval(sql, *arguments)

    async def rows(self, statement: Select[Any]) -> list[Row]:
        """Run a statement that was composed with SQLAlchemy Core: for filters that vary."""
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        positions = compiled.positiontup or []
        return await self.fetch(compiled.string, *(compiled.params[name] for name in positions))


class WriteSession(ReadSession):
    """One open transaction. Reads in it see its own writes.

    Writes whose outcome nobody waits for can go on `behind` the caller: the server works on
    them while he prepares what follows. Statements run one at a time, in the order in which
    they ask, and the transaction ends after the last.
    """

    __slots__ = ("_behind", "_fault", "_turn")

    def __init__(self, connection: _Untyped, *, clock_moves: bool) -> None:
        super().__init__(connection, clock_moves=clock_moves)
        self._behind: list[asyncio.Task[None]] = []
        self._fault: Exception | None = None
        self._turn = asyncio.Lock()

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        """Run a statement with `$1` parameters and return its rows."""
        async with self._in_turn():
            return await super().fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: object) -> Row | None:
        """Run a statement and return its first row, if any."""
        async with self._in_turn():
            return await super().fetchrow(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: object) -> _Untyped:
        """Run a statement and return the first column of its first row, if any."""
        async with self._in_turn():
            return await super().fetchval(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> str:
        """Run a statement for its effect; returns the command tag, e.g. `UPDATE 3`."""
        async with self._in_turn():
            tag: str = await self._connection.execute(sql, *arguments)
        return tag

    async def executemany(self, sql: str, arguments: Sequence[Sequence[object]]) -> None:
        """Run a statement once for each row of arguments. For sets, prefer arrays."""
        async with self._in_turn():
            await self._connection.executemany(sql, arguments)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What happens inside is undone by an exception; the transaction lives on."""
        await self.settled()
        async with self._connection.transaction():
            yield
            await self.settled()

    async def behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a write go on; returns when its first statement is on its way to the server.

        What goes wrong with it is raised by the next statement, or when the transaction ends.
        """
        self._behind.append(asyncio.create_task(self._carry(work)))
        # Once round the event loop to come to the statement, once more to send it.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def settled(self) -> None:
        """Wait for all that goes on behind; raises the first fault of it."""
        while self._behind:
            await self._behind[0]
            del self._behind[0]
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    @asynccontextmanager
    async def ending(self) -> AsyncIterator[None]:
        """See to it that nothing goes on behind when the transaction ends, well or badly."""
        try:
            yield
            await self.settled()
        except BaseException as fault:
            if isinstance(fault, Exception):
                self._fault = self._fault or fault
            else:
                for task in self._behind:
                    task.cancel()
            await asyncio.gather(*self._behind, return_exceptions=True)
            raise

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        async with self._turn:
            if self._fault is not None:
                raise self._fault
            yield

    async def _carry(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as fault:  # noqa: BLE001 - raised to whoever comes next
            self._fault = self._fault or fault


class RehearsalSession(WriteSession):
    """A transaction that is never committed: what happens in it shows what would happen."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSizes:
    """How many connections one process holds for reading and for writing."""

    read: int = 8
    write: int = 8


class Database:
    """The pools of one process. Only edges hold one."""

    def __init__(
        self, readers: _Untyped, writers: _Untyped, *, pulse: Pulse, clock_moves: bool
    ) -> None:
        self._readers = readers
        self._writers = writers
        self._pulse = pulse
        self._clock_moves = clock_moves

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        role: str = APPLICATION_ROLE,
        clock_moves: bool = False,
        pools: PoolSizes | None = None,
    ) -> "Database":
        """Connect as `role`; raises `DatabaseUnusable` with one line that says what is wrong."""
        sizes = pools or PoolSizes()

        async def connect() -> _Untyped:
            return await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)

        pulse = Pulse(connect)
        writers = await _pool(url, pulse, role=role, size=sizes.write, read_only=False)
        try:
            readers = await _pool(url, pulse, role=role, size=sizes.read, read_only=True)
        except BaseException:
            await writers.close()
            raise
        pulse.start()
        return cls(readers, writers, pulse=pulse, clock_moves=clock_moves)

    async def close(self) -> None:
        """Wait for what runs, then hang up."""
        await self._readers.close()
        await self._writers.close()
        await self._pulse.stop()

    @asynccontextmanager
    async def _taken(self, pool: _Untyped) -> AsyncIterator[_Untyped]:
        """A connection of the pool, given back at the end.

        Refuses `kernel.database_away` when the database has stopped answering, and
        `kernel.overloaded` when all connections are in use for too long.
        """
        if self._pulse.has_stopped():
            raise DatabaseAway(retry_after_s=1)
        try:
            connection = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        except TimeoutError:
            refusal = DatabaseAway if self._pulse.has_stopped() else Overloaded
            raise refusal(retry_after_s=1) from None
        try:
            yield connection
        finally:
            await pool.release(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadSession]:
        """Read, each statement in its own snapshot."""
        async with self._taken(self._readers) as connection:
            yield ReadSession(connection, clock_moves=self._clock_moves)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[ReadSession]:
        """Read several statements that see one and the same instant."""
        async with (
            self._taken(self._readers) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield ReadSession(connection, clock_moves=self._clock_moves)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """One transaction: committed at the end, rolled back by an exception."""
        async with self._taken(self._writers) as connection, connection.transaction():
            session = WriteSession(connection, clock_moves=self._clock_moves)
            async with session.ending():
                yield session

    @asynccontextmanager
    async def rehearse(self) -> AsyncIterator[RehearsalSession]:
        """One transaction that is rolled back at the end, whatever happens in it."""
        async with self._taken(self._writers) as connection:
            undone = connection.transaction()
            await undone.start()
            try:
                session = RehearsalSession(connection, clock_moves=self._clock_moves)
                async with session.ending():
                    yield session
            finally:
                await undone.rollback()

    @asynccontextmanager
    async def listen(
        self, channel: str, hear: Callable[[str], None]
    ) -> AsyncIterator[asyncio.Event]:
        """Call `hear(payload)` for each notification on a channel, on a connection of its own.

        The event that comes back is set when the connection is lost: nothing is heard after.
        """
        lost = asyncio.Event()
        async with self._taken(self._readers) as connection:

            def relay(_connection: object, _pid: int, _channel: str, payload: str) -> None:
                hear(payload)

            def lose(_connection: object) -> None:
                lost.set()

            connection.add_termination_listener(lose)
            await connection.add_listener(channel, relay)
            try:
                yield lost
            finally:
                # Not handed back: hanging up waits for nothing, so it cannot hide why we leave.
                # (A lost connection the pool has taken from us already.)
                with suppress(asyncpg.InterfaceError):
                    connection.terminate()


async def _pool(url: str, pulse: Pulse, *, role: str, size: int, read_only: bool) -> _Untyped:
    settings = {
        "application_name": "tael",
        "role": role,
        "timezone": "UTC",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
        "default_transaction_read_only": "on" if read_only else "off",
    }

    async def prepare(connection: _Untyped) -> None:
        await _prepare(connection)
        pulse.watch(connection)

    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            server_settings=settings,
            connection_class=_Connection,
            init=prepare,
            timeout=CONNECT_TIMEOUT_S,
        )
        async with pool.acquire() as connection:
            version = int(await connection.fetchval("SHOW server_version_num"))
    except CONNECTION_FAULTS as fault:
        raise DatabaseUnusable(explain(fault, role=role)) from fault
    try:
        refuse_old(version)
    except DatabaseUnusable:
        await pool.close()
        raise
    return pool


def refuse_old(version: int) -> None:
    """Raise `DatabaseUnusable` for a server (its `server_version_num`) that is too old."""
    if version < SERVER_VERSION_MIN:
        raise DatabaseUnusable(
            f"PostgreSQL {version // 10_000} is too old: Tael needs {SERVER_VERSION_MIN // 10_000}"
            " or newer."
        )


async def _prepare(connection: _Untyped) -> None:
    """Let jsonb columns take and give Python values."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda stored: orjson.loads(stored[1:]),
    )


def explain(fault: BaseException, *, role: str) -> str:
    """One line for the operator on why the database cannot be used."""
    match fault:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            return f"The database refused the log-in: {fault}. Check TAEL_DATABASE_URL."
        case asyncpg.InvalidCatalogNameError():
            return f"The database does not exist: {fault}. Create it, then run `tael db upgrade`."
        case asyncpg.InvalidParameterValueError() | asyncpg.UndefinedObjectError():
            return f'The role "{role}" does not exist: run `tael db upgrade` as the owner.'
        case asyncpg.InsufficientPrivilegeError():
            return f'The log-in may not act as "{role}": run `GRANT {role} TO` that log-in.'
        case OSError() | TimeoutError():
            return (
                f"No database answers at TAEL_DATABASE_URL: {str(fault) or type(fault).__name__}."
            )
        case _:
            return f"The database cannot be used: {str(fault).splitlines()[0]}."
