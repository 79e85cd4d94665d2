"""Periods of an account: every entry in exactly one, each chained to the next by its balance."""

import itertools
from datetime import datetime, timedelta
from random import Random

import pytest

from factories.ledger import NOON, a_transfer, funded, post
from tael import ledger
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money


async def _lived(database: Database, minutes: list[int]) -> ledger.AccountNumber:
    """An account with one entry at each of these minutes after noon, in this order."""
    alice, bob = await funded(database, 100_000, 100_000)
    for count, minute in enumerate(minutes):
        at = NOON + timedelta(minutes=minute)
        pair = (alice, bob) if count % 3 else (bob, alice)
        await post(database, a_transfer(*pair, 100 + count, at=at), now=at)
    return alice


def _at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


async def test_every_entry_is_in_one_period_and_the_balances_chain(database: Database) -> None:
    chance = Random(20261122)
    minutes = sorted(chance.randrange(1, 500) for _ in range(40))
    alice = await _lived(database, minutes)
    moments = [_at(-1), *(_at(m) for m in range(0, 501, 50))]
    async with database.read() as session:
        cuts = await ledger.cuts(session, alice, moments)
        seen: list[int] = []
        balance = Money(0, CNY)
        for first, end in itertools.pairwise(cuts):
            entries = await ledger.period(session, alice, first.sequence, end.sequence)
            assert all(first.at <= line.entry.at < end.at for line in entries)
            assert first.balance == balance
            sums = await ledger.sums(session, alice, first, end)
            balance = balance + sums.total_in - sums.total_out
            assert end.balance == balance
            assert sums.entries_in + sums.entries_out == len(entries)
            seen += [line.entry.sequence for line in entries]
    assert seen == list(range(1, 42))


async def test_pages_of_a_period_neither_skip_nor_repeat(database: Database) -> None:
    alice = await _lived(database, list(range(1, 20)))
    seen: list[int] = []
    async with database.read() as session:
        [end] = await ledger.cuts(session, alice, [_at(1000)])
        while len(seen) < end.sequence - 1:
            after = seen[-1] + 1 if seen else 1
            page = await ledger.period(session, alice, after, end.sequence, limit=3)
            seen += [line.entry.sequence for line in page]
    assert seen == list(range(1, 21))


@pytest.mark.parametrize("late_s", [1, 60])
async def test_what_is_written_late_counts_to_the_period_that_had_begun(
    database: Database, late_s: int
) -> None:
    alice, bob = await funded(database, 10_000, 0)
    border = NOON + timedelta(hours=1)
    before, after = border - timedelta(seconds=late_s), border + timedelta(seconds=1)
    await post(database, a_transfer(alice, bob, 1, at=after), now=after)
    await post(database, a_transfer(alice, bob, 2, at=before), now=before)
    async with database.read() as session:
        [cut] = await ledger.cuts(session, alice, [border])
    assert (cut.sequence, cut.balance) == (2, Money(10_000, CNY))


async def test_an_account_without_entries_has_empty_periods(database: Database) -> None:
    [alice] = await funded(database, 0)
    async with database.read() as session:
        first, end = await ledger.cuts(session, alice, [_at(0), _at(9)])
        assert (first.sequence, end.sequence) == (1, 1)
        assert await ledger.period(session, alice, 1, 1) == []
        assert (await ledger.sums(session, alice, first, end)).entries_in == 0
