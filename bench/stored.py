"""A bank with a past: millions of movements stored, and what is asked of them.

The past is written by COPY into the tables that the ledger writes, as the ledger would have
written it: every balance follows from the entries, and the auditor finds nothing to say.
"""

import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from asyncpg.pgproto import pgproto
from bench.population import Population

from tael import auditor, ledger
from tael.kernel.clock import SHANGHAI
from tael.kernel.database import AUDITOR_ROLE, Database, ReadSession

PART: Final = 50_000
PAST: Final = timedelta(days=20)
DEEP_SHARE: Final = 100
"""One movement in so many is of the one customer whose history is very long."""
HOT_SHARE: Final = 10
"""One movement in so many pays the one merchant whom everybody pays."""
ASKED: Final = 400
CHECK_TIMEOUT_S: Final = 1_800

_MOVEMENTS: Final = (
    "id", "kind", "reference", "payer_label", "payee_label", "memo", "at", "business_day",
    "effective_on",
)  # fmt: skip
_POSTINGS: Final = (
    "movement_id", "line", "currency", "debit", "credit", "amount", "debit_seq", "credit_seq",
    "debit_balance", "credit_balance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """What was stored, and whose histories are long."""

    movements: int
    seconds: float
    deep: ledger.AccountNumber
    hot: ledger.AccountNumber


async def fill(owner_dsn: str, people: Population, count: int) -> Past:
    """Store so many movements between these people, oldest first, ending now."""
    begun = time.perf_counter()
    owner = await asyncpg.connect(owner_dsn)
    try:
        rows = await owner.fetch(
            """
            SELECT number, balance, postings, holder
            FROM ledger_accounts
            WHERE currency = 'CNY' AND holder IS NOT NULL
            """
        )
        books = {row["number"]: [row["balance"], row["postings"]] for row in rows}
        holders = {row["holder"]: row["number"] for row in rows}
        payers = [holders[customer] for customer in people.customers]
        begin = datetime.now(UTC) - PAST
        for start in range(0, count, PART):
            part = range(start, min(start + PART, count))
            movements, postings = _part(part, begin + PAST * start / count, books, payers, people)
            await owner.copy_records_to_table(
                "ledger_movements", records=movements, columns=_MOVEMENTS
            )
            await owner.copy_records_to_table(
                "ledger_postings", records=postings, columns=_POSTINGS
            )
        await owner.execute(
            """
            UPDATE ledger_accounts AS a
            SET balance = n.balance, postings = n.postings, posted_at = now()
            FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS n (number, balance, postings)
            WHERE a.currency = 'CNY' AND a.number = n.number
            """,
            list(books),
            [balance for balance, _ in books.values()],
            [postings for _, postings in books.values()],
        )
        await owner.execute("VACUUM ANALYZE ledger_accounts, ledger_movements, ledger_postings")
        await owner.execute("CHECKPOINT")
    finally:
        await owner.close()
    return Past(count, time.perf_counter() - begun, payers[0], people.merchants[0])


def _part(
    part: range,
    at: datetime,
    books: dict[int, list[int]],
    payers: list[ledger.AccountNumber],
    people: Population,
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Movements and postings of one moment; `books` goes along."""
    movements: list[tuple[Any, ...]] = []
    postings: list[tuple[Any, ...]] = []
    day = at.astimezone(SHANGHAI).date()
    stamp = int(at.timestamp() * 1000).to_bytes(6, "big")
    for number in part:
        movement = _id(stamp, number)
        payer = payers[0 if number % DEEP_SHARE == 0 else int(random.random() * len(payers))]
        payee = people.merchants[
            0 if number % HOT_SHARE == 0 else int(random.random() * len(people.merchants))
        ]
        amount = 1 + number % 20
        debit, credit = books[payer], books[payee]
        debit[0] -= amount
        debit[1] += 1
        credit[0] += amount
        credit[1] += 1
        movements.append(
            (
                movement,
                "payment",
                movement,
                "*小明",
                "示例面馆 Demo Noodles",
                "牛肉面",
                at,
                day,
                day,
            )
        )
        postings.append(
            (movement, 1, "CNY", payer, payee, amount, debit[1], credit[1], debit[0], credit[0])
        )
    return movements, postings


def _id(stamp: bytes, number: int) -> UUID:
    """A UUIDv7 of that millisecond, in the order of its number."""
    tail = number.to_bytes(8, "big") + os.urandom(4)
    made: UUID = pgproto.UUID(
        stamp + bytes((0x70 | tail[3] & 15, tail[4], 0x80 | tail[5] & 63)) + tail[5:12]
    )
    return made


async def ask(database: Database, past: Past) -> dict[str, float]:
    """The 99th centile of what people ask of a long past, in milliseconds."""
    async with database.read() as session:
        accounts = [
            ledger.AccountNumber(row["number"])
            for row in await session.fetch(
                """
                SELECT number
                FROM ledger_accounts
                WHERE currency = 'CNY' AND holder IS NOT NULL
                ORDER BY number
                LIMIT 1000
                """
            )
        ]
        last: int = await session.fetchval(
            "SELECT postings FROM ledger_accounts WHERE currency = 'CNY' AND number = $1",
            past.deep,
        )

        async def first_page(session: ReadSession) -> None:
            await ledger.statement(session, random.choice(accounts))

        async def deep_page(session: ReadSession) -> None:
            await ledger.statement(session, past.deep, before=1 + random.randrange(last))

        async def as_of(session: ReadSession) -> None:
            moment = datetime.now(UTC) - PAST * random.random()
            account = random.choice([past.deep, past.hot, *accounts[:2]])
            await ledger.balance_as_of(session, account, moment)

        return {
            "first_page_p99_ms": await _p99(session, first_page),
            "deep_page_p99_ms": await _p99(session, deep_page),
            "balance_as_of_p99_ms": await _p99(session, as_of),
        }


async def _p99(session: ReadSession, question: Callable[[ReadSession], Awaitable[None]]) -> float:
    took = []
    for _ in range(ASKED):
        begin = time.perf_counter()
        await question(session)
        took.append((time.perf_counter() - begin) * 1000)
    return statistics.quantiles(took[ASKED // 10 :], n=100)[98]


async def check_s(dsn: str) -> tuple[float, auditor.Report]:
    """How long the auditor takes for all of it, and what he found."""
    async with _auditing(dsn) as session:
        begin = time.perf_counter()
        report = await auditor.check(session, books_only=True)
        return time.perf_counter() - begin, report


@asynccontextmanager
async def _auditing(dsn: str) -> AsyncIterator[ReadSession]:
    database = await Database.open(dsn, role=AUDITOR_ROLE)
    try:
        async with database.snapshot() as session:
            await session.fetchval(
                "SELECT set_config('statement_timeout', $1, true)", f"{CHECK_TIMEOUT_S}s"
            )
            yield session
    finally:
        await database.close()
