"""The entries of an account between two moments: in order, in pages, chained by their balances.

A period is a run of entries without a gap: from the first that was booked at its beginning or
later to the one before the first of the next period. So each entry is in exactly one period, and a
period's closing balance is the next one's opening balance. Entries are numbered in the order in
which they were written, which near a border may differ from their times by as much as one act
takes: what was written after the first entry of a new period belongs to that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.statement import Entry, entry_of

PERIOD_PAGE_MAX: Final = 5_000
"""The most entries that one read of a period gives."""

CUTS_MAX: Final = 400

_DISORDER_MAX: Final = timedelta(minutes=2)
"""How far the order of numbers may be from that of times: longer than a transaction lives."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a period begins: its first entry (or the next one to come), and the balance before."""

    at: datetime
    sequence: int
    balance: Money


@dataclass(frozen=True, slots=True)
class Sums:
    """What came in and went out between two cuts."""

    entries_in: int
    total_in: Money
    entries_out: int
    total_out: Money


@dataclass(frozen=True, slots=True)
class PeriodEntry:
    """An entry, the account on its other side, the day it was booked on and that it counts from."""

    entry: Entry
    other: AccountNumber
    booked_on: date


_ENTRY_AT: Final = """
        SELECT p.movement_id, p.debit_balance + p.amount AS before
        FROM ledger_postings AS p
        WHERE p.currency = $1 AND p.debit = $2 AND p.debit_seq = {sequence}
        UNION ALL
        SELECT p.movement_id, p.credit_balance - p.amount
        FROM ledger_postings AS p
        WHERE p.currency = $1 AND p.credit = $2 AND p.credit_seq = {sequence}"""

_FIRST_FROM: Final = """
        SELECT p.{side}_seq AS sequence
        FROM ledger_postings AS p
        JOIN ledger_movements AS m ON m.id = p.movement_id
        WHERE p.currency = $1
          AND p.{side} = $2
          AND p.{side}_seq >= s.low
          AND m.at >= s.at
        ORDER BY p.{side}_seq
        LIMIT 1"""

_CUTS: Final = f"""
WITH RECURSIVE account AS (
    SELECT postings, balance
    FROM ledger_accounts
    WHERE currency = $1 AND number = $2
), search AS (
    SELECT n.at, 1::bigint AS low, a.postings + 1 AS high
    FROM unnest($3::timestamptz[]) AS n (at)
    CROSS JOIN account AS a
    UNION ALL
    SELECT s.at,
           CASE WHEN found.is_before THEN middle.sequence + 1 ELSE s.low END,
           CASE WHEN found.is_before THEN s.high ELSE middle.sequence END
    FROM search AS s
    CROSS JOIN LATERAL (SELECT (s.low + s.high) / 2 AS sequence) AS middle
    LEFT JOIN LATERAL ({_ENTRY_AT.format(sequence="middle.sequence")}
    ) AS e ON true
    LEFT JOIN ledger_movements AS m ON m.id = e.movement_id
    -- What has left with an old partition was before everything that is asked for.
    CROSS JOIN LATERAL (SELECT coalesce(m.at < s.at - $4::interval, true) AS is_before) AS found
    WHERE s.low < s.high
), cuts AS (
    SELECT s.at, coalesce(least(out.sequence, into_.sequence), a.postings + 1) AS sequence
    FROM search AS s
    CROSS JOIN account AS a
    LEFT JOIN LATERAL ({_FIRST_FROM.format(side="debit")}) AS out ON true
    LEFT JOIN LATERAL ({_FIRST_FROM.format(side="credit")}) AS into_ ON true
    WHERE s.low = s.high
)
SELECT c.at, c.sequence, coalesce(e.before, a.balance) AS balance
FROM cuts AS c
CROSS JOIN account AS a
LEFT JOIN LATERAL ({_ENTRY_AT.format(sequence="c.sequence")}
) AS e ON true
"""  # noqa: S608 - made of the above


def _side(own: str, other: str, direction: str, labels: tuple[str, str]) -> str:
    mine, theirs = labels
    return f"""
    (SELECT p.{own}_seq AS sequence, '{direction}' AS direction, p.amount,
            p.{own}_balance AS balance_after, p.{other} AS other, m.id AS movement, m.kind,
            m.{theirs}_label AS counterparty, m.{mine}_label AS own_label, m.memo, m.at,
            m.reference, m.business_day
     FROM ledger_postings AS p
     JOIN ledger_movements AS m ON m.id = p.movement_id
     WHERE p.currency = $1
       AND p.{own} = $2
       AND p.{own}_seq >= $3
       AND p.{own}_seq < $4
     ORDER BY p.{own}_seq
     LIMIT $5)"""  # noqa: S608 - columns of ours


_ENTRIES: Final = f"""
SELECT *
FROM ({_side("debit", "credit", "out", ("payer", "payee"))}
    UNION ALL {_side("credit", "debit", "in", ("payee", "payer"))}) AS entries
ORDER BY sequence
LIMIT $5
"""  # noqa: S608 - made of the above

_SUMS: Final = """
SELECT o.entries AS entries_out, o.total AS total_out, i.entries AS entries_in, i.total AS total_in
FROM (
    SELECT count(*) AS entries, coalesce(sum(amount), 0)::bigint AS total
    FROM ledger_postings
    WHERE currency = $1 AND debit = $2 AND debit_seq >= $3 AND debit_seq < $4
) AS o
CROSS JOIN (
    SELECT count(*) AS entries, coalesce(sum(amount), 0)::bigint AS total
    FROM ledger_postings
    WHERE currency = $1 AND credit = $2 AND credit_seq >= $3 AND credit_seq < $4
) AS i
"""


async def cuts(
    session: ReadSession,
    number: AccountNumber,
    moments: Sequence[datetime],
    *,
    currency: Currency = CNY,
) -> list[Cut]:
    """Where the periods that begin at these moments of business time begin, earliest first."""
    assert len(moments) <= CUTS_MAX
    rows = await session.fetch(_CUTS, currency.code, number, list(moments), _DISORDER_MAX)
    assert len(rows) == len(moments), "accounts are never removed"
    found = [Cut(row["at"], row["sequence"], Money(row["balance"], currency)) for row in rows]
    return sorted(found, key=lambda cut: cut.at)


async def sums(session: ReadSession, number: AccountNumber, first: Cut, end: Cut) -> Sums:
    """What came in and went out from one cut to another."""
    currency = first.balance.currency
    row = await session.fetchrow(_SUMS, currency.code, number, first.sequence, end.sequence)
    assert row is not None
    found = Sums(
        row["entries_in"],
        Money(row["total_in"], currency),
        row["entries_out"],
        Money(row["total_out"], currency),
    )
    assert first.balance + found.total_in - found.total_out == end.balance, "the entries chain"
    return found


async def period(
    session: ReadSession,
    number: AccountNumber,
    first: int,
    end: int,
    *,
    limit: int = PERIOD_PAGE_MAX,
    currency: Currency = CNY,
) -> list[PeriodEntry]:
    """An account's entries numbered from `first` up to and without `end`, the oldest first.

    At most `limit`: the next page begins after the last one's number.
    """
    assert 0 < limit <= PERIOD_PAGE_MAX
    rows = await session.fetch(_ENTRIES, currency.code, number, first, end, limit)
    return [
        PeriodEntry(entry_of(row, currency), AccountNumber(row["other"]), row["business_day"])
        for row in rows
    ]
