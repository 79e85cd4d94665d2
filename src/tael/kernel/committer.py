"""The committer: commands of one use case that arrive together are settled together.

It knows no domain. While one set commits, what arrives becomes the next set: there is no
timer, so a lone command waits for nobody and a crowd shares one commit. A use case decides
each command of its set in order and returns an outcome for each; refusals are outcomes, so
one refused command never fails its neighbours.

What can still go wrong, and what happens then:

* another transaction was in the way (deadlock, twin): the set runs again;
* one keeps a lock for too long: nothing was written, all get `kernel.overloaded`;
* the database cannot write at all: nothing was written, all get `kernel.database_away`;
* the database or an assertion refuses the write: nothing was written, the set is halved
  until the culprit stands alone; it gets `kernel.write_refused` and an alarm is logged;
* the connection is lost before the commit was sent: nothing was written, the set runs again;
* it is lost after: the answers are looked up by `recover`, and only what is not there runs
  again; whoever still has no answer is told `kernel.outcome_unknown`, to ask with the same key.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeAlias, TypeVar

import asyncpg
import structlog

from tael.kernel import telemetry
from tael.kernel.database import Database, WriteSession
from tael.kernel.idempotency import TwinRaced
from tael.kernel.refusals import Advice, DatabaseAway, Overloaded, Refusal, WriteRefused

Command = TypeVar("Command")
Outcome = TypeVar("Outcome")

UseCase: TypeAlias = Callable[[WriteSession, Sequence[Command]], Awaitable[Sequence[Outcome]]]
Recover: TypeAlias = Callable[
    [WriteSession, Sequence[Command]], Awaitable[Sequence[Outcome | None]]
]

BATCH_MAX: Final = 1_000
"""The most commands that share one transaction. Larger sets save nothing more: the callers of
one set are answered, and ask again, while the server works on the next."""
BULK_MAX: Final = 8_000
"""The most commands that one caller may hand over at once: a set of their own."""
ANSWERED_AT_ONCE: Final = 64
"""The most callers that are woken before the event loop looks at the server again."""
QUEUE_MAX: Final = 10_000
"""The most commands that wait; who comes later is refused and may ask again."""
RERUNS_MAX: Final = 5
"""How often a set runs again because another transaction was in its way."""
RECONNECTS_MAX: Final = 5
RECONNECT_FIRST_S: Final = 0.05
"""The wait before the first try to reconnect; it doubles, so that all take a second and
a half, and looking a lost commit up three: nobody waits five seconds for an error."""
CULPRITS_MAX: Final = 8
"""With more culprits in one set than this, it is not a command that is wrong but we."""

_log = structlog.get_logger("tael.committer")

_CONNECTION_LOST: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    OSError,
)
_IN_THE_WAY: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, TwinRaced)
_TOO_SLOW: Final = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)
_UNABLE: Final = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
)
"""The database cannot write for anybody now (a full disk, a standby): no command is to blame."""


class OutcomeUnknown(Refusal):
    """We could not find out whether this was done: ask again with the same key."""

    code = "kernel.outcome_unknown"
    advice = Advice.SAME_KEY


class _CommitLost(Exception):
    """The connection went away after the commit was sent."""


class Committer(Generic[Command, Outcome]):
    """Settles the commands of one use case in sets, one transaction a set.

    `recover` is handed the commands of a set whose commit was not answered, and returns the
    outcome of each that was written, None for the others.
    """

    def __init__(
        self,
        database: Database,
        use_case: UseCase[Command, Outcome],
        *,
        name: str,
        recover: Recover[Command, Outcome] | None = None,
        max_batch: int = BATCH_MAX,
        max_queue: int = QUEUE_MAX,
    ) -> None:
        self._database = database
        self._use_case = use_case
        self._recover = recover
        self._name = name
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._waiting: deque[tuple[Command, asyncio.Future[Outcome]]] = deque()
        self._bulks: deque[tuple[Sequence[Command], asyncio.Future[list[Outcome | _Refused]]]] = (
            deque()
        )
        self._runner: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._closed = False

    async def submit(self, command: Command) -> Outcome:
        """Settle one command with whatever else is waiting, and return its outcome.

        Refuses `kernel.overloaded` when the queue is full or closing, else what the
        module's docstring lists. A caller who stops waiting changes nothing: his command
        is settled all the same, and so are his neighbours'.
        """
        self._admit(1)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, future))
        self._start()
        return await future

    async def submit_many(self, commands: Sequence[Command]) -> list[Outcome | Refusal]:
        """Settle up to `BULK_MAX` commands as a set of their own; their outcomes in order.

        What `submit` would raise for a command stands in its place. Refuses
        `kernel.overloaded` as `submit` does; then none of them was taken.
        """
        assert len(commands) <= BULK_MAX, "a bulk has a limit"
        if not commands:
            return []
        self._admit(len(commands))
        future: asyncio.Future[list[Outcome | _Refused]] = (
            asyncio.get_running_loop().create_future()
        )
        self._bulks.append((commands, future))
        self._start()
        return [
            outcome.refusal if isinstance(outcome, _Refused) else outcome
            for outcome in await future
        ]

    async def close(self) -> None:
        """Take no more, and settle what was taken."""
        self._closed = True
        if self._runner is not None:
            await asyncio.shield(self._runner)
        await asyncio.gather(*self._answering)

    def _admit(self, commands: int) -> None:
        """Refuse what the queue has no room for: a bulk waits for those before it as well."""
        ahead = len(self._waiting) + sum(len(bulk) for bulk, _ in self._bulks)
        if self._closed or ahead + commands > max(self._max_queue, commands):
            raise Overloaded(retry_after_s=1)

    def _start(self) -> None:
        if self._runner is None:
            self._runner = asyncio.create_task(self._run(), name=f"committer {self._name}")

    async def _run(self) -> None:
        try:
            while self._waiting or self._bulks:
                # In turns, so that neither many callers nor large ones keep the others waiting.
                if self._waiting:
                    await self._run_set()
                if self._bulks:
                    await self._run_bulk()
        finally:
            # Between the last look at the queue and this line nothing is awaited, so no
            # command can slip in unseen.
            self._runner = None

    async def _run_set(self) -> None:
        size = min(len(self._waiting), self._max_batch)
        batch = [self._waiting.popleft() for _ in range(size)]
        with telemetry.a_set(self._name, size, len(self._waiting)):
            outcomes = await self._settle([command for command, _ in batch])
        answers = [(future, outcome) for (_, future), outcome in zip(batch, outcomes, strict=True)]
        if self._waiting or self._bulks:
            answering = asyncio.create_task(_answer_in_turns(answers))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)
        else:
            _answer(answers)

    async def _run_bulk(self) -> None:
        commands, future = self._bulks.popleft()
        with telemetry.a_set(self._name, len(commands), len(self._waiting)):
            outcomes = await self._settle(commands)
        if not future.done():
            future.set_result(outcomes)

    async def _settle(self, commands: Sequence[Command]) -> list["Outcome | _Refused"]:
        """An outcome for each command, whatever happens."""
        culprits = 0
        outcomes: list[Outcome | _Refused] = []
        sets = [list(commands)] if commands else []
        while sets:
            part = sets.pop()
            try:
                outcomes += await self._commit(part)
            except Refusal as refusal:
                outcomes += [_Refused(refusal) for _ in part]
            except Exception as fault:  # noqa: BLE001 - whatever it is, the neighbours go on
                if len(part) > 1 and culprits < CULPRITS_MAX:
                    middle = len(part) // 2
                    sets += [part[middle:], part[:middle]]
                    continue
                culprits += 1
                self._disturbed("a refused write")
                # The alarm: rules should have refused this before the database did.
                _log.critical(
                    "write_refused", committer=self._name, commands=len(part), exc_info=fault
                )
                outcomes += [_Refused(WriteRefused()) for _ in part]
        return outcomes

    async def _commit(self, commands: list[Command]) -> list["Outcome | _Refused"]:
        """Settle a set in one transaction, again while others or the network are in the way."""
        reruns = 0
        reconnects = 0
        while True:
            try:
                return list(await self._attempt(commands))
            except _IN_THE_WAY as obstacle:
                reruns += 1
                self._disturbed("another transaction")
                _log.warning("set_runs_again", committer=self._name, why=repr(obstacle))
                if reruns > RERUNS_MAX:
                    raise Overloaded(retry_after_s=1) from obstacle
            except _TOO_SLOW as obstacle:
                self._disturbed("a time-out")
                _log.warning("set_timed_out", committer=self._name, why=repr(obstacle))
                raise Overloaded(retry_after_s=1) from obstacle
            except _CommitLost:
                self._disturbed("a lost commit")
                return await self._look_up(commands)
            except Exception as loss:
                if not _is_loss(loss):
                    _refuse_unable(loss)
                    raise
                reconnects += 1
                self._disturbed("a lost connection")
                _log.warning("connection_lost", committer=self._name, why=repr(loss))
                if reconnects > RECONNECTS_MAX:
                    raise OutcomeUnknown(retry_after_s=1) from loss
                await asyncio.sleep(RECONNECT_FIRST_S * 2 ** (reconnects - 1))

    def _disturbed(self, by: str) -> None:
        telemetry.SETS_DISTURBED.labels(self._name, by).inc()

    async def _attempt(self, commands: Sequence[Command]) -> Sequence[Outcome]:
        decided = False
        try:
            async with self._database.write() as session:
                outcomes = await self._decide(session, commands)
                decided = True
        except Exception as fault:
            if decided and _is_loss(fault):
                raise _CommitLost from fault
            raise
        return outcomes

    async def _decide(
        self, session: WriteSession, commands: Sequence[Command]
    ) -> Sequence[Outcome]:
        try:
            outcomes = await self._use_case(session, commands)
        except Refusal as refusal:
            raise AssertionError(f"{refusal!r} was raised for a set: return it") from refusal
        assert len(outcomes) == len(commands), "each command gets its outcome"
        return outcomes

    async def _look_up(self, commands: list[Command]) -> list["Outcome | _Refused"]:
        """Answer from what was written, and run only what was not."""
        if self._recover is None:
            raise OutcomeUnknown(retry_after_s=1)
        known = await self._recovered(commands)
        missing = [c for c, outcome in zip(commands, known, strict=True) if outcome is None]
        _log.warning(
            "commit_looked_up", committer=self._name, commands=len(commands), missing=len(missing)
        )
        # If the lost commit lands after all, the keys of these make them fail as twins.
        again = iter(await self._settle(missing))
        return [next(again) if outcome is None else outcome for outcome in known]

    async def _recovered(self, commands: list[Command]) -> Sequence[Outcome | None]:
        assert self._recover is not None
        for tried in range(RECONNECTS_MAX + 1):
            try:
                async with self._database.write() as session:
                    return await self._recover(session, commands)
            except Exception as fault:  # noqa: BLE001 - see below
                if not (_is_loss(fault) or isinstance(fault, DatabaseAway | Overloaded)):
                    # Whatever it is, these commands may have been written: never run them blindly.
                    _log.critical("look_up_failed", committer=self._name, exc_info=fault)
                    break
                _log.warning("connection_lost", committer=self._name, why=repr(fault))
                await asyncio.sleep(RECONNECT_FIRST_S * 2**tried)
        raise OutcomeUnknown(retry_after_s=1)


async def _answer_in_turns(
    answers: Sequence[tuple[asyncio.Future[Outcome], "Outcome | _Refused"]],
) -> None:
    """Answer the callers of a set while the next is on its way to the server.

    All of them at once would keep the event loop from the server's replies until the last
    caller has asked again.
    """
    for start in range(0, len(answers), ANSWERED_AT_ONCE):
        _answer(answers[start : start + ANSWERED_AT_ONCE])
        await asyncio.sleep(0)


def _answer(
    answers: Sequence[tuple[asyncio.Future[Outcome], "Outcome | _Refused"]],
) -> None:
    for future, outcome in answers:
        if future.done():
            continue
        if isinstance(outcome, _Refused):
            future.set_exception(outcome.refusal)
        else:
            future.set_result(outcome)


def _is_loss(fault: BaseException) -> bool:
    # The driver has one class for a closed connection and for our own slips with it, and stumbles
    # over its own state when a connection dies between two statements.
    return isinstance(fault, (*_CONNECTION_LOST, asyncpg.InternalClientError)) or (
        isinstance(fault, asyncpg.InterfaceError) and "closed" in str(fault)
    )


def _refuse_unable(fault: Exception) -> None:
    """Refuses `kernel.database_away` where it is the database that cannot write for anybody."""
    if isinstance(fault, _UNABLE):
        _log.error("database.unable", why=repr(fault))
        raise DatabaseAway(retry_after_s=1) from fault


class _Refused:
    """A refusal of the committer's own, to be raised to the one who waits."""

    __slots__ = ("refusal",)

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
