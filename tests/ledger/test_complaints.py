"""What users of other ledgers complained about, replayed here: refused, or right.

Each test names the complaint. The one about a key that is replayed with another body is an
API's: `tests/api/hostile/test_storms.py` and `tests/api/payments` replay it over HTTP.
"""

import asyncio
from datetime import timedelta

import pytest

from factories import ledger as f
from factories.ledger import NOON, fen
from tael import ledger
from tael.kernel import ids
from tael.kernel.database import Database
from tael.ledger.errors import (
    CaptureExceedsHold,
    HoldExpired,
    HoldNotOpen,
    InsufficientFunds,
)


async def test_a_hold_above_the_balance_is_refused(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    before = await f.books(database)
    async with database.write() as session:
        book = await ledger.lock(session, [alice, shop], now=NOON)
        refusal = book.refuses_debit(alice, fen(1_001))
        assert isinstance(refusal, InsufficientFunds)
        # Whoever does not ask fails on the assertion, and nothing is written.
        with pytest.raises(AssertionError):
            book.hold(
                f.a_hold_id(),
                account=alice,
                to=shop,
                amount=fen(1_001),
                expires_at=NOON + timedelta(minutes=1),
                reference=ids.new_id(),
            )
        await ledger.write(session, book)
    assert await f.books(database) == before
    assert await f.audit(database) == ()


async def test_a_rejected_hold_is_not_applied_later(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    rejected = f.AHold(f.a_hold_id(), alice, shop)
    with pytest.raises(AssertionError):
        await f.hold(database, alice, shop, 1_500)
    # The money comes in; what was refused before stays refused, and is not there to be taken.
    await f.post(database, f.a_transfer(ledger.CARD_CLEARING, alice, 1_000))
    assert await f.balance(database, alice) == (2_000, 0)
    with pytest.raises(HoldNotOpen) as refused:
        await f.capture(database, rejected, 1_500)
    assert refused.value.details == {"state": "unknown"}
    assert await f.balance(database, alice) == (2_000, 0)
    assert await f.audit(database) == ()


async def test_holds_made_in_bulk_can_be_captured_in_bulk(database: Database) -> None:
    alice, bob, shop = await f.funded(database, 5_000, 5_000, 0)
    holds = [f.AHold(f.a_hold_id(), payer, shop) for payer in [alice, bob] * 20]
    async with database.write() as session:
        book = await ledger.lock(session, [alice, bob, shop], now=NOON)
        for held in holds:
            book.hold(
                held.id,
                account=held.account,
                to=shop,
                amount=fen(250),
                expires_at=NOON + timedelta(minutes=1),
                reference=ids.new_id(),
            )
        await ledger.write(session, book)
    assert await f.balance(database, alice) == (5_000, 5_000)
    async with database.write() as session:
        book = await ledger.lock(
            session, [alice, bob, shop], now=NOON, holds=[held.id for held in holds]
        )
        for held in holds:
            book.capture(held.id, fen(200), f.a_transfer(held.account, shop, 200), final=False)
        await ledger.write(session, book)
    assert await f.balance(database, alice) == (1_000, 1_000)
    assert await f.balance(database, shop) == (8_000, 0)
    for held in holds[:2]:
        await f.capture(database, held, 50)
        with pytest.raises(HoldNotOpen):
            await f.capture(database, held, 1)
    assert await f.audit(database) == ()


async def test_a_hold_is_voided_once_and_releases_once(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600)
    other = await f.hold(database, alice, shop, 400)
    outcomes = await asyncio.gather(
        *(f.void(database, made) for _ in range(10)), return_exceptions=True
    )
    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, HoldNotOpen) for outcome in outcomes) == 9
    assert await f.balance(database, alice) == (1_000, 400)
    with pytest.raises(HoldNotOpen):
        await f.capture(database, made, 1)
    await f.void(database, other)
    assert await f.balance(database, alice) == (1_000, 0)
    assert await f.audit(database) == ()


async def test_one_pending_movement_sent_twice_at_once_is_committed_once(
    database: Database,
) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600)
    locked = asyncio.Event()

    async def first() -> None:
        async with database.write() as session:
            book = await ledger.lock(session, [alice, shop], now=NOON, holds=[made.id])
            locked.set()
            movement = f.a_transfer(alice, shop, 600)
            book.capture(made.id, None, movement, final=True)
            await ledger.write(session, book)

    async def second() -> None:
        await locked.wait()
        await f.capture(database, made, 600)

    outcomes = await asyncio.gather(first(), second(), return_exceptions=True)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], HoldNotOpen)
    # And in one set, where both are decided in one book.
    again = await f.hold(database, alice, shop, 300)
    async with database.write() as session:
        book = await ledger.lock(session, [alice, shop], now=NOON, holds=[again.id])
        book.capture(again.id, None, f.a_transfer(alice, shop, 300), final=True)
        assert isinstance(book.refuses_capture(again.id), HoldNotOpen)
        await ledger.write(session, book)
    assert await f.balance(database, alice) == (100, 0)
    assert await f.balance(database, shop) == (900, 0)
    assert await f.audit(database) == ()


async def test_to_cancel_a_hold_that_overdraws_conserves_every_unit(database: Database) -> None:
    """An account of the bank's own has no floor: a hold on it may exceed what it has."""
    alice, bob = await f.funded(database, 500, 0)
    before = await f.books(database)
    made = await f.hold(database, ledger.FEES, alice, 10_000)
    assert await f.balance(database, ledger.FEES) == (0, 10_000)
    await f.void(database, made)
    assert await f.books(database) == before
    taken = await f.hold(database, ledger.FEES, alice, 10_000)
    await f.capture(database, taken, 4_000)
    await f.void(database, taken)
    assert await f.balance(database, ledger.FEES) == (-4_000, 0)
    assert await f.balance(database, alice) == (4_500, 0)
    assert await f.balance(database, bob) == (0, 0)
    assert await f.audit(database) == ()


async def test_two_parts_at_once_take_no_more_than_was_held(database: Database) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600)
    outcomes = await asyncio.gather(
        *(f.capture(database, made, 250) for _ in range(12)), return_exceptions=True
    )
    assert sum(isinstance(outcome, ledger.Movement) for outcome in outcomes) == 2
    assert sum(isinstance(outcome, CaptureExceedsHold) for outcome in outcomes) == 10
    assert await f.balance(database, alice) == (500, 100)
    assert await f.audit(database) == ()


async def test_what_is_left_at_the_deadline_is_free_and_what_was_taken_stays(
    database: Database,
) -> None:
    alice, shop = await f.funded(database, 1_000, 0)
    made = await f.hold(database, alice, shop, 600)
    await f.capture(database, made, 250)
    after = NOON + timedelta(minutes=10)
    assert await f.balance(database, alice) == (750, 350)
    assert await f.balance(database, alice, now=after) == (750, 0)
    with pytest.raises(HoldExpired):
        await f.capture(database, made, 1, now=after)
    await f.post(database, f.a_transfer(alice, shop, 750, at=after), now=after)
    assert await f.balance(database, alice, now=after) == (0, 0)
    assert await f.audit(database) == ()
