"""Each day is closed once, in order, as it was known; what differs is told."""

import asyncio
import importlib
from datetime import date, datetime, timedelta

import asyncpg
import pytest

from factories import late
from factories import ledger as f
from factories.ledger import NOON
from tael import ledger
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.ledger import CARD_CLEARING
from tael.ledger.errors import DayNotClosed, DayNotOver

TUESDAY = date(2026, 3, 10)
DAY = timedelta(days=1)
MIDNIGHT = datetime.fromisoformat("2026-03-11T00:00:00+08:00")


async def close_due(database: Database, now: datetime) -> list[date]:
    """What the schedule does in one go."""
    async with database.write() as session:
        return await ledger.close_due(session, now=now)


async def close(database: Database, day: date) -> ledger.DayClose:
    async with database.read() as session:
        return await ledger.day_close(session, day)


def balances(report: ledger.DayClose) -> dict[str, int]:
    """By kind of account, in fen."""
    rows = report.report["trial_balance"]
    return {row["kind"]: row["balance"]["value"] for row in rows if row["currency"] == "CNY"}


async def test_a_day_is_closed_after_it_is_over_and_once(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    moved = f.a_transfer(alice, bob, 300)
    await f.post(database, moved)
    assert await close_due(database, MIDNIGHT + timedelta(minutes=1)) == []
    assert await close_due(database, MIDNIGHT + timedelta(minutes=3)) == [TUESDAY]
    assert await close_due(database, MIDNIGHT + timedelta(minutes=4)) == []
    found = await close(database, TUESDAY)
    assert (found.movements, found.late, found.differences) == (2, 0, 0)
    assert balances(found)["customer_cash"] == 1_000
    assert sum(balances(found).values()) == 0
    assert found.report["totals"] == [
        {
            "kind": moved.kind,
            "currency": "CNY",
            "movements": 2,
            "amount": {"value": 1_300, "currency": "CNY"},
        }
    ]


async def test_a_bank_that_nothing_has_moved_in_has_nothing_to_close(database: Database) -> None:
    assert await close_due(database, NOON) == []


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(days=30), timedelta(days=400)])
async def test_when_the_clock_jumps_no_day_is_skipped_and_none_is_closed_twice(
    database: Database, jump: timedelta
) -> None:
    await f.funded(database, 1_000)
    closed: list[date] = []
    for now in (NOON + DAY, NOON + DAY + jump, NOON + DAY - timedelta(hours=1), NOON + DAY + jump):
        while days := await close_due(database, now):
            closed += days
    assert closed == [TUESDAY + ahead * DAY for ahead in range(1 + jump.days)]
    async with database.read() as session:
        newest = await ledger.day_closes(session, limit=2)
    assert [each.day for each in newest] == closed[-2:][::-1]


async def test_several_workers_close_a_day_once(database: Database) -> None:
    await f.funded(database, 1_000)
    done = await asyncio.gather(*(close_due(database, NOON + 3 * DAY) for _ in range(6)))
    assert sorted(day for days in done for day in days) == [
        TUESDAY + ahead * DAY for ahead in (0, 1, 2)
    ]


async def test_a_close_stays_what_was_known_and_the_next_tells_what_came_late(
    database: Database,
) -> None:
    (alice,) = await f.funded(database, 1_000)
    await close_due(database, MIDNIGHT + timedelta(minutes=3))
    wednesday = NOON + DAY
    await f.post(
        database, late.dated(CARD_CLEARING, alice, 70, at=wednesday, on=TUESDAY), now=wednesday
    )
    await f.post(database, f.a_transfer(alice, CARD_CLEARING, 5, at=wednesday), now=wednesday)
    await close_due(database, MIDNIGHT + DAY + timedelta(minutes=3))
    first, second = await close(database, TUESDAY), await close(database, TUESDAY + DAY)
    assert balances(first)["customer_cash"] == 1_000
    assert balances(second)["customer_cash"] == 1_065
    assert (second.movements, second.late, second.differences) == (1, 1, 0)
    assert await late.balance_as_of(database, alice, TUESDAY) == 1_070
    assert await late.balance_as_of(database, alice, TUESDAY, first.closed_at) == 1_000


async def test_movements_at_midnight_belong_each_to_their_own_day(database: Database) -> None:
    (alice,) = await f.funded(database, 1_000)
    for at, minor in ((MIDNIGHT - timedelta(microseconds=1), 1), (MIDNIGHT, 10)):
        await f.post(database, f.a_transfer(alice, CARD_CLEARING, minor, at=at), now=at)
    await close_due(database, MIDNIGHT + DAY + timedelta(minutes=3))
    assert balances(await close(database, TUESDAY))["customer_cash"] == 999
    assert balances(await close(database, TUESDAY + DAY))["customer_cash"] == 989


async def test_held_money_and_what_is_unknown_are_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(_session: object) -> list[ledger.Pending]:
        return [ledger.Pending("rails.top_up", 2, Money(500, CNY))]

    closing = importlib.import_module("tael.ledger.day_close")
    monkeypatch.setattr(closing, "_ASKED", [asked])
    alice, bob = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, bob, 200, life=timedelta(days=9))
    await f.capture(database, made, 200, now=NOON + DAY)
    await close_due(database, NOON + 2 * DAY)
    first, second = await close(database, TUESDAY), await close(database, TUESDAY + DAY)
    assert [line["amount"]["value"] for line in first.report["held"]] == [200]
    assert second.report["held"] == []
    assert first.report["pending"] == [
        {"source": "rails.top_up", "count": 2, "amount": {"value": 500, "currency": "CNY"}}
    ]


async def test_money_that_moved_without_an_entry_shows_in_the_next_close(
    database: Database, owner: asyncpg.Connection
) -> None:
    alice, _ = await f.funded(database, 1_000, 0)
    await close_due(database, NOON + DAY)
    await owner.execute("UPDATE ledger_accounts SET balance = balance + 7 WHERE number = $1", alice)
    await close_due(database, NOON + 2 * DAY)
    found = await close(database, TUESDAY + DAY)
    assert {each["rule"] for each in found.report["differences"]} == {
        "close.continuity",
        "currency.sum",
    }
    assert found.differences == 2


async def test_a_close_is_never_changed_or_removed(
    database: Database, owner: asyncpg.Connection
) -> None:
    await f.funded(database, 1_000)
    await close_due(database, NOON + DAY)
    for statement in (
        "UPDATE ledger_day_closes SET movements = 0",
        "DELETE FROM ledger_day_closes",
        "TRUNCATE ledger_day_closes",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await owner.execute(statement)


async def test_a_day_is_not_closed_before_it_is_over_nor_before_there_was_a_bank(
    database: Database,
) -> None:
    await f.funded(database, 1_000)
    async with database.write() as session:
        with pytest.raises(DayNotOver):
            await ledger.close_day(session, TUESDAY, now=NOON)
        with pytest.raises(DayNotClosed):
            await ledger.close_day(session, TUESDAY - DAY, now=NOON)
        found = await ledger.close_day(session, TUESDAY + DAY, now=NOON + 9 * DAY)
    assert found.day == TUESDAY + DAY
    with pytest.raises(DayNotClosed):
        await close(database, TUESDAY + 2 * DAY)
