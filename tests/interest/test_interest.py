"""What wallets earn day by day, and how it becomes money: once, whatever happens to the clock."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from factories import ledger as f
from factories.customers import some_wallets
from factories.late import balance_as_of, dated
from factories.ledger import audit, balance, books
from tael import customers, interest, ledger
from tael.customers import Wallet, WalletClass
from tael.customers.classes import note_class
from tael.interest.days import step
from tael.interest.rules import UNITS_PER_MINOR
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.ledger import CARD_CLEARING

OPENED = datetime(2026, 3, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
YUAN_A_DAY = 10_000_00 * 500
"""What 10,000.00 earn in a day at 0.05 %, in units."""


async def earners(
    database: Database,
    settings: Settings,
    owner: asyncpg.Connection,
    *minors: int,
    opened: datetime = OPENED,
) -> list[Wallet]:
    """Wallets of class 3 with money in them."""
    wallets = await some_wallets(database, settings.sealer(), len(minors), now=opened)
    for wallet, minor in zip(wallets, minors, strict=True):
        async with database.write() as session:
            await note_class(session, wallet.customer_id, WalletClass.ID_PROVEN, since=opened)
        await owner.execute(
            "UPDATE customers_wallets SET wallet_class = 3 WHERE customer_id = $1",
            wallet.customer_id,
        )
        if minor:
            paid_in = f.a_transfer(CARD_CLEARING, wallet.account_number, minor, at=opened)
            await f.post(database, paid_in, now=opened)
    return wallets


async def work(database: Database, now: datetime) -> None:
    """What the schedule does at a moment."""
    more = True
    while more:
        async with database.write() as session:
            more = await step(session, now=now)


async def accrued(owner: asyncpg.Connection, wallet: Wallet) -> dict[date, int]:
    """What each day has earned by now, in units."""
    rows = await owner.fetch(
        "SELECT day, sum(units)::bigint AS units FROM interest_accruals WHERE customer_id = $1 "
        "GROUP BY day ORDER BY day",
        wallet.customer_id,
    )
    return {row["day"]: row["units"] for row in rows}


async def cash(database: Database, wallet: Wallet, now: datetime) -> int:
    return (await balance(database, wallet.account_number, now=now))[0]


async def test_each_day_earns_on_what_was_there_at_its_end(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    (wallet,) = await earners(database, settings, owner, 10_000_00)
    spent = OPENED + 2 * DAY
    half = f.a_transfer(wallet.account_number, CARD_CLEARING, 5_000_00, at=spent)
    await f.post(database, half, now=spent)
    await work(database, OPENED + 4 * DAY)
    assert await accrued(owner, wallet) == {
        date(2026, 3, 1): YUAN_A_DAY,
        date(2026, 3, 2): YUAN_A_DAY,
        date(2026, 3, 3): YUAN_A_DAY // 2,
        date(2026, 3, 4): YUAN_A_DAY // 2,
    }


async def test_class_4_earns_nothing_and_a_raised_class_earns_from_its_day(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    named, anonymous = await some_wallets(database, settings.sealer(), 2, now=OPENED)
    for wallet in (named, anonymous):
        await f.post(
            database,
            f.a_transfer(CARD_CLEARING, wallet.account_number, 10_000_00, at=OPENED),
            now=OPENED,
        )
    async with database.write() as session:
        since = OPENED + 2 * DAY
        await note_class(session, named.customer_id, WalletClass.ID_PROVEN, since=since)
    await work(database, OPENED + 4 * DAY)
    assert await accrued(owner, named) == {
        date(2026, 3, 3): YUAN_A_DAY,
        date(2026, 3, 4): YUAN_A_DAY,
    }
    assert await accrued(owner, anonymous) == {}


async def test_a_quarter_is_paid_once_in_whole_fen_and_the_rest_stays_due(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    rich, poor, broke = await earners(database, settings, owner, 10_000_00, 1, 0)
    for now in (datetime(2026, 3, 20, 15, tzinfo=UTC), datetime(2026, 3, 20, 16, 1, tzinfo=UTC)):
        await work(database, now)
        assert await cash(database, rich, now) == 10_000_00, "not before the 21st"
    credited = datetime(2026, 3, 20, 16, 3, tzinfo=UTC)
    await work(database, credited)
    await work(database, credited + timedelta(hours=1))
    paid = 20 * YUAN_A_DAY // UNITS_PER_MINOR
    assert paid == 27
    assert await cash(database, rich, credited) == 10_000_00 + paid
    assert [await cash(database, each, credited) for each in (poor, broke)] == [1, 0]
    assert (await balance(database, ledger.INTEREST_EXPENSE))[0] == -paid
    async with database.read() as session:
        told = await interest.earned(session, rich, now=credited)
        page = await ledger.statement(session, rich.account_number, limit=1)
    assert told.paid is not None
    assert told.paid.minor == paid
    assert told.due_hundredths == (20 * YUAN_A_DAY * 100 // UNITS_PER_MINOR) - paid * 100
    assert (told.credited_on, told.rate_ppm) == (date(2026, 6, 21), 0), "by its class, as it is now"
    assert page.entries[0].kind is ledger.MovementKind.INTEREST
    assert page.entries[0].memo == "2026 Q1"
    assert await audit(database) == ()


@pytest.mark.parametrize(
    ("opened", "end"),
    [
        ("2026-03-18", "2026-03-21 01:00"),
        ("2026-03-18", "2026-04-20 01:00"),
        ("2026-05-30", "2026-06-22 01:00"),
        ("2026-12-15", "2027-01-05 01:00"),
        ("2028-02-27", "2028-03-22 01:00"),
    ],
    ids=["hours late", "a month late", "a quarter's end", "a year's end", "a leap day"],
)
async def test_days_that_were_missed_earn_and_pay_as_if_they_had_not_been(
    database: Database, settings: Settings, owner: asyncpg.Connection, opened: str, end: str
) -> None:
    noon = datetime.fromisoformat(f"{opened} 12:00+08:00")
    now = datetime.fromisoformat(f"{end}+08:00")
    (wallet,) = await earners(database, settings, owner, 1_000_000_00, opened=noon)
    for moment in (now, now - timedelta(hours=2), now):
        await work(database, moment)
    days = await accrued(owner, wallet)
    assert list(days) == [noon.date() + ahead * DAY for ahead in range((now - noon).days + 1)]
    quarters = await owner.fetch("SELECT settled FROM interest_settlements ORDER BY settled")
    expected, total, paid = [], 0, 0
    for day, units in days.items():
        assert units == (1_000_000_00 + paid) * 500, "interest earns from the day of its credit"
        total += units
        if (day.month, day.day) in {(3, 20), (6, 20), (9, 20), (12, 20)}:
            expected.append(day)
            paid = total // UNITS_PER_MINOR
    assert [row["settled"] for row in quarters] == expected
    assert len(expected) == 1
    assert await cash(database, wallet, now) == 1_000_000_00 + paid


async def test_a_late_movement_corrects_every_day_that_it_counts_for(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    (wallet,) = await earners(database, settings, owner, 10_000_00)
    await work(database, OPENED + 9 * DAY)
    now = OPENED + 9 * DAY + timedelta(minutes=1)
    back = dated(CARD_CLEARING, wallet.account_number, 10_000_00, at=now, on=date(2026, 3, 4))
    await f.post(database, back, now=now)
    await work(database, OPENED + 11 * DAY)
    days = await accrued(owner, wallet)
    assert [units // YUAN_A_DAY for units in days.values()] == [1, 1, 1, *[2] * 8]
    assert await balance_as_of(database, wallet.account_number, date(2026, 3, 5)) == 20_000_00


async def test_a_correction_after_the_payment_is_part_of_the_next(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    (wallet,) = await earners(database, settings, owner, 10_000_00)
    now = datetime(2026, 3, 22, 4, tzinfo=UTC)
    await work(database, now)
    away = dated(wallet.account_number, CARD_CLEARING, 10_000_00, at=now, on=date(2026, 3, 2))
    await f.post(database, away, now=now)
    await work(database, datetime(2026, 4, 2, 4, tzinfo=UTC))
    assert await cash(database, wallet, now) == 27, "nothing is taken back"
    async with database.read() as session:
        told = await interest.earned(session, wallet, now=now)
    assert told.due_hundredths == 0
    assert await audit(database) == ()


async def test_workers_at_once_and_retries_accrue_and_pay_once(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    wallets = await earners(database, settings, owner, 10_000_00, 20_000_00, 1_00)
    end = datetime(2026, 3, 21, 4, tzinfo=UTC)
    await asyncio.gather(*(work(database, end) for _ in range(4)))
    await owner.execute("UPDATE interest_progress SET day = '2026-03-18', phase = 'accrue'")
    before = await books(database)
    await asyncio.gather(*(work(database, end) for _ in range(4)))
    assert await books(database) == before
    assert [await cash(database, wallet, end) for wallet in wallets] == [
        10_000_27,
        20_000_55,
        1_00,
    ]
    assert await owner.fetchval("SELECT max(revision) FROM interest_accruals") == 0


async def test_a_closed_wallet_is_owed_what_it_earned(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    (wallet,) = await earners(database, settings, owner, 10_000_00)
    now = OPENED + 10 * DAY
    await work(database, OPENED + 3 * DAY)
    await f.post(
        database,
        f.a_transfer(wallet.account_number, CARD_CLEARING, 10_000_00, at=now),
        now=now,
    )
    async with database.write() as session:
        await interest.pay_out(session, wallet, now=now)
    assert (await balance(database, ledger.SUSPENSE))[0] == 10 * YUAN_A_DAY // UNITS_PER_MINOR == 13
    await work(database, datetime(2026, 3, 22, 4, tzinfo=UTC))
    assert await cash(database, wallet, now) == 0
    assert (await balance(database, ledger.INTEREST_EXPENSE))[0] == -13
    assert await audit(database) == ()


async def test_interest_passes_the_balance_cap_and_counts_against_no_limit(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    (wallet,) = await earners(database, settings, owner, 20_000_00)
    now = datetime(2026, 3, 21, 4, tzinfo=UTC)
    await work(database, now)
    assert await cash(database, wallet, now) == 20_000_55
    async with database.read() as session:
        told = await customers.limits(session, wallet.customer_id, now=now)
    used = {figure.figure.limit.value: figure.figure.used for figure in told.figures}
    assert used["day"] == 0


async def test_accruals_and_payments_are_never_changed(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    await earners(database, settings, owner, 10_000_00)
    await work(database, datetime(2026, 3, 22, 4, tzinfo=UTC))
    for table in ("interest_accruals", "interest_settlements"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await owner.execute(statement)
