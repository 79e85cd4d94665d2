"""Searching long histories: the bigrams find what reading along finds, and nothing else."""

import asyncio
import random

import asyncpg
import pytest

from factories import ledger as f
from tael import ledger
from tael.kernel.database import Database
from tael.ledger import search
from tael.ledger.jobs import index_long_histories

MEMOS = [
    "午饭",
    "晚饭 AA",
    "房租 rent 三月",
    "红包",
    "Coffee & cake",
    "100%_off",
    "牛肉面",
    "",
    "面",
    "Straße 9",
]
WORDS = [
    *("午饭", "饭", "饭 A", "房租", "rent", "RENT", "租 r", "红包", "包红", "coffee", "e & c"),
    *("%_", "肉面", "面馆", "straße", "丽华", "*丽", "小明", "没有", "a", "华\n午", " "),
]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Histories are long already when they are short, and indexed in small sets."""
    monkeypatch.setattr(search, "TAIL_MAX", 4)
    monkeypatch.setattr(search, "SET_MAX", 7)


async def a_history(database: Database, length: int) -> tuple[ledger.AccountNumber, list[str]]:
    """An account that was paid and has paid; its entries' words, newest first."""
    chance = random.Random(7)
    alice, bob = await f.funded(database, 100_000, 100_000)
    transfers, words = [], ["*小明\n"]
    for _ in range(length):
        memo = chance.choice(MEMOS)
        if chance.random() < 0.5:
            transfers.append(f.a_transfer(alice, bob, 1, memo=memo))
            words.append(f"*丽华\n{memo}")
        else:
            transfers.append(f.a_transfer(bob, alice, 1, memo=memo))
            words.append(f"*小明\n{memo}")
    await f.post(database, *transfers)
    return alice, words[::-1]


async def found(
    database: Database, number: ledger.AccountNumber, words: str, limit: int
) -> list[int]:
    """The numbers of all entries that a search finds, page by page."""
    numbers: list[int] = []
    before = None
    async with database.read() as session:
        while True:
            filters = ledger.Filters(words=words)
            page = await ledger.statement(
                session, number, filters=filters, before=before, limit=limit
            )
            numbers += [entry.sequence for entry in page.entries]
            before = page.next_before
            if before is None:
                return numbers


@pytest.mark.usefixtures("soon")
async def test_what_is_indexed_is_found_as_by_reading_along(
    database: Database, owner: asyncpg.Connection
) -> None:
    number, texts = await a_history(database, 60)
    expected = {
        words: [
            len(texts) - place for place, text in enumerate(texts) if words.lower() in text.lower()
        ]
        for words in WORDS
    }
    for words in WORDS:
        assert await found(database, number, words, 7) == expected[words], words
    await index_long_histories(database)
    assert await owner.fetchval("SELECT count(*) FROM ledger_search WHERE account = $1", number)
    for words in WORDS:
        assert await found(database, number, words, 7) == expected[words], words


@pytest.mark.usefixtures("soon")
async def test_what_came_after_the_index_is_found_too_and_other_filters_hold(
    database: Database,
) -> None:
    alice, bob = await f.funded(database, 1_000, 1_000)
    for memo in ("午饭 1", "房租", "午饭 2", "午饭 3", "晚饭"):
        await f.post(database, f.a_transfer(alice, bob, 1, memo=memo))
    await index_long_histories(database)
    await f.post(database, f.a_transfer(bob, alice, 5, memo="午饭 4"))
    async with database.read() as session:
        every = await ledger.statement(session, alice, filters=ledger.Filters(words="午饭"))
        paid = await ledger.statement(
            session,
            alice,
            filters=ledger.Filters(words="午饭", direction=ledger.Direction.OUT, amount_max=1),
            limit=2,
        )
    assert [entry.memo for entry in every.entries] == ["午饭 4", "午饭 3", "午饭 2", "午饭 1"]
    assert [entry.memo for entry in paid.entries] == ["午饭 3", "午饭 2"]
    assert paid.next_before == paid.entries[-1].sequence


@pytest.mark.usefixtures("soon")
async def test_two_workers_index_each_entry_once(
    database: Database, owner: asyncpg.Connection
) -> None:
    await a_history(database, 40)
    await asyncio.gather(*(index_long_histories(database) for _ in range(4)))
    rows = await owner.fetch(
        """
        SELECT m.indexed_to, (SELECT count(*) FROM ledger_search AS s WHERE s.account = m.account)
        FROM ledger_search_marks AS m
        """
    )
    assert len(rows) == 2
    for row in rows:
        assert row[0] == row[1] >= 38


async def test_a_short_history_is_not_indexed(
    database: Database, owner: asyncpg.Connection
) -> None:
    await a_history(database, 40)
    await index_long_histories(database)
    assert await owner.fetchval("SELECT count(*) FROM ledger_search") == 0


async def test_a_search_looks_at_its_own_account_only(owner: asyncpg.Connection) -> None:
    grams = [
        set(await owner.fetchval("SELECT ledger_grams($1, '午饭 lunch')", number))
        for number in (100_001, 100_002)
    ]
    assert len(grams[0]) == len("午饭 lunch") - 1
    assert not grams[0] & grams[1]


@pytest.mark.parametrize("words", ["", "午"])
async def test_a_text_without_bigrams_has_none(owner: asyncpg.Connection, words: str) -> None:
    assert await owner.fetchval("SELECT ledger_grams(1, $1)", words) == []
