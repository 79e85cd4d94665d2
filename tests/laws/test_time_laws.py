"""Laws of time: what is told as of a moment is what adding up every entry tells.

The books are asked through their search by halves; the model reads every entry there is and adds
up those that count. Clocks run backwards between writers, and movements are dated to any day.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import ledger as f
from factories.ledger import NOON
from tael import ledger
from tael.kernel.clock import SHANGHAI, business_day
from tael.kernel.database import Database
from tael.ledger import CARD_CLEARING, AccountNumber, Span
from tael.sandbox import PostgresServer

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Act:
    """One book: at which hour, and what moves in it, dated how many days off."""

    hour: int
    moves: tuple[tuple[bool, int, int | None], ...]


moves = st.tuples(st.booleans(), st.integers(1, 500), st.none() | st.integers(-3, 2))
acts = st.lists(
    st.builds(Act, st.integers(0, 120), st.lists(moves, min_size=1, max_size=3).map(tuple)),
    min_size=1,
    max_size=12,
)
hours = st.integers(-100, 200)
whole_days = st.integers(-5, 9).map(lambda ahead: business_day(NOON) + timedelta(days=ahead))
moments = hours.map(lambda hour: NOON + hour * HOUR) | whole_days
questions = st.lists(st.tuples(moments, st.none() | moments), min_size=1, max_size=6)

Told: TypeAlias = tuple[datetime, datetime, int]
"""When an entry was posted, from when it counts, and what it changes."""


@pytest.fixture
def books(server: PostgresServer, template: str) -> Iterator["Books"]:
    """A database for all examples: each makes accounts of its own in it."""
    with asyncio.Runner() as runner:
        made = Books(server, template, runner)
        yield made
        made.close()


class Books:
    """A database and the loop that it is asked in."""

    def __init__(self, server: PostgresServer, template: str, runner: asyncio.Runner) -> None:
        self.run = runner.run
        self._admin: asyncpg.Connection = self.run(asyncpg.connect(server.dsn_of("postgres")))
        self.run(self._admin.execute(f"CREATE DATABASE time_laws TEMPLATE {template}"))
        self.database: Database = self.run(Database.open(server.dsn_of("time_laws")))

    def close(self) -> None:
        self.run(self.database.close())
        self.run(self._admin.execute("DROP DATABASE time_laws WITH (FORCE)"))
        self.run(self._admin.close())

    async def play(self, told: list[Act]) -> AccountNumber:
        """An account that has lived through this, in the order of the list."""
        alice = await f.an_account(self.database)
        start = NOON - 200 * HOUR
        await f.post(
            self.database, f.a_transfer(CARD_CLEARING, alice, 100_000, at=start), now=start
        )
        for act in told:
            at = NOON + act.hour * HOUR
            movements = []
            for comes_in, minor, days_off in act.moves:
                sides = (CARD_CLEARING, alice) if comes_in else (alice, CARD_CLEARING)
                on = None if days_off is None else business_day(at) + timedelta(days=days_off)
                made = f.a_transfer(*sides, minor, at=at)
                movements.append(made._replace(effective_on=on))
            await f.post(self.database, *movements, now=at)
        return alice

    async def entries(self, number: AccountNumber) -> list[Told]:
        """Every entry of an account, as its rows tell it."""
        async with self.database.read() as session:
            rows = await session.fetch(
                """
                SELECT m.at, m.business_day, m.effective_on,
                       CASE WHEN p.debit = $1 THEN -p.amount ELSE p.amount END AS change
                FROM ledger_postings AS p
                JOIN ledger_movements AS m ON m.id = p.movement_id
                WHERE p.debit = $1 OR p.credit = $1
                """,
                number,
            )
        return [(row["at"], _counts_from(*tuple(row)[:3]), row["change"]) for row in rows]


def _counts_from(at: datetime, posted_on: date, effective_on: date) -> datetime:
    if posted_on == effective_on:
        return at
    return datetime(effective_on.year, effective_on.month, effective_on.day, tzinfo=SHANGHAI)


def _ends(moment: ledger.Moment | None) -> datetime:
    if moment is None:
        return datetime.max.replace(tzinfo=SHANGHAI)
    if isinstance(moment, datetime):
        return moment
    following = moment + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=SHANGHAI) - timedelta(
        microseconds=1
    )


def _naive(entries: list[Told], as_of: ledger.Moment, known_at: ledger.Moment | None) -> int:
    counted, known = _ends(as_of), _ends(known_at)
    return sum(change for at, since, change in entries if at <= known and since <= counted)


def test_a_balance_as_of_a_moment_is_the_sum_of_what_counts_then(books: Books) -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(acts, questions)
    def law(told: list[Act], asked: list[tuple[ledger.Moment, ledger.Moment | None]]) -> None:
        books.run(check(told, asked))

    async def check(
        told: list[Act], asked: list[tuple[ledger.Moment, ledger.Moment | None]]
    ) -> None:
        alice = await books.play(told)
        entries = await books.entries(alice)
        async with books.database.read() as session:
            for as_of, known_at in asked:
                found = await ledger.balance_as_of(session, alice, as_of, known_at)
                assert found.minor == _naive(entries, as_of, known_at), (as_of, known_at)

    law()


def test_a_trial_balance_as_of_a_moment_sums_to_zero_and_to_its_accounts(books: Books) -> None:
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(acts, questions)
    def law(told: list[Act], asked: list[tuple[ledger.Moment, ledger.Moment | None]]) -> None:
        books.run(check(told, asked))

    async def check(
        told: list[Act], asked: list[tuple[ledger.Moment, ledger.Moment | None]]
    ) -> None:
        await books.play(told)
        entries = await books.entries(CARD_CLEARING)
        async with books.database.read() as session:
            for as_of, known_at in asked:
                rows = await ledger.trial_balance_as_of(session, as_of, known_at)
                found = {row.kind: row.balance.minor for row in rows if row.currency.code == "CNY"}
                assert sum(found.values()) == 0
                clearing = found[ledger.AccountKind.CARD_CLEARING]
                assert clearing == _naive(entries, as_of, known_at), (as_of, known_at)

    law()


def test_a_dated_statement_adds_up_from_its_opening_to_its_closing(books: Books) -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(acts, st.tuples(hours, hours).map(sorted), st.none() | moments)
    def law(told: list[Act], ends: list[int], known_at: ledger.Moment | None) -> None:
        books.run(check(told, ends, known_at))

    async def check(told: list[Act], ends: list[int], known_at: ledger.Moment | None) -> None:
        alice = await books.play(told)
        since, until = (NOON + hour * HOUR for hour in ends)
        span = Span(since=since, until=until, known_at=known_at)
        async with books.database.read() as session:
            found = await ledger.statement_as_of(session, alice, span)
        counted = [
            change
            for at, starts, change in await books.entries(alice)
            if at <= _ends(known_at) and since <= starts <= until
        ]
        signed = [
            entry.amount.minor if entry.direction is ledger.Direction.IN else -entry.amount.minor
            for entry in found.entries
        ]
        assert sorted(signed) == sorted(counted)
        assert found.opening.minor + sum(signed) == found.closing.minor

    law()
