"""The statement of an account as of some moments, by what was known at another.

Other than a page of the history, which is in the order of posting, it holds what *counts* in a
span: with late movements that were dated into it, and without those that were dated away.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, Currency, Money
from tael.ledger.as_of import COUNTS_FROM, balance_as_of
from tael.ledger.chart import AccountNumber
from tael.ledger.moments import Moment, day_starts, instant_of
from tael.ledger.statement import PAGE_MAX, Entry, entry_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From a moment on to another, both included, by what was posted up to a third."""

    since: Moment
    until: Moment
    known_at: Moment | None = None

    @property
    def begins(self) -> datetime:
        """The first instant of the span."""
        if isinstance(self.since, datetime):
            return self.since
        return day_starts(self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedStatement:
    """What counted in a span: the balance before it, a page of its entries, the balance after it.

    The entries are in the order of their numbers, newest first, and carry the balance after their
    posting: where some were dated to other days that is not the balance of that day.
    """

    opening: Money
    entries: tuple[Entry, ...]
    next_before: int | None
    closing: Money


_JUST_BEFORE: Final = timedelta(microseconds=1)
_SEQUENCE_MAX: Final = 2**63 - 1


def _side(own: str, direction: str, labels: tuple[str, str]) -> str:
    mine, theirs = labels
    return f"""
    SELECT p.{own}_seq AS sequence, '{direction}' AS direction, p.amount,
           p.{own}_balance AS balance_after, p.movement_id AS movement, m.kind,
           m.{theirs}_label AS counterparty, m.{mine}_label AS own_label, m.memo, m.at, m.reference
    FROM asked, wanted AS w
    JOIN ledger_postings AS p
      ON p.currency = $1
     AND p.{own} = $2
     AND p.{own}_seq BETWEEN w.first_seq AND w.last_seq
     AND p.{own}_seq < $6
    JOIN ledger_movements AS m ON m.id = p.movement_id
    WHERE m.at <= asked.known_at
      AND {COUNTS_FROM} BETWEEN asked.since AND asked.until"""  # noqa: S608 - columns of ours


_ENTRIES: Final = f"""
WITH asked AS (
    SELECT $3::timestamptz AS since, $4::timestamptz AS until,
           coalesce($5::timestamptz, 'infinity') AS known_at
), reached AS (
    SELECT before.sequence AS low, after.sequence AS high
    FROM asked,
         ledger_reached($1, $2, asked.since - interval '1 microsecond') AS before,
         ledger_reached($1, $2, least(asked.until, asked.known_at)) AS after
), wanted AS (
    SELECT low + 1 AS first_seq, high AS last_seq
    FROM reached
    UNION ALL
    -- What was posted before or after, and counts in between.
    SELECT d.first_seq, d.last_seq
    FROM asked, reached, ledger_displaced AS d
    WHERE d.currency = $1
      AND d.account = $2
      AND d.at <= asked.known_at
      AND d.effective_from BETWEEN asked.since AND asked.until
      AND (d.first_seq <= reached.low OR d.last_seq > reached.high)
)
SELECT DISTINCT ON (sequence) *
FROM ({_side("debit", "out", ("payer", "payee"))}
    UNION ALL
{_side("credit", "in", ("payee", "payer"))}
) AS entries
ORDER BY sequence DESC
LIMIT $7
"""  # noqa: S608 - made of the above


async def statement_as_of(
    session: ReadSession,
    number: AccountNumber,
    span: Span,
    *,
    before: int | None = None,
    limit: int = PAGE_MAX,
    currency: Currency = CNY,
) -> DatedStatement:
    """What counted in a span: opening and closing balance, and a page of the entries between.

    The entries of all pages add up to the closing less the opening balance. To see one state of
    the books over several pages, name `known_at` or read them in one snapshot. Refuses
    `ledger.archived`.
    """
    assert 0 < limit <= PAGE_MAX
    begins, ends = span.begins, instant_of(span.until)
    assert begins <= ends, "a span begins before it ends"
    known = span.known_at
    opening = await balance_as_of(session, number, begins - _JUST_BEFORE, known, currency=currency)
    closing = await balance_as_of(session, number, ends, known, currency=currency)
    rows = await session.fetch(
        _ENTRIES,
        currency.code,
        number,
        begins,
        ends,
        None if known is None else instant_of(known),
        _SEQUENCE_MAX if before is None else before,
        limit + 1,
    )
    entries = tuple(entry_of(row, currency) for row in rows[:limit])
    return DatedStatement(
        opening=opening,
        entries=entries,
        next_before=entries[-1].sequence if len(rows) > limit else None,
        closing=closing,
    )
