"""Balances, statements and trial balances as of a moment, as known at another."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg

from factories import late
from factories import ledger as f
from factories.ledger import NOON
from tael import ledger
from tael.kernel.database import Database
from tael.ledger import CARD_CLEARING, Span

TUESDAY = date(2026, 3, 10)
DAY = timedelta(days=1)


async def test_a_balance_is_told_as_of_any_moment(database: Database) -> None:
    (alice,) = await f.funded(database, 1_000)
    for minutes in (1, 2, 3):
        at = NOON + timedelta(minutes=minutes)
        await f.post(database, f.a_transfer(alice, CARD_CLEARING, 100, at=at), now=at)
    told = [
        await late.balance_as_of(database, alice, NOON + timedelta(seconds=seconds))
        for seconds in (-1, 0, 59, 60, 120, 179, 180, 10_000)
    ]
    assert told == [0, 1_000, 1_000, 900, 800, 800, 700, 700]
    assert await late.balance_as_of(database, alice, TUESDAY) == 700
    assert await late.balance_as_of(database, alice, TUESDAY - DAY) == 0


async def test_a_late_movement_changes_the_past_as_known_now_and_not_as_known_then(
    database: Database,
) -> None:
    (alice,) = await f.funded(database, 1_000)
    friday = NOON + 3 * DAY
    await f.post(
        database,
        late.dated(CARD_CLEARING, alice, 70, at=friday, on=date(2026, 3, 11)),
        now=friday,
    )
    assert await late.balance_as_of(database, alice, TUESDAY) == 1_000
    assert await late.balance_as_of(database, alice, date(2026, 3, 11)) == 1_070
    assert await late.balance_as_of(database, alice, date(2026, 3, 11), date(2026, 3, 12)) == 1_000
    assert await late.balance_as_of(database, alice, date(2026, 3, 11), friday) == 1_070


async def test_a_movement_that_is_dated_ahead_counts_from_its_day(database: Database) -> None:
    (alice,) = await f.funded(database, 1_000)
    at = NOON + timedelta(hours=1)
    await f.post(
        database, late.dated(alice, CARD_CLEARING, 70, at=at, on=date(2026, 3, 12)), now=at
    )
    at += timedelta(hours=1)
    await f.post(database, f.a_transfer(alice, CARD_CLEARING, 5, at=at), now=at)
    assert await late.balance_as_of(database, alice, date(2026, 3, 11)) == 995
    assert await late.balance_as_of(database, alice, date(2026, 3, 12)) == 925


async def test_writers_whose_times_are_out_of_order_are_each_counted_at_their_own_time(
    database: Database,
) -> None:
    (alice,) = await f.funded(database, 1_000)
    for seconds, minor in ((50, 1), (10, 10), (30, 100), (40, 1_000), (60, 10_000), (55, 50_000)):
        at = NOON + timedelta(seconds=seconds)
        await f.post(database, f.a_transfer(CARD_CLEARING, alice, minor, at=at), now=at)
    told = [
        await late.balance_as_of(database, alice, NOON + timedelta(seconds=seconds)) - 1_000
        for seconds in (0, 10, 29, 30, 45, 50, 54, 55, 60)
    ]
    assert told == [0, 10, 10, 110, 1_110, 1_111, 1_111, 51_111, 61_111]


async def test_many_writers_at_once_leave_every_moment_right(
    database: Database, owner: asyncpg.Connection
) -> None:
    alice, bob = await f.funded(database, 100_000, 0)
    times = [NOON + timedelta(milliseconds=step) for step in range(1, 41)]
    connections = asyncio.Semaphore(6)

    async def write(at: datetime) -> None:
        async with connections:
            await f.post(database, f.a_transfer(alice, bob, 1, at=at), now=at)

    await asyncio.gather(*(write(at) for at in reversed(times)))
    assert await owner.fetchval("SELECT count(*) FROM ledger_displaced") > 0, "some were late"
    for step, at in enumerate(times, start=1):
        assert await late.balance_as_of(database, bob, at) == step
        assert await late.balance_as_of(database, alice, at) == 100_000 - step


async def test_what_is_in_order_is_kept_nowhere_else(
    database: Database, owner: asyncpg.Connection
) -> None:
    alice, bob = await f.funded(database, 1_000, 1_000)
    for minutes in range(5):
        at = NOON + timedelta(minutes=minutes)
        await f.post(database, f.a_transfer(alice, bob, 1, at=at), now=at)
    assert await owner.fetchval("SELECT count(*) FROM ledger_displaced") == 0


async def test_a_trial_balance_goes_back_to_any_moment(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    later = NOON + DAY
    await f.post(database, f.a_transfer(alice, bob, 300, at=later), now=later)
    await f.post(
        database,
        late.dated(CARD_CLEARING, bob, 50, at=later + DAY, on=TUESDAY),
        now=later + DAY,
    )
    async with database.read() as session:
        told = {
            when: _cash(await ledger.trial_balance_as_of(session, *when))
            for when in [
                (date(2026, 3, 9), None),
                (TUESDAY, None),
                (TUESDAY, date(2026, 3, 11)),
                (date(2026, 3, 20), None),
            ]
        }
    assert list(told.values()) == [(0, 0), (1_050, -1_050), (1_000, -1_000), (1_050, -1_050)]


def _cash(rows: list[ledger.TrialBalanceRow]) -> tuple[int, int]:
    found = {row.kind: row.balance.minor for row in rows if row.currency.code == "CNY"}
    assert sum(found.values()) == 0
    return found[ledger.AccountKind.CUSTOMER_CASH], found[ledger.AccountKind.CARD_CLEARING]


async def test_a_trial_balance_tells_what_was_held_then(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, bob, 200, life=timedelta(hours=2))
    await f.capture(database, made, 200, now=NOON + timedelta(hours=1))
    async with database.read() as session:
        held = [
            sum(row.held.minor for row in await ledger.trial_balance_as_of(session, when))
            for when in (
                NOON - timedelta(seconds=1),
                NOON + timedelta(minutes=30),
                NOON + timedelta(hours=1),
                NOON + timedelta(hours=3),
            )
        ]
    assert held == [0, 200, 0, 0]


async def test_a_dated_statement_holds_what_counts_in_its_span(database: Database) -> None:
    (alice,) = await f.funded(database, 1_000)
    wednesday, thursday = NOON + DAY, NOON + 2 * DAY
    await f.post(database, f.a_transfer(alice, CARD_CLEARING, 1, at=wednesday), now=wednesday)
    await f.post(
        database,
        late.dated(alice, CARD_CLEARING, 10, at=thursday, on=date(2026, 3, 11)),
        f.a_transfer(alice, CARD_CLEARING, 100, at=thursday),
        now=thursday,
    )
    async with database.snapshot() as session:
        span = Span(since=date(2026, 3, 11), until=date(2026, 3, 11))
        now = await ledger.statement_as_of(session, alice, span)
        known = Span(since=span.since, until=span.until, known_at=date(2026, 3, 11))
        then = await ledger.statement_as_of(session, alice, known)
    assert (now.opening.minor, now.closing.minor) == (1_000, 989)
    assert [entry.amount.minor for entry in now.entries] == [10, 1]
    assert (then.opening.minor, then.closing.minor) == (1_000, 999)
    assert [entry.amount.minor for entry in then.entries] == [1]


async def test_a_dated_statement_is_read_in_pages(database: Database) -> None:
    (alice,) = await f.funded(database, 1_000)
    times = [NOON + timedelta(minutes=minutes) for minutes in range(1, 8)]
    for at in times:
        await f.post(database, f.a_transfer(alice, CARD_CLEARING, 1, at=at), now=at)
    span = Span(since=times[1], until=times[5])
    before, sequences, page = None, [], None
    async with database.snapshot() as session:
        while page is None or before is not None:
            page = await ledger.statement_as_of(session, alice, span, before=before, limit=2)
            sequences += [entry.sequence for entry in page.entries]
            before = page.next_before
    assert sequences == [7, 6, 5, 4, 3]
    assert (page.opening.minor, page.closing.minor) == (999, 994)


async def test_a_business_day_ends_at_midnight_in_shanghai(database: Database) -> None:
    (alice,) = await f.funded(database, 1_000)
    last = datetime(2026, 3, 10, 15, 59, 59, 999_999, tzinfo=UTC)
    for at, minor in ((last, 1), (last + timedelta(microseconds=1), 10)):
        await f.post(database, f.a_transfer(alice, CARD_CLEARING, minor, at=at), now=at)
    assert await late.balance_as_of(database, alice, TUESDAY) == 999
    assert await late.balance_as_of(database, alice, date(2026, 3, 11)) == 989
