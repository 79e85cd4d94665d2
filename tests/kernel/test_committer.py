"""The committer: sets, neighbours, queues, and commits whose answer is lost."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg
import pytest

from tael.kernel import committer as kernel_committer
from tael.kernel.committer import Committer, OutcomeUnknown
from tael.kernel.database import Database, WriteSession
from tael.kernel.idempotency import TwinRaced
from tael.kernel.refusals import Overloaded, WriteRefused

pytestmark = pytest.mark.usefixtures("table")


@pytest.fixture
async def table(owner: asyncpg.Connection) -> None:
    """What the use case of these tests writes: a row a command."""
    await owner.execute(
        """
        CREATE TABLE marks (command integer PRIMARY KEY CHECK (command < 1000), set_size integer);
        GRANT SELECT, INSERT ON marks TO tael_app;
        """
    )


@dataclass
class Marking:
    """A use case that writes each command down; it can be held up, or told to fail."""

    sets: list[list[int]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(self, session: WriteSession, commands: Sequence[int]) -> list[str]:
        self.sets.append(list(commands))
        self.asked.set()
        await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)
        await session.execute(
            "INSERT INTO marks SELECT unnest($1::integer[]), $2", list(commands), len(commands)
        )
        return [f"done {command}" for command in commands]


async def marks(database: Database) -> list[int]:
    async with database.read() as session:
        rows = await session.fetch("SELECT command FROM marks ORDER BY command")
    return [row["command"] for row in rows]


async def test_commands_that_arrive_together_share_a_commit(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    outcomes = await asyncio.gather(*(committer.submit(number) for number in range(50)))
    assert outcomes == [f"done {number}" for number in range(50)]
    assert use_case.sets == [list(range(50))]


async def test_what_arrives_while_a_set_commits_is_the_next_set(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    use_case.gate.clear()
    first = asyncio.create_task(committer.submit(0))
    await use_case.asked.wait()
    later = [asyncio.create_task(committer.submit(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0.01)
    use_case.gate.set()
    assert await first == "done 0"
    assert await asyncio.gather(*later) == ["done 1", "done 2", "done 3"]
    assert use_case.sets == [[0], [1, 2, 3]]


async def test_a_set_has_a_largest_size(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test", max_batch=4)
    await asyncio.gather(*(committer.submit(number) for number in range(10)))
    assert [len(part) for part in use_case.sets] == [4, 4, 2]


async def test_everybody_is_answered_while_the_next_set_is_on_its_way(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test", max_batch=150)
    outcomes = await asyncio.gather(*(committer.submit(number) for number in range(400)))
    assert outcomes == [f"done {number}" for number in range(400)]
    await committer.close()
    assert [len(part) for part in use_case.sets] == [150, 150, 100]


async def test_a_full_queue_refuses_and_what_waits_is_settled(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test", max_queue=3)
    use_case.gate.clear()
    first = asyncio.create_task(committer.submit(0))
    await use_case.asked.wait()
    queued = [asyncio.create_task(committer.submit(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await committer.submit(4)
    assert refused.value.details == {"retry_after_s": 1}
    use_case.gate.set()
    await asyncio.gather(first, *queued)
    assert await marks(database) == [0, 1, 2, 3]


async def test_closing_settles_what_was_taken_and_takes_no_more(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    use_case.gate.clear()
    taken = [asyncio.create_task(committer.submit(number)) for number in (1, 2)]
    await use_case.asked.wait()
    closing = asyncio.create_task(committer.close())
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await committer.submit(3)
    assert not closing.done()
    use_case.gate.set()
    await closing
    assert await asyncio.gather(*taken) == ["done 1", "done 2"]
    assert await marks(database) == [1, 2]


async def test_closing_an_idle_committer_is_done_at_once(database: Database) -> None:
    await Committer(database, Marking(), name="test").close()


async def test_a_caller_who_leaves_changes_nothing(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    use_case.gate.clear()
    callers = [asyncio.create_task(committer.submit(number)) for number in (1, 2, 3)]
    await use_case.asked.wait()
    callers[1].cancel()
    use_case.gate.set()
    first, second, third = await asyncio.gather(*callers, return_exceptions=True)
    assert (first, third) == ("done 1", "done 3")
    assert isinstance(second, asyncio.CancelledError)
    assert await marks(database) == [1, 2, 3]


async def test_the_database_s_refusal_of_one_command_is_not_its_neighbours(
    database: Database,
) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    told = [1, 2, 1_000, 3, 4, 1_001, 5]
    outcomes = await asyncio.gather(
        *(committer.submit(number) for number in told), return_exceptions=True
    )
    for number, outcome in zip(told, outcomes, strict=True):
        if number < 1_000:
            assert outcome == f"done {number}"
        else:
            assert isinstance(outcome, WriteRefused)
    assert await marks(database) == [1, 2, 3, 4, 5]


async def test_a_set_full_of_culprits_is_not_halved_to_the_end(database: Database) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    outcomes = await asyncio.gather(
        *(committer.submit(number) for number in range(1_000, 1_256)), return_exceptions=True
    )
    assert all(isinstance(outcome, WriteRefused) for outcome in outcomes)
    assert len(use_case.sets) < 64
    assert await marks(database) == []


async def test_a_refusal_that_is_raised_is_a_bug_and_moves_nothing(database: Database) -> None:
    use_case = Marking(faults=[Overloaded()])
    committer = Committer(database, use_case, name="test")
    with pytest.raises(WriteRefused):
        await committer.submit(1)
    assert await marks(database) == []


async def test_an_outcome_too_few_is_a_bug_and_moves_nothing(database: Database) -> None:
    async def forgetful(session: WriteSession, commands: Sequence[int]) -> list[str]:
        await session.execute("INSERT INTO marks VALUES (1, 1)")
        return []

    committer = Committer(database, forgetful, name="test")
    with pytest.raises(WriteRefused):
        await committer.submit(1)
    assert await marks(database) == []


@pytest.mark.parametrize(
    "obstacle",
    [asyncpg.DeadlockDetectedError(), asyncpg.SerializationError(), TwinRaced()],
    ids=["deadlock", "serialization", "twin"],
)
async def test_a_set_that_somebody_was_in_the_way_of_runs_again(
    database: Database, obstacle: BaseException
) -> None:
    use_case = Marking(faults=[obstacle])
    committer = Committer(database, use_case, name="test")
    assert await committer.submit(1) == "done 1"
    assert use_case.sets == [[1], [1]]


async def test_a_set_runs_again_so_often_and_no_more(database: Database) -> None:
    use_case = Marking(faults=[TwinRaced() for _ in range(50)])
    committer = Committer(database, use_case, name="test")
    with pytest.raises(Overloaded):
        await committer.submit(1)
    assert len(use_case.sets) == kernel_committer.RERUNS_MAX + 1
    assert await marks(database) == []


async def test_a_lock_that_is_kept_too_long_is_told_and_nothing_is_written(
    database: Database,
) -> None:
    committer = Committer(database, Marking(faults=[asyncpg.LockNotAvailableError()]), name="test")
    with pytest.raises(Overloaded):
        await committer.submit(1)
    assert await committer.submit(2) == "done 2"
    assert await marks(database) == [2]


async def test_a_connection_that_dies_before_the_commit_loses_nothing(
    database: Database, owner: asyncpg.Connection
) -> None:
    use_case = Marking()
    committer = Committer(database, use_case, name="test")
    use_case.gate.clear()
    caller = asyncio.create_task(committer.submit(1))
    await use_case.asked.wait()
    await _kill_writers(owner)
    use_case.gate.set()
    assert await caller == "done 1"
    assert await marks(database) == [1]


async def _kill_writers(owner: asyncpg.Connection) -> None:
    await owner.fetch(
        """
        SELECT pg_terminate_backend(pid, 5000)
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        """
    )


@dataclass
class LosesAnswers:
    """A database whose commits go through, or not, without their answer coming back."""

    database: Database
    commits: bool
    losses: int = 1

    @asynccontextmanager
    async def write(self) -> AsyncIterator[WriteSession]:
        """A transaction like another, until its commit."""
        lost = self.losses > 0
        with suppress(_NotCommitted):
            async with self.database.write() as session:
                yield session
                if lost and not self.commits:
                    raise _NotCommitted
        if lost:
            self.losses -= 1
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")


class _NotCommitted(Exception):
    pass


async def recover(session: WriteSession, commands: Sequence[int]) -> list[str | None]:
    rows = await session.fetch("SELECT command FROM marks")
    written = {row["command"] for row in rows}
    return [f"found {command}" if command in written else None for command in commands]


@pytest.mark.parametrize(("commits", "outcome"), [(True, "found 1"), (False, "done 1")])
async def test_a_commit_whose_answer_is_lost_is_looked_up(
    database: Database, *, commits: bool, outcome: str
) -> None:
    use_case = Marking()
    losing = LosesAnswers(database, commits=commits)
    committer = Committer(
        losing,  # type: ignore[arg-type]  # a network in front of the real one
        use_case,
        name="test",
        recover=recover,
    )
    assert await committer.submit(1) == outcome
    assert await marks(database) == [1]
    assert len(use_case.sets) == (1 if commits else 2)


async def test_without_a_way_to_look_up_the_caller_is_told_to_ask_again(
    database: Database,
) -> None:
    losing = LosesAnswers(database, commits=True)
    committer = Committer(
        losing,  # type: ignore[arg-type]  # a network in front of the real one
        Marking(),
        name="test",
    )
    with pytest.raises(OutcomeUnknown):
        await committer.submit(1)


async def test_a_database_that_stays_away_is_told_as_unknown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_committer, "RECONNECT_FIRST_S", 0.0001)
    use_case = Marking(faults=[OSError("away") for _ in range(50)])
    committer = Committer(database, use_case, name="test")
    with pytest.raises(OutcomeUnknown):
        await committer.submit(1)
    assert len(use_case.sets) == kernel_committer.RECONNECTS_MAX + 1
    assert await marks(database) == []


async def test_a_look_up_that_cannot_reach_the_database_is_told_as_unknown(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel_committer, "RECONNECT_FIRST_S", 0.0001)
    use_case = Marking()
    losing = LosesAnswers(database, commits=True, losses=50)
    committer = Committer(
        losing,  # type: ignore[arg-type]  # a network in front of the real one
        use_case,
        name="test",
        recover=recover,
    )
    with pytest.raises(OutcomeUnknown):
        await committer.submit(1)
    assert use_case.sets == [[1]]
    assert await marks(database) == [1]


async def test_a_look_up_that_fails_never_runs_the_commands_again(database: Database) -> None:
    async def broken(session: WriteSession, commands: Sequence[int]) -> list[str | None]:
        raise ValueError("a slip in the look-up")

    use_case = Marking()
    losing = LosesAnswers(database, commits=True)
    committer = Committer(
        losing,  # type: ignore[arg-type]  # a network in front of the real one
        use_case,
        name="test",
        recover=broken,
    )
    outcomes = await asyncio.gather(
        *(committer.submit(number) for number in (1, 2)), return_exceptions=True
    )
    assert all(isinstance(outcome, OutcomeUnknown) for outcome in outcomes)
    assert use_case.sets == [[1, 2]]
    assert await marks(database) == [1, 2]


async def test_a_bulk_is_a_set_of_its_own(database: Database) -> None:
    marking = Marking()
    committer = Committer(database, marking, name="marks")
    outcomes, single = await asyncio.gather(
        committer.submit_many(range(100)), committer.submit(500)
    )
    assert outcomes == [f"done {command}" for command in range(100)]
    assert single == "done 500"
    assert sorted(map(len, marking.sets)) == [1, 100]
    assert await committer.submit_many([]) == []
    await committer.close()
    with pytest.raises(Overloaded):
        await committer.submit_many([1])


async def test_a_culprit_in_a_bulk_is_refused_alone(database: Database) -> None:
    committer = Committer(database, Marking(), name="marks")
    outcomes = await committer.submit_many([1, 2, 1_000, 3])
    assert [str(outcome) for outcome in outcomes if not isinstance(outcome, WriteRefused)] == [
        "done 1",
        "done 2",
        "done 3",
    ]
    assert isinstance(outcomes[2], WriteRefused)
    assert await marks(database) == [1, 2, 3]
    await committer.close()


async def test_a_bulk_finds_room_behind_others_or_is_refused_whole(database: Database) -> None:
    marking = Marking()
    marking.gate.clear()
    committer = Committer(database, marking, name="marks", max_queue=10)
    first = asyncio.create_task(committer.submit_many(range(8)))
    await marking.asked.wait()
    second = asyncio.create_task(committer.submit_many(range(10, 18)))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await committer.submit_many(range(20, 28))
    marking.gate.set()
    assert len(await first) == len(await second) == 8
    assert await marks(database) == [*range(8), *range(10, 18)]
    await committer.close()
