"""Each way in which the switch's file may differ: found with its type, and no money moved by it."""

from datetime import timedelta
from random import Random

import asyncpg
import pytest

from factories.clearing import House, movements
from factories.ledger import audit
from tael import settlement
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.rails import OperationKind
from tael.sandbox.world.modes import Mode, ModeKind, Traffic, When
from tael.settlement import BreakState, BreakType


async def test_a_day_without_mistakes_is_explained_to_the_last_unit(house: House) -> None:
    await house.top_up(10_000)
    await house.top_up(2_550)
    withdrawal = await house.begin(3_000, OperationKind.WITHDRAWAL)
    await house.book(withdrawal)
    day = await house.end_day()
    run = await house.compare(day)
    assert (run.lines, run.entries, run.matched, run.breaks) == (3, 3, 3, 0)
    assert run.file_net == run.booked_net == Money(9_550, CNY)
    assert run.corrected_net == run.differing == Money(0, CNY)
    assert run.balanced
    assert (await house.file(day)).net == await house.clearing()


@pytest.mark.parametrize(
    ("mistake", "expected", "difference"),
    [
        ("missing", BreakType.MISSING_THERE, -10_000),
        ("extra", BreakType.MISSING_HERE, 1_234),
        ("amount", BreakType.AMOUNT, 100),
        ("duplicate", BreakType.DUPLICATE, 10_000),
    ],
)
async def test_a_planted_mistake_is_found_with_its_type(
    house: House, owner: asyncpg.Connection, mistake: str, expected: BreakType, difference: int
) -> None:
    reference = await house.top_up(10_000)
    await house.top_up(500)
    await house.plant(mistake)
    before = await movements(owner)
    day = await house.end_day()
    run = await house.compare(day)
    [found] = await house.breaks()
    assert (found.type, found.state) == (expected, BreakState.OPEN)
    assert found.difference.minor == run.differing.minor == difference
    assert mistake == "extra" or found.reference == reference
    assert run.file_net - run.booked_net == found.difference
    assert not run.balanced
    assert await movements(owner) == before, "comparing books nothing"


async def test_a_line_that_comes_a_day_late_clears_its_break_by_itself(house: House) -> None:
    reference = await house.top_up(10_000)
    await house.plant("late", reference)
    first = await house.end_day()
    await house.compare(first)
    [missing] = await house.breaks()
    assert (missing.type, missing.state) == (BreakType.MISSING_THERE, BreakState.OPEN)
    second = await house.end_day()
    run = await house.compare(second)
    assert run.balanced
    assert run.differing.minor == 10_000
    earlier, late = await house.breaks()
    assert (late.type, late.state, late.reference) == (
        BreakType.LATE,
        BreakState.CLEARED,
        reference,
    )
    assert (earlier.state, earlier.counterpart) == (BreakState.CLEARED, late.id)
    assert late.counterpart == earlier.id
    assert await house.open_differing() == 0


async def test_what_we_book_after_midnight_clears_by_itself_too(house: House) -> None:
    operation = await house.begin(7_000)
    first = await house.end_day()
    await house.book(operation)
    run = await house.compare(first)
    [found] = await house.breaks()
    assert (found.type, run.differing.minor) == (BreakType.MISSING_HERE, 7_000)
    second = await house.end_day()
    assert (await house.compare(second)).balanced
    assert [each.state for each in await house.breaks()] == [BreakState.CLEARED] * 2
    assert await house.open_differing() == 0


async def test_a_purchase_and_its_reversal_are_nothing_to_both(house: House) -> None:
    house.world.modes.order(Mode(kind=ModeKind.TIMEOUT, when=When.AFTER))
    house.world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.INQUIRY, count=None))
    operation = await house.begin(9_000)
    await house.resolve()
    await house.book(operation)
    house.world.modes.order(Mode(kind=ModeKind.APPROVE))
    assert await house.clearing() == 0
    day = await house.end_day()
    file = await house.file(day)
    assert [line.effect for line in file.lines] == [9_000, -9_000]
    run = await house.compare(day)
    assert (run.lines, run.breaks, run.matched) == (2, 0, 1)
    assert run.balanced


async def test_a_random_week_with_faults_is_explained_and_open_breaks_are_the_whole_difference(
    house: House, database: Database
) -> None:
    chance = Random(20261122)
    mistakes = ["missing", "extra", "amount", "duplicate", "late"]
    owed = 0
    for number in range(5):
        for _ in range(6):
            fault = chance.choice([None, None, None, When.BEFORE, When.AFTER])
            if fault is not None:
                kind = chance.choice([ModeKind.TIMEOUT, ModeKind.DROP])
                house.world.modes.order(Mode(kind=kind, when=fault))
            operation = await house.begin(chance.randrange(1, 50_000))
            await house.resolve()
            await house.book(operation)
        if number < 4:
            await house.plant(mistakes[chance.randrange(len(mistakes))])
        day = await house.end_day()
        run = await house.compare(day)
        owed += run.file_net.minor
        assert run.file_net - run.booked_net == run.differing
        assert owed - await house.clearing() == await house.open_differing()
    assert await audit(database) == ()


async def test_the_same_file_again_changes_nothing(house: House, owner: asyncpg.Connection) -> None:
    await house.top_up(10_000)
    await house.plant("extra")
    day = await house.end_day()
    first = await house.compare(day)
    assert await house.compare(day) == first
    assert len(await house.breaks()) == 1
    assert await owner.fetchval("SELECT count(*) FROM settlement_lines") == 2


async def test_another_file_for_a_day_that_was_compared_is_an_alarm(
    house: House, owner: asyncpg.Connection
) -> None:
    await house.top_up(10_000)
    day = await house.end_day()
    first = await house.compare(day)
    house.world.books.plant("extra", day.isoformat(), None, 5)
    before = await movements(owner)
    with pytest.raises(settlement.errors.FileChanged):
        await house.compare(day)
    async with house.database.read() as session:
        run = await settlement.run(session, day)
    assert run is not None
    assert run.changed_at is not None
    assert not run.balanced
    assert (run.file_digest, run.lines) == (first.file_digest, 1)
    assert await movements(owner) == before


async def test_days_are_compared_one_after_another_once_they_are_over(house: House) -> None:
    await house.top_up(1_000)
    today = await house.today()
    with pytest.raises(settlement.errors.FileMissing):
        await house.compare(today)
    first = await house.end_day()
    second = await house.end_day()
    await house.compare(first)
    third = await house.end_day()
    with pytest.raises(settlement.errors.DayOutOfOrder):
        await house.compare(third)
    async for files in house.files():
        for day in (second, third):
            run = await settlement.compare_next(house.database, files)
            assert run is not None
            assert (run.day, run.lines, run.balanced) == (day, 0, True)
        assert await settlement.compare_next(house.database, files) is None
    assert third - first == timedelta(days=2)


async def test_nothing_of_a_damaged_file_is_taken_in(
    house: House, owner: asyncpg.Connection
) -> None:
    await house.top_up(1_000)
    day = await house.end_day()
    async for files in house.files():
        octets = await files.fetch(day)
        assert octets is not None
        for damaged in (octets[:-90], octets.replace(b"|1000|", b"|1001|", 1), b""):

            class Damaged:
                async def fetch(self, _day: object, sent: bytes = damaged) -> bytes:
                    return sent

            with pytest.raises(settlement.errors.FileMalformed):
                await settlement.compare_file(house.database, Damaged(), day)
    assert await owner.fetchval("SELECT count(*) FROM settlement_lines") == 0
    assert await owner.fetchval("SELECT count(*) FROM settlement_runs") == 0
