"""Limits under the lock: races, batches, business days, and how many statements they take."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from factories.customers import NOON, a_wallet, fen, set_class, some_wallets, spend, yuan
from tael import customers
from tael.customers import SpendAct, WalletClass
from tael.customers.overview import limits
from tael.kernel import ids
from tael.kernel.database import Database, WriteSession
from tael.kernel.settings import Settings

Statement = Callable[..., Awaitable[object]]

LAST_SECOND = datetime(2026, 3, 10, 15, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 10, 16, tzinfo=UTC)
"""Midnight in Shanghai is four in the afternoon in Greenwich."""


async def used(owner: asyncpg.Connection, customer_id: object) -> tuple[int, int]:
    row = await owner.fetchrow(
        "SELECT day_used_minor, year_used_minor FROM customers_wallets WHERE customer_id = $1",
        customer_id,
    )
    assert row is not None
    return row["day_used_minor"], row["year_used_minor"]


async def test_fifty_requests_that_race_on_one_limit_never_pass_it(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    wallet = await a_wallet(database, settings.sealer())
    raced = await asyncio.gather(
        *(spend(database, wallet.customer_id, [yuan(300)]) for _ in range(50))
    )
    outcomes = [outcome for batch in raced for outcome in batch]
    assert outcomes.count(None) == 16, "16 × 300 fit into 5,000, a seventeenth does not"
    assert outcomes.count("customers.limit_exceeded") == 34
    assert await used(owner, wallet.customer_id) == (4_800_00, 4_800_00)


async def test_fifty_races_between_two_wallets_neither_deadlock_nor_pass_a_limit(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    pair = await some_wallets(database, settings.sealer(), 2)
    both = [wallet.customer_id for wallet in pair]

    async def spend_from(turn: int) -> None:
        async with database.write() as session:
            order = both if turn % 2 else both[::-1]
            use = await customers.lock_limit_use(session, order, now=NOON)
            for customer in order:
                if use.refuses(customer, SpendAct.TRANSFER, yuan(900)) is None:
                    use.add(customer, SpendAct.TRANSFER, yuan(900))
            await customers.write_limit_use(session, use)

    await asyncio.gather(*(spend_from(turn) for turn in range(50)))
    for customer in both:
        assert await used(owner, customer) == (4_500_00, 4_500_00)


async def test_a_batch_refuses_what_the_same_acts_alone_refuse(
    database: Database, settings: Settings
) -> None:
    batched, alone = await some_wallets(database, settings.sealer(), 2)
    amounts = [yuan(2_000), fen(2_000_01), yuan(1_999), yuan(1_000), yuan(1_000), fen(1), fen(100)]
    together = await spend(database, batched.customer_id, amounts)
    one_by_one = [
        outcome
        for amount in amounts
        for outcome in await spend(database, alone.customer_id, [amount])
    ]
    assert together == one_by_one
    assert together.count(None) == 4


async def test_the_day_ends_at_midnight_in_shanghai(database: Database, settings: Settings) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    assert await spend(database, wallet, [yuan(2_000)] * 2, now=LAST_SECOND) == [None, None]
    full = await spend(database, wallet, [fen(1_000_01)], now=LAST_SECOND)
    assert full == ["customers.limit_exceeded"]
    assert await spend(database, wallet, [fen(1_000_01)], now=MIDNIGHT) == [None]


async def test_the_year_ends_at_new_years_midnight_in_shanghai(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    for day in range(10):
        when = datetime(2026, 12, 1, 4, tzinfo=UTC) + timedelta(days=day)
        assert await spend(database, wallet, [yuan(2_000)] * 2, now=when) == [None, None]
        assert await spend(database, wallet, [yuan(1_000)], now=when) == [None]
    new_year = datetime(2026, 12, 31, 16, tzinfo=UTC)
    before = await spend(database, wallet, [fen(1)], now=new_year - timedelta(seconds=1))
    assert before == ["customers.limit_exceeded"]
    assert await spend(database, wallet, [fen(1)], now=new_year) == [None]
    assert await used(owner, wallet) == (1, 1)


async def test_a_process_whose_clock_is_behind_counts_on_the_later_day(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    assert await spend(database, wallet, [yuan(2_000)] * 2, now=MIDNIGHT) == [None, None]
    assert await spend(database, wallet, [yuan(2_000)], now=LAST_SECOND) == [
        "customers.limit_exceeded"
    ]
    assert await used(owner, wallet) == (4_000_00, 4_000_00)


async def test_an_upgrade_keeps_what_was_used_today(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    wallet = await a_wallet(database, settings.sealer())
    customer, act = wallet.customer_id, SpendAct.TRANSFER
    await spend(database, customer, [yuan(2_000), yuan(2_000), yuan(1_000)], act=act)
    await set_class(owner, wallet, WalletClass.ID_PROVEN)
    assert await spend(database, customer, [yuan(5_000), fen(1)], act=act) == [
        None,
        "customers.limit_exceeded",
    ]


async def test_a_declined_withdrawal_gives_its_use_back(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    await spend(database, wallet, [yuan(1_500)], act=SpendAct.WITHDRAWAL)
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [wallet], now=NOON)
        use.give_back(wallet, SpendAct.WITHDRAWAL, yuan(1_500), NOON)
        await customers.write_limit_use(session, use)
    assert await used(owner, wallet) == (0, 0)


async def test_room_for_arriving_money_is_kept_and_given_back(
    database: Database, settings: Settings
) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [wallet], now=NOON)
        assert use.refuses_credit(wallet, yuan(6_000), yuan(0)) is None
        use.reserve_credit(wallet, yuan(6_000))
        await customers.write_limit_use(session, use)
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [wallet], now=NOON)
        second = use.refuses_credit(wallet, yuan(6_000), yuan(0))
        assert second is not None
        assert second.code == "customers.balance_cap_exceeded"
        use.release_credit(wallet, yuan(6_000))
        assert use.refuses_credit(wallet, yuan(6_000), yuan(0)) is None
        with pytest.raises(AssertionError):
            use.release_credit(wallet, fen(1))


async def test_unknown_customers_are_refused_and_the_others_served(
    database: Database, settings: Settings
) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    nobody = ids.new_id()
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [nobody, wallet], now=NOON)
        for refused in (
            use.refuses(nobody, SpendAct.PAYMENT, fen(1)),
            use.refuses_credit(nobody, fen(1), fen(0)),
        ):
            assert refused is not None
            assert refused.code == "customers.wallet_not_found"
        with pytest.raises(customers.errors.WalletNotFound):
            use.wallet(nobody)
        assert [each.customer_id for each in use.wallets()] == [wallet]
        assert use.refuses(wallet, SpendAct.PAYMENT, fen(1)) is None


async def test_a_set_takes_one_statement_to_lock_and_one_to_write(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wallets = [wallet.customer_id for wallet in await some_wallets(database, settings.sealer(), 20)]
    statements: list[str] = []
    for name in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
        original = getattr(WriteSession, name)

        async def counted(
            self: WriteSession, sql: str, *rest: object, _original: Statement = original
        ) -> object:
            statements.append(sql)
            return await _original(self, sql, *rest)

        monkeypatch.setattr(WriteSession, name, counted)
    async with database.write() as session:
        use = await customers.lock_limit_use(session, wallets, now=NOON)
        for wallet in wallets:
            use.add(wallet, SpendAct.PAYMENT, yuan(1))
        await customers.write_limit_use(session, use)
        assert len(statements) == 2
        await customers.write_limit_use(session, use)
    assert len(statements) == 2, "nothing changed since, so nothing is written"


async def test_a_label_is_the_masked_phone_until_a_name_is_proven(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    wallet = await a_wallet(database, settings.sealer())
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [wallet.customer_id], now=NOON)
        assert use.wallet(wallet.customer_id).label == "138****1234"
    await owner.execute("UPDATE customers_wallets SET name_masked = '*小明'")
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [wallet.customer_id], now=NOON)
        locked = use.wallet(wallet.customer_id)
    assert locked.label == "*小明"
    assert locked.account_number == wallet.account_number
    assert (locked.wallet_class, locked.status.value) == (4, "active")


async def test_the_screen_and_the_lock_agree(database: Database, settings: Settings) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    await spend(database, wallet, [yuan(499)], act=SpendAct.STATIC_PAYMENT)
    async with database.read() as session:
        overview = await limits(session, wallet, now=NOON)
        left = {each.figure.limit.value: each.figure.left for each in overview.figures}
        for act in SpendAct:
            for amount in (fen(1_00), fen(1_01), yuan(2_000), fen(2_000_01), yuan(4_502)):
                asked = await customers.would_pass(session, wallet, act, amount, now=NOON)
                async with database.write() as writer:
                    use = await customers.lock_limit_use(writer, [wallet], now=NOON)
                    decided = use.refuses(wallet, act, amount)
                assert (asked and asked.details) == (decided and decided.details)
    assert left["static_code_day"] == 1_00
    assert left["day"] == 4_501_00
