"""Open and close accounts; lock a set of them into a book; write a book.

Everything that moves money in this bank goes through `lock` and `write`. Both handle a set
in one statement, so ten thousand payments to one merchant cost one update of his balance.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from tael.kernel.database import Row, WriteSession
from tael.kernel.money import CNY, Currency
from tael.ledger.book import Book, BookAccount, BookHold
from tael.ledger.chart import FLOOR_MINOR, AccountNumber
from tael.ledger.displaced import write_displaced
from tael.ledger.errors import AccountNotEmpty
from tael.ledger.movements import HoldId
from tael.ledger.states import AccountKind, HoldState

_LOCK: Final = """
SELECT number, floor, balance, held, postings, closed_at IS NOT NULL, posted_at
FROM ledger_accounts
WHERE currency = $1
  AND number = ANY($2::bigint[])
ORDER BY number
FOR NO KEY UPDATE
"""

_LOCK_HOLDS: Final = """
SELECT id, account, destination, amount, expires_at, reference, state, captured
FROM ledger_holds
WHERE currency = $1
  AND (id = ANY($2::uuid[])
       OR (state = 'pending' AND account = ANY($3::bigint[]) AND expires_at <= $4))
ORDER BY id
FOR NO KEY UPDATE
"""

_WRITE_ENTRIES: Final = """
WITH movements AS (
    INSERT INTO ledger_movements
        (id, kind, reference, payer_label, payee_label, memo, at, business_day, effective_on,
         reverses)
    SELECT n.id, n.kind, n.reference, n.payer_label, n.payee_label, n.memo, $2, $3,
           n.effective_on, n.reverses
    FROM unnest($4::ledger_new_movement[]) AS n
    RETURNING id
), queued AS (
    INSERT INTO ledger_unsequenced (movements)
    SELECT array_agg(id)
    FROM movements
    HAVING count(*) > 0
), postings AS (
    INSERT INTO ledger_postings
        (movement_id, line, currency, debit, credit, amount, debit_seq, credit_seq,
         debit_balance, credit_balance)
    SELECT n.movement_id, n.line, $1, n.debit, n.credit, n.amount, n.debit_seq, n.credit_seq,
           n.debit_balance, n.credit_balance
    FROM unnest($5::ledger_new_posting[]) AS n
    RETURNING 1
), accounts AS (
    UPDATE ledger_accounts AS a
    SET balance = n.balance,
        held = n.held,
        postings = n.postings,
        posted_at = CASE
            WHEN n.postings > n.read_postings THEN greatest(a.posted_at, $2::timestamptz)
            ELSE a.posted_at
        END
    FROM unnest($6::ledger_changed_account[]) AS n
    WHERE a.currency = $1
      AND a.number = n.number
      AND a.postings = n.read_postings
    RETURNING a.balance
)
SELECT (SELECT count(*) FROM movements),
       (SELECT count(*) FROM postings),
       (SELECT count(*) FROM accounts),
       (SELECT sum(balance)::bigint FROM accounts)
"""

_WRITE_NEW_HOLDS: Final = """
INSERT INTO ledger_holds
    (id, currency, account, holder, destination, reference, amount, state, captured,
     made_at, expires_at, ended_at)
SELECT n.id, $1, n.account, a.holder, n.destination, n.reference, n.amount, n.state, n.captured,
       $2::timestamptz, n.expires_at,
       CASE WHEN n.state <> 'pending' THEN $2::timestamptz END
FROM unnest($3::uuid[], $4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[], $8::text[],
            $9::bigint[], $10::timestamptz[])
    AS n (id, account, destination, reference, amount, state, captured, expires_at)
JOIN ledger_accounts AS a ON a.currency = $1 AND a.number = n.account
"""

_WRITE_CHANGED_HOLDS: Final = """
WITH captures AS (
    INSERT INTO ledger_captures (movement_id, hold_id, amount)
    SELECT *
    FROM unnest($5::uuid[], $6::uuid[], $7::bigint[])
    RETURNING 1
), holds AS (
    UPDATE ledger_holds AS h
    SET state = n.state,
        captured = n.captured,
        ended_at = CASE WHEN n.state <> 'pending' THEN $1::timestamptz END
    FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS n (id, state, captured)
    WHERE h.id = n.id
    RETURNING 1
)
SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM holds)
"""

_WRITE_REVERSALS: Final = """
INSERT INTO ledger_reversals (reversed, movement_id)
SELECT *
FROM unnest($1::uuid[], $2::uuid[])
"""


async def open_account(
    session: WriteSession, *, kind: AccountKind, holder: UUID, currency: Currency = CNY
) -> AccountNumber:
    """Open an empty account for a holder; its kind decides how far it may fall."""
    number: int = await session.fetchval(
        """
        INSERT INTO ledger_accounts (currency, number, kind, holder, floor)
        VALUES ($1, nextval('ledger_account_numbers'), $2, $3, $4)
        RETURNING number
        """,
        currency.code,
        kind.value,
        holder,
        FLOOR_MINOR[kind],
    )
    return AccountNumber(number)


async def close_account(
    session: WriteSession, number: AccountNumber, *, now: datetime, currency: Currency = CNY
) -> None:
    """Close an account for good.

    Refuses `ledger.account_not_empty` while it has a balance or a pending hold, and
    `ledger.account_closed` when it is closed already.
    """
    book = await lock(session, [number], now=now, currency=currency)
    await write(session, book)
    refusal = book.refuses_credit(number)
    if refusal is not None:
        raise refusal
    if book.balance(number).minor or book.held(number).minor:
        raise AccountNotEmpty(balance=book.balance(number), held=book.held(number))
    await session.execute(
        """
        UPDATE ledger_accounts
        SET closed_at = $3
        WHERE currency = $1 AND number = $2
        """,
        currency.code,
        number,
        now,
    )


async def lock(
    session: WriteSession,
    numbers: Collection[AccountNumber],
    *,
    now: datetime,
    currency: Currency = CNY,
    holds: Collection[HoldId] = (),
) -> Book:
    """Lock accounts in the order of their numbers, and load them into a book.

    One statement; a second one when `holds` are asked for or an account has something held:
    it locks those holds and releases, in the book, what is past its deadline at business
    time `now`. Every number must exist. A hold in `holds` is found in the book if it exists,
    and its accounts must be among `numbers`.
    """
    wanted = set(numbers)
    rows = await session.fetch(_LOCK, currency.code, list(wanted))
    assert len(rows) == len(wanted), "an account that does not exist was to be locked"
    accounts = [BookAccount(*row) for row in rows]
    holding = [account.number for account in accounts if account.held]
    if not holding and not holds:
        return Book(currency, now, accounts)
    found = await session.fetch(_LOCK_HOLDS, currency.code, list(holds), holding, now)
    book = Book(currency, now, accounts, [_hold(row) for row in found])
    book.release_due()
    return book


async def write(session: WriteSession, book: Book) -> None:
    """Write what was posted and held into the books, in one statement.

    One more for new holds, one for what became of the others, one for reversals, and one for
    entries that count at another time than their place tells.

    Asserts that every row was written and that the sum over all accounts is unchanged.
    Writes nothing when nothing changed. A book is written once.
    """
    assert not book.written, "a book is written once"
    book.written = True
    if not book.touched:
        return
    book.assert_balanced()
    accounts = [book.accounts[number] for number in book.touched]
    row = await session.fetchrow(
        _WRITE_ENTRIES,
        book.currency.code,
        book.now,
        book.today,
        book.movement_rows,
        book.posting_rows,
        [(a.number, a.balance, a.held, a.postings, a.read_postings) for a in accounts],
    )
    written = sum(account.balance for account in accounts)
    expected = (len(book.movement_rows), len(book.posting_rows), len(accounts), written)
    assert row is not None
    assert tuple(row) == expected, f"wrote {tuple(row)} where {expected} was to be written"
    await write_displaced(session, book)
    if book.changed_holds:
        await _write_holds(session, book)
    if book.reversals:
        tag = await session.execute(
            _WRITE_REVERSALS, list(book.reversals), list(book.reversals.values())
        )
        assert tag == f"INSERT 0 {len(book.reversals)}", tag


async def _write_holds(session: WriteSession, book: Book) -> None:
    new = [held for held in book.changed_holds.values() if held.is_new]
    known = [held for held in book.changed_holds.values() if not held.is_new]
    if new:
        tag = await session.execute(
            _WRITE_NEW_HOLDS,
            book.currency.code,
            book.now,
            [h.id for h in new],
            [h.account for h in new],
            [h.destination for h in new],
            [h.reference for h in new],
            [h.amount for h in new],
            [h.state for h in new],
            [h.captured for h in new],
            [h.expires_at for h in new],
        )
        assert tag == f"INSERT 0 {len(new)}", tag
    if known or book.capture_rows:
        row = await session.fetchrow(
            _WRITE_CHANGED_HOLDS,
            book.now,
            [h.id for h in known],
            [h.state for h in known],
            [h.captured for h in known],
            [movement for movement, _, _ in book.capture_rows],
            [hold for _, hold, _ in book.capture_rows],
            [amount for _, _, amount in book.capture_rows],
        )
        assert row is not None
        assert tuple(row) == (len(book.capture_rows), len(known)), tuple(row)


def _hold(row: Row) -> BookHold:
    held = BookHold(
        row["id"],
        row["account"],
        row["destination"],
        row["amount"],
        row["expires_at"],
        row["reference"],
    )
    held.state = HoldState(row["state"])
    held.captured = row["captured"]
    return held
