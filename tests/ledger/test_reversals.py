"""A movement is undone by another, once; nothing that was written is edited."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from factories import ledger as f
from factories.ledger import NOON, fen
from tael import ledger
from tael.kernel import ids
from tael.kernel.database import Database
from tael.ledger.errors import (
    AccountClosed,
    AlreadyReversed,
    InsufficientFunds,
    MovementNotFound,
    ReversalStands,
)


async def test_both_movements_stay_and_name_each_other(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    moved = f.a_movement(
        ledger.Posting(alice, bob, fen(600)), ledger.Posting(alice, ledger.FEES, fen(3))
    )
    await f.post(database, moved)
    later = NOON + timedelta(days=2)
    made = await f.reverse(database, moved.id, now=later, memo="posted in error")
    assert await f.balance(database, alice) == (1_000, 0)
    assert await f.balance(database, bob) == (0, 0)
    async with database.read() as session:
        original = await ledger.posted_movement(session, moved.id)
        opposite = await ledger.posted_movement(session, made.id)
        entry = await ledger.entry(session, alice, made.id)
    assert (original.reversed_by, original.postings) == (made.id, moved.postings)
    assert (opposite.reverses, opposite.kind) == (moved.id, ledger.MovementKind.REVERSAL)
    assert (opposite.memo, opposite.at) == ("posted in error", later)
    assert opposite.effective_on == original.effective_on + timedelta(days=2)
    assert entry is not None
    assert (entry.amount, entry.direction) == (fen(603), ledger.Direction.IN)
    assert await f.audit(database) == ()


async def test_a_movement_is_reversed_once_however_many_ask(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    moved = f.a_transfer(alice, bob, 600)
    await f.post(database, moved)
    outcomes = await asyncio.gather(
        *(f.reverse(database, moved.id) for _ in range(10)), return_exceptions=True
    )
    made = [outcome for outcome in outcomes if isinstance(outcome, ledger.Movement)]
    assert len(made) == 1
    assert sum(isinstance(outcome, AlreadyReversed) for outcome in outcomes) == 9
    with pytest.raises(ReversalStands):
        await f.reverse(database, made[0].id)
    assert await f.balance(database, alice) == (1_000, 0)
    assert await f.audit(database) == ()


async def test_the_schema_refuses_a_second_reversal_whoever_writes_it(
    database: Database, owner: asyncpg.Connection
) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    moved = f.a_transfer(alice, bob, 600)
    await f.post(database, moved)
    await f.reverse(database, moved.id)
    with pytest.raises(asyncpg.UniqueViolationError, match="pk_ledger_reversals"):
        await owner.execute("INSERT INTO ledger_reversals VALUES ($1, $2)", moved.id, ids.new_id())


async def test_what_cannot_be_taken_back_stays(database: Database) -> None:
    alice, bob, shop = await f.funded(database, 1_000, 0, 0)
    moved = f.a_transfer(alice, bob, 600)
    await f.post(database, moved)
    await f.post(database, f.a_transfer(bob, shop, 600))
    async with database.write() as session:
        await ledger.close_account(session, bob, now=NOON)
    before = await f.books(database)
    with pytest.raises(AccountClosed):
        await f.reverse(database, moved.id)
    spent = f.a_transfer(alice, shop, 100)
    await f.post(database, spent)
    await f.hold(database, shop, alice, 650)
    with pytest.raises(InsufficientFunds) as refused:
        await f.reverse(database, spent.id)
    assert refused.value.details == {"short_by": fen(50)}
    with pytest.raises(MovementNotFound):
        await f.reverse(database, ledger.MovementId(ids.new_id()))
    assert (await f.books(database))[0] == before[0]
    assert await f.balance(database, shop) == (700, 650)
    assert await f.audit(database) == ()


async def test_an_effective_date_is_kept_beside_the_posting_date(database: Database) -> None:
    alice, bob = await f.funded(database, 1_000, 0)
    earlier = NOON.date() - timedelta(days=9)
    moved = f.a_transfer(alice, bob, 600)._replace(effective_on=earlier)
    await f.post(database, moved)
    async with database.read() as session:
        found = await ledger.posted_movement(session, moved.id)
    assert (found.effective_on, found.at) == (earlier, NOON)
    assert await f.audit(database) == ()
