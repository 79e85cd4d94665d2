"""The ledger on a real PostgreSQL: what is written, what is refused, and how often it asks."""

import asyncio
import itertools
from datetime import timedelta

import asyncpg
import pytest

from factories import ledger as f
from factories.ledger import NOON, fen
from tael import ledger
from tael.kernel import ids
from tael.kernel.database import Database, Row, WriteSession
from tael.kernel.money import CNY, PTS, Money
from tael.ledger import CARD_CLEARING, AccountKind, Direction
from tael.ledger.errors import (
    AccountClosed,
    AccountNotEmpty,
    CaptureExceedsHold,
    HoldExpired,
    HoldNotOpen,
    InsufficientFunds,
)
from tael.ledger.jobs import sweep_holds


class Counting(WriteSession):
    """A session that counts its statements."""

    __slots__ = ("statements",)

    def __init__(self, session: WriteSession) -> None:
        super().__init__(session._connection, clock_moves=session.clock_moves)
        self.statements = 0

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        self.statements += 1
        return await super().fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: object) -> Row | None:
        self.statements += 1
        return await super().fetchrow(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> str:
        self.statements += 1
        return await super().execute(sql, *arguments)


async def test_money_moves_and_both_statements_show_it(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    moved = f.a_transfer(alice, bob, 300, memo="午饭")
    await f.post(database, moved)
    assert await f.balance(database, alice) == (700, 0)
    assert await f.balance(database, bob) == (300, 0)
    async with database.read() as session:
        paid = await ledger.statement(session, alice, limit=1)
        received = await ledger.statement(session, bob, limit=1)
    (out,), (into,) = paid.entries, received.entries
    assert (out.direction, out.counterparty, out.balance_after) == (
        Direction.OUT,
        "*丽华",
        fen(700),
    )
    assert (into.direction, into.counterparty, into.own_label) == (Direction.IN, "*小明", "*丽华")
    assert (into.movement, into.memo, into.amount) == (moved.id, "午饭", fen(300))
    assert (out.sequence, into.sequence) == (2, 1)
    assert await f.audit(database) == ()


async def test_a_set_of_movements_costs_two_statements(database: Database) -> None:
    numbers = await f.funded(database, *[100] * 20)
    async with database.write() as plain:
        session = Counting(plain)
        book = await ledger.lock(session, numbers, now=NOON)
        for payer, payee in itertools.pairwise(numbers):
            book.post(f.a_transfer(payer, payee, 5))
        await ledger.write(session, book)
        assert session.statements == 2
    assert await f.audit(database) == ()


async def test_a_set_in_which_all_is_refused_writes_nothing(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 0)
    before = await f.books(database)
    async with database.write() as plain:
        session = Counting(plain)
        book = await ledger.lock(session, [alice, bob], now=NOON)
        assert isinstance(book.refuses_debit(alice, fen(101)), InsufficientFunds)
        await ledger.write(session, book)
        assert session.statements == 1
    assert await f.books(database) == before


async def test_to_lock_an_account_that_does_not_exist_is_a_bug(database: Database) -> None:
    async with database.write() as session:
        with pytest.raises(AssertionError):
            await ledger.lock(session, [ledger.AccountNumber(99)], now=NOON)


async def test_a_book_that_somebody_overtook_is_not_written(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 0)
    before = await f.books(database)

    async def overtaken() -> None:
        async with database.write() as session:
            book = await ledger.lock(session, [alice, bob], now=NOON)
            book.accounts[alice].read_postings -= 1
            book.post(f.a_transfer(alice, bob, 1))
            await ledger.write(session, book)

    with pytest.raises(AssertionError, match="wrote"):
        await overtaken()
    assert await f.books(database) == before


async def test_a_book_is_written_once(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 0)
    async with database.write() as session:
        book = await ledger.lock(session, [alice, bob], now=NOON)
        book.post(f.a_transfer(alice, bob, 1))
        await ledger.write(session, book)
        with pytest.raises(AssertionError):
            await ledger.write(session, book)


async def test_points_are_kept_apart_from_money(database: Database) -> None:
    points = await f.an_account(database, PTS)
    async with database.write() as session:
        book = await ledger.lock(session, [ledger.POINTS_ISSUED, points], now=NOON, currency=PTS)
        grant = ledger.Posting(ledger.POINTS_ISSUED, points, ledger_points(50))
        book.post(f.a_movement(grant))
        await ledger.write(session, book)
    async with database.read() as session:
        found = await ledger.balance(session, points, now=NOON, currency=PTS)
        rows = await ledger.trial_balance(session)
    assert found.available == ledger_points(50)
    for currency in (CNY, PTS):
        assert sum(row.balance.minor for row in rows if row.currency == currency) == 0
    assert await f.audit(database) == ()


def ledger_points(count: int) -> Money:
    return Money(count, PTS)


async def test_a_hold_reserves_and_its_capture_pays(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600)
    assert await f.balance(database, alice) == (1_000, 600)
    async with database.write() as session:
        book = await ledger.lock(session, [alice], now=NOON)
        assert isinstance(book.refuses_debit(alice, fen(401)), InsufficientFunds)
    await f.capture(database, made, 400, final=True)
    assert await f.balance(database, alice) == (600, 0)
    assert await f.balance(database, shop) == (400, 0)
    assert await f.audit(database) == ()


async def test_a_hold_ends_once_in_the_books_too(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600)
    with pytest.raises(CaptureExceedsHold):
        await f.capture(database, made, 601)
    await f.void(database, made)
    before = await f.books(database)
    with pytest.raises(HoldNotOpen):
        await f.void(database, made)
    with pytest.raises(HoldNotOpen):
        await f.capture(database, made, 1)
    assert await f.books(database) == before
    assert await f.audit(database) == ()


async def test_a_hold_is_dead_at_its_deadline_for_every_reader(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600, life=timedelta(minutes=10))
    after = NOON + timedelta(minutes=10)
    assert await f.balance(database, alice, now=after - timedelta(seconds=1)) == (1_000, 600)
    assert await f.balance(database, alice, now=after) == (1_000, 0)
    with pytest.raises(HoldExpired):
        await f.capture(database, made, 1, now=after)
    assert await f.audit(database) == ()


async def test_spending_releases_what_is_due_first(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    await f.hold(database, alice, shop, 600)
    after = NOON + timedelta(minutes=10)
    await f.post(database, f.a_transfer(alice, shop, 1_000, at=after), now=after)
    assert await f.balance(database, alice, now=after) == (0, 0)
    assert await f.audit(database) == ()


async def test_the_sweep_releases_what_nobody_asked_about(
    database: Database, owner: asyncpg.Connection
) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    await f.hold(database, alice, shop, 600)
    # The sweep goes by the bank's clock, which is far beyond this hold's deadline.
    await sweep_holds(database)
    assert await owner.fetchval("SELECT state FROM ledger_holds") == "expired"
    assert await owner.fetchval("SELECT held FROM ledger_accounts WHERE number = $1", alice) == 0
    await sweep_holds(database)
    assert await f.audit(database) == ()


async def test_an_account_closes_when_it_is_empty_and_stays_closed(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 0)

    async def close() -> None:
        async with database.write() as session:
            await ledger.close_account(session, alice, now=NOON)

    with pytest.raises(AccountNotEmpty) as refused:
        await close()
    assert refused.value.details == {"balance": fen(100), "held": fen(0)}
    await f.post(database, f.a_transfer(alice, bob, 100))
    await close()
    with pytest.raises(AccountClosed):
        await close()
    async with database.write() as session:
        book = await ledger.lock(session, [alice], now=NOON)
        assert isinstance(book.refuses_credit(alice), AccountClosed)
    assert await f.audit(database) == ()


async def test_an_account_with_a_dead_hold_can_close(database: Database) -> None:
    alice, shop, bob = await f.funded(database, 100, 0, 0)
    await f.hold(database, alice, shop, 100)
    after = NOON + timedelta(minutes=10)
    await f.post(database, f.a_transfer(alice, bob, 100, at=after), now=after)
    async with database.write() as session:
        await ledger.close_account(session, alice, now=after)
    assert await f.audit(database) == ()


async def test_an_entry_is_found_from_both_sides_and_from_no_other(database: Database) -> None:
    alice, bob, eve = await f.funded(database, 100, 0, 0)
    moved = f.a_movement(
        ledger.Posting(alice, bob, fen(60)), ledger.Posting(alice, ledger.FEES, fen(1))
    )
    await f.post(database, moved)
    async with database.read() as session:
        paid = await ledger.entry(session, alice, moved.id)
        received = await ledger.entry(session, bob, moved.id)
        nothing = await ledger.entry(session, eve, moved.id)
    assert paid is not None
    assert (paid.amount, paid.direction, paid.balance_after) == (fen(61), Direction.OUT, fen(39))
    assert received is not None
    assert (received.amount, received.direction) == (fen(60), Direction.IN)
    assert nothing is None


async def test_fifty_spenders_of_one_balance_spend_it_once(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)

    async def spend() -> bool:
        async with database.write() as session:
            book = await ledger.lock(session, [alice, shop], now=NOON)
            if book.refuses_debit(alice, fen(300)):
                return False
            await asyncio.sleep(0)
            book.post(f.a_transfer(alice, shop, 300))
            await ledger.write(session, book)
            return True

    outcomes = await asyncio.gather(*(spend() for _ in range(50)))
    assert sum(outcomes) == 3
    assert await f.balance(database, alice) == (100, 0)
    assert await f.balance(database, shop) == (900, 0)
    assert await f.audit(database) == ()


async def test_fifty_captures_of_one_hold_take_it_once(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 300)

    async def take() -> bool:
        try:
            await f.capture(database, made, 300)
        except HoldNotOpen:
            return False
        return True

    outcomes = await asyncio.gather(*(take() for _ in range(50)))
    assert sum(outcomes) == 1
    assert await f.balance(database, alice) == (700, 0)
    assert await f.audit(database) == ()


async def test_crossing_transfers_never_deadlock(database: Database) -> None:
    numbers = await f.funded(database, *[10_000] * 6)

    async def send(index: int) -> None:
        payer, payee = numbers[index % 6], numbers[(index * 5 + 1) % 6]
        if payer != payee:
            await f.post(database, f.a_transfer(payer, payee, 1 + index))

    await asyncio.gather(*(send(index) for index in range(60)))
    total = [await f.balance(database, number) for number in numbers]
    assert sum(minor for minor, _ in total) == 60_000
    assert await f.audit(database) == ()


async def test_account_numbers_of_holders_are_not_the_bank_s_own(database: Database) -> None:
    async with database.write() as session:
        number = await ledger.open_account(
            session, kind=AccountKind.MERCHANT_PAYABLE, currency=CNY, holder=ids.new_id()
        )
    assert number >= 100_000 > CARD_CLEARING


async def test_a_receipt_s_number_is_of_its_day_and_its_movement(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 0)
    moved = [f.a_transfer(alice, bob, 1) for _ in range(3)]
    numbers = {ledger.receipt_number(movement.id, movement.at) for movement in moved}
    assert len(numbers) == 3
    for number in numbers:
        assert number.startswith("20260310")
        assert (len(number), number.isdigit()) == (27, True)


async def test_money_that_only_passed_through_shows_as_it_left(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 50)
    passed = f.a_movement(
        ledger.Posting(bob, alice, fen(30)), ledger.Posting(alice, ledger.FEES, fen(30))
    )
    await f.post(database, passed)
    async with database.read() as session:
        seen = await ledger.entry(session, alice, passed.id)
        page = await ledger.statement(session, alice, limit=1)
        came_in = await ledger.statement(
            session, alice, filters=ledger.Filters(direction=Direction.IN)
        )
    assert seen is not None
    assert page.entries == (seen,)
    assert [entry.amount for entry in came_in.entries] == [fen(100)]
    assert (seen.amount, seen.direction, seen.balance_after) == (fen(30), Direction.OUT, fen(100))
