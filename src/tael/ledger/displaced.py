"""Entries whose place in their account does not tell from when they count.

Two things displace an entry. It may be dated to another day than that of its posting; and, since
business time is read before the lock, it may be posted with an earlier time than the entry
before it. Both are seen when the book is written, and kept apart: so whoever asks what an account
had at a moment can trust the order of all the others.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession, WriteSession
from tael.ledger.book import Book
from tael.ledger.chart import AccountNumber
from tael.ledger.moments import day_starts
from tael.ledger.movements import MovementId

OWN_BELOW: Final = AccountNumber(100_000)
"""Numbers below are the bank's own accounts."""


class _Displaced(NamedTuple):
    """The entries of one account in this book that count from the same day."""

    account: AccountNumber
    first_seq: int
    last_seq: int
    effective_on: date
    effective_from: datetime
    change: int
    preceded_at: datetime


def displaced(book: Book) -> list[_Displaced]:
    """What of a book has to be kept apart; nothing, for almost every book."""
    late = {
        account.number
        for account in map(book.accounts.__getitem__, book.touched)
        if account.posted_at > book.now and account.postings > account.read_postings
    }
    if not late and not book.dated:
        return []
    today = business_day(book.now)
    changes = _changes(book, book.dated, late, today)
    rows = []
    for (number, effective_on), change in sorted(changes.items()):
        account = book.accounts[number]
        rows.append(
            _Displaced(
                account=number,
                first_seq=account.read_postings + 1,
                last_seq=account.postings,
                effective_on=effective_on,
                effective_from=book.now if effective_on == today else day_starts(effective_on),
                change=change,
                preceded_at=account.posted_at,
            )
        )
    return rows


def _changes(
    book: Book, dated: Mapping[MovementId, date], late: Iterable[AccountNumber], today: date
) -> dict[tuple[AccountNumber, date], int]:
    """What each account's displaced entries change, by the day from which they count."""
    changes: dict[tuple[AccountNumber, date], int] = {}
    for movement_id, _, debit, credit, amount, *_ in book.posting_rows:
        effective_on = dated.get(movement_id, today)
        for number, change in ((AccountNumber(debit), -amount), (AccountNumber(credit), amount)):
            if movement_id in dated or number in late:
                place = (number, effective_on)
                changes[place] = changes.get(place, 0) + change
    return changes


async def write_displaced(session: WriteSession, book: Book) -> None:
    """Keep apart what of a written book is displaced; no statement where nothing is."""
    rows = displaced(book)
    if not rows:
        return
    tag = await session.execute(
        """
        INSERT INTO ledger_displaced
            (currency, account, first_seq, last_seq, effective_on, effective_from, at, change,
             preceded_at)
        SELECT $1, n.account, n.first_seq, n.last_seq, n.effective_on, n.effective_from, $2,
               n.change, n.preceded_at
        FROM unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::date[], $7::timestamptz[],
                    $8::bigint[], $9::timestamptz[])
            AS n (account, first_seq, last_seq, effective_on, effective_from, change, preceded_at)
        """,
        book.currency.code,
        book.now,
        *map(list, zip(*rows, strict=True)),
    )
    assert tag == f"INSERT 0 {len(rows)}", tag


class Dated(NamedTuple):
    """That entries of an account, posted at a moment, count from another day."""

    account: AccountNumber
    effective_on: date
    at: datetime


async def dated_before(
    session: ReadSession,
    day: date,
    *,
    since: datetime,
    after: AccountNumber,
    limit: int,
) -> list[Dated]:
    """Entries of holders that were posted at `since` or later and count from before `day`.

    A page by the accounts' numbers, with all such entries of `limit` accounts at most.
    """
    rows = await session.fetch(
        """
        WITH page AS (
            SELECT DISTINCT account
            FROM ledger_displaced
            WHERE at >= $1
              AND effective_on < $2
              AND account > $3
            ORDER BY account
            LIMIT $4
        )
        SELECT d.account, d.effective_on, d.at
        FROM page
        JOIN ledger_displaced AS d ON d.account = page.account
        WHERE d.at >= $1
          AND d.effective_on < $2
        ORDER BY d.account, d.effective_on
        """,
        since,
        day,
        max(after, OWN_BELOW - 1),
        limit,
    )
    return [Dated(*row) for row in rows]
