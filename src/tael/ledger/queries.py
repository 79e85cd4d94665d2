"""Reads of the ledger: balances, the statement of an account, the trial balance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from tael.kernel.database import ReadSession, Row
from tael.kernel.money import CNY, CURRENCIES, Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.movements import MovementId
from tael.ledger.states import AccountKind, Direction, MovementKind

PAGE_MAX: Final = 100
"""The most entries that one page of a statement carries."""


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance; what pending holds set aside of it; what can be spent."""

    balance: Money
    held: Money
    available: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One posting seen from one of its accounts. `sequence` numbers the account's entries."""

    sequence: int
    movement: MovementId
    kind: MovementKind
    direction: Direction
    amount: Money
    counterparty: str
    """How the other side is shown to this account's holder."""
    own_label: str
    """How this account's holder is shown to the other side."""
    memo: str
    at: datetime
    balance_after: Money
    reference: UUID


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first, and where the next page begins if there is one."""

    entries: tuple[Entry, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which entries of a statement are wanted; what is None or empty does not filter.

    Amounts are minor units, both ends included; times include `since` and exclude `until`.
    `words` is looked for, as it stands, in the counterparty's label and the memo.
    """

    kinds: Sequence[MovementKind] = ()
    direction: Direction | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """All accounts of one kind and currency together."""

    currency: Currency
    kind: AccountKind
    accounts: int
    balance: Money
    held: Money


_STATEMENT: Final = """
SELECT *
FROM (
    (SELECT p.debit_seq AS sequence, 'out' AS direction, p.amount,
            p.debit_balance AS balance_after, m.id AS movement, m.kind,
            m.payee_label AS counterparty, m.payer_label AS own_label, m.memo, m.at, m.reference
     FROM ledger_postings AS p
     JOIN ledger_movements AS m ON m.id = p.movement_id
     WHERE p.currency = $1
       AND p.debit = $2
       AND p.debit_seq < $3
       AND $6 IS DISTINCT FROM 'in'
       AND ($5::text[] IS NULL OR m.kind = ANY($5))
       AND ($7::bigint IS NULL OR p.amount >= $7)
       AND ($8::bigint IS NULL OR p.amount <= $8)
       AND ($9::timestamptz IS NULL OR m.at >= $9)
       AND ($10::timestamptz IS NULL OR m.at < $10)
       AND ($11::text IS NULL OR strpos(lower(m.payee_label || chr(10) || m.memo), $11) > 0)
     ORDER BY p.debit_seq DESC
     LIMIT $4)
    UNION ALL
    (SELECT p.credit_seq, 'in', p.amount, p.credit_balance, m.id, m.kind,
            m.payer_label, m.payee_label, m.memo, m.at, m.reference
     FROM ledger_postings AS p
     JOIN ledger_movements AS m ON m.id = p.movement_id
     WHERE p.currency = $1
       AND p.credit = $2
       AND p.credit_seq < $3
       AND $6 IS DISTINCT FROM 'out'
       AND ($5::text[] IS NULL OR m.kind = ANY($5))
       AND ($7::bigint IS NULL OR p.amount >= $7)
       AND ($8::bigint IS NULL OR p.amount <= $8)
       AND ($9::timestamptz IS NULL OR m.at >= $9)
       AND ($10::timestamptz IS NULL OR m.at < $10)
       AND ($11::text IS NULL OR strpos(lower(m.payer_label || chr(10) || m.memo), $11) > 0)
     ORDER BY p.credit_seq DESC
     LIMIT $4)
) AS entries
ORDER BY sequence DESC
LIMIT $4
"""

_SEQUENCE_MAX: Final = 2**63 - 1


async def balance(
    session: ReadSession, number: AccountNumber, *, now: datetime, currency: Currency = CNY
) -> Balance:
    """An account's balance at business time `now`: holds past their deadline hold nothing."""
    row = await session.fetchrow(
        """
        SELECT a.balance,
               a.held - coalesce((
                   SELECT sum(h.amount)
                   FROM ledger_holds AS h
                   WHERE h.currency = a.currency
                     AND h.account = a.number
                     AND h.state = 'pending'
                     AND h.expires_at <= $3
               ), 0)::bigint AS held
        FROM ledger_accounts AS a
        WHERE a.currency = $1 AND a.number = $2
        """,
        currency.code,
        number,
        now,
    )
    assert row is not None, "accounts are never removed"
    return Balance(
        Money(row["balance"], currency),
        Money(row["held"], currency),
        Money(row["balance"] - row["held"], currency),
    )


async def statement(
    session: ReadSession,
    number: AccountNumber,
    *,
    filters: Filters | None = None,
    before: int | None = None,
    limit: int = 20,
    currency: Currency = CNY,
) -> Page:
    """A page of an account's entries, newest first: those numbered below `before`.

    Pages neither skip nor repeat: an entry's number never changes, and new entries get
    higher ones.
    """
    assert 0 < limit <= PAGE_MAX
    wanted = filters or Filters()
    rows = await session.fetch(
        _STATEMENT,
        currency.code,
        number,
        _SEQUENCE_MAX if before is None else before,
        limit + 1,
        list(wanted.kinds) or None,
        wanted.direction,
        wanted.amount_min,
        wanted.amount_max,
        wanted.since,
        wanted.until,
        wanted.words.lower() or None,
    )
    entries = tuple(_entry(row, currency) for row in rows[:limit])
    return Page(entries, entries[-1].sequence if len(rows) > limit else None)


async def entry(
    session: ReadSession,
    number: AccountNumber,
    movement: MovementId,
    *,
    currency: Currency = CNY,
) -> Entry | None:
    """What a movement did to an account: its last entry there, with the net of them all.

    None when the movement does not exist or did not touch this account.
    """
    rows = await session.fetch(
        """
        SELECT CASE WHEN p.debit = $2 THEN p.debit_seq ELSE p.credit_seq END AS sequence,
               CASE WHEN p.debit = $2 THEN 'out' ELSE 'in' END AS direction,
               p.amount,
               CASE WHEN p.debit = $2 THEN p.debit_balance ELSE p.credit_balance END
                   AS balance_after,
               m.id AS movement, m.kind,
               CASE WHEN p.debit = $2 THEN m.payee_label ELSE m.payer_label END AS counterparty,
               CASE WHEN p.debit = $2 THEN m.payer_label ELSE m.payee_label END AS own_label,
               m.memo, m.at, m.reference
        FROM ledger_postings AS p
        JOIN ledger_movements AS m ON m.id = p.movement_id
        WHERE p.movement_id = $3
          AND p.currency = $1
          AND (p.debit = $2 OR p.credit = $2)
        ORDER BY p.line
        """,
        currency.code,
        number,
        movement,
    )
    if not rows:
        return None
    net = sum(row["amount"] if row["direction"] == "in" else -row["amount"] for row in rows)
    return replace(
        _entry(rows[-1], currency),
        amount=Money(abs(net), currency),
        direction=Direction.IN if net > 0 else Direction.OUT,
    )


async def trial_balance(session: ReadSession) -> list[TrialBalanceRow]:
    """Every kind of account with its balance; each currency's rows sum to zero."""
    rows = await session.fetch(
        """
        SELECT currency, kind, count(*) AS accounts,
               sum(balance)::bigint AS balance, sum(held)::bigint AS held
        FROM ledger_accounts
        GROUP BY currency, kind
        ORDER BY currency, kind
        """
    )
    return [
        TrialBalanceRow(
            CURRENCIES[row["currency"]],
            AccountKind(row["kind"]),
            row["accounts"],
            Money(row["balance"], CURRENCIES[row["currency"]]),
            Money(row["held"], CURRENCIES[row["currency"]]),
        )
        for row in rows
    ]


def _entry(row: Row, currency: Currency) -> Entry:
    return Entry(
        sequence=row["sequence"],
        movement=MovementId(row["movement"]),
        kind=MovementKind(row["kind"]),
        direction=Direction(row["direction"]),
        amount=Money(row["amount"], currency),
        counterparty=row["counterparty"],
        own_label=row["own_label"],
        memo=row["memo"],
        at=row["at"],
        balance_after=Money(row["balance_after"], currency),
        reference=row["reference"],
    )
