"""The statement of an account: its entries in pages, filtered and searched.

An entry's number in its account never changes and new ones get higher numbers, so a page is
"those numbered below", and pages neither skip nor repeat.

Words are looked for as they stand, in the counterparty's label and the memo, in any language.
A short history is read along; of a long one the older part is found by its bigrams, which
`search.py` keeps, and then compared as well: the index proposes, the text decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from tael.kernel.database import ReadSession, Row
from tael.kernel.money import CNY, Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.movements import MovementId
from tael.ledger.states import Direction, MovementKind

PAGE_MAX: Final = 100
"""The most entries that one page of a statement carries."""

BIGRAM: Final = 2
"""Fewer characters than this have no bigram, and are looked for by reading along."""


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
    archived: bool = False
    """Whether this is the last page although older entries exist, in the archive."""


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


_ONWARD: Final = """EXISTS (
           SELECT
           FROM ledger_postings AS onward
           WHERE onward.movement_id = p.movement_id
             AND onward.currency = p.currency
             AND onward.debit = p.credit
             AND onward.amount = p.amount
       )"""
_INWARD: Final = """EXISTS (
           SELECT
           FROM ledger_postings AS inward
           WHERE inward.movement_id = p.movement_id
             AND inward.currency = p.currency
             AND inward.credit = p.debit
             AND inward.amount = p.amount
       )"""
_SHOWN: Final = {
    Direction.IN: f" AND (m.kind = 'refund' OR NOT {_ONWARD})",
    Direction.OUT: f" AND NOT (m.kind = 'refund' AND {_INWARD})",
}
"""What passes through an account in one movement shows once: what a card paid through the wallet
as it left, what was given back to a card as it came in."""

_BALANCE_AFTER: Final = {
    Direction.IN: f"""p.credit_balance
            - CASE WHEN m.kind = 'refund' AND {_ONWARD} THEN p.amount ELSE 0 END""",
    Direction.OUT: "p.debit_balance",
}
"""The balance after the movement: what passed through is not there any more."""


def _side(*, own: str, other: str, direction: Direction, source: str) -> str:
    """The entries on one side of an account's postings, newest first."""
    return f"""
    (SELECT p.{own}_seq AS sequence, '{direction}' AS direction, p.amount,
            {_BALANCE_AFTER[direction]} AS balance_after, m.id AS movement, m.kind,
            m.{other}_label AS counterparty, m.{_LABELS[own]}_label AS own_label, m.memo, m.at,
            m.reference
     FROM {source}
     JOIN ledger_movements AS m ON m.id = p.movement_id
     WHERE p.currency = $1
       AND p.{own} = $2
       AND p.{own}_seq > $3
       AND p.{own}_seq < $4
       AND ($6::text[] IS NULL OR m.kind = ANY($6))
       AND ($7::text IS NULL OR $7 = '{direction}')
       AND ($8::bigint IS NULL OR p.amount >= $8)
       AND ($9::bigint IS NULL OR p.amount <= $9)
       AND ($10::timestamptz IS NULL OR m.at >= $10)
       AND ($11::timestamptz IS NULL OR m.at < $11)
       AND ($12::text IS NULL
            OR strpos(lower(m.{other}_label || chr(10) || m.memo), lower($12)) > 0)
      {_SHOWN[direction]}
     ORDER BY p.{own}_seq DESC
     LIMIT $5)
    """  # noqa: S608 - columns and tables of ours


def _both(debit_source: str, credit_source: str) -> str:
    out = _side(own="debit", other="payee", direction=Direction.OUT, source=debit_source)
    into = _side(own="credit", other="payer", direction=Direction.IN, source=credit_source)
    return f"""
    SELECT *
    FROM ({out} UNION ALL {into}) AS entries
    ORDER BY sequence DESC
    LIMIT $5
    """  # noqa: S608 - made of the above


_LABELS: Final = {"debit": "payer", "credit": "payee"}
"""Which label of a movement is the own one, for each side."""

_READ_ALONG: Final = _both("ledger_postings AS p", "ledger_postings AS p")

_FOUND: Final = """ledger_search AS s
     JOIN ledger_postings AS p
       ON s.currency = $1
      AND s.account = $2
      AND s.grams @> ledger_grams($2, $12)
      AND p.currency = s.currency
      AND p.{own} = s.account
      AND p.{own}_seq = s.sequence"""
_BY_BIGRAMS: Final = _both(_FOUND.format(own="debit"), _FOUND.format(own="credit"))

_SEQUENCE_MAX: Final = 2**63 - 1


async def statement(
    session: ReadSession,
    number: AccountNumber,
    *,
    filters: Filters | None = None,
    before: int | None = None,
    limit: int = 20,
    currency: Currency = CNY,
) -> Page:
    """A page of an account's entries, newest first: those numbered below `before`."""
    assert 0 < limit <= PAGE_MAX
    wanted = filters or Filters()
    below = _SEQUENCE_MAX if before is None else before
    terms = (
        limit + 1,
        list(wanted.kinds) or None,
        wanted.direction,
        wanted.amount_min,
        wanted.amount_max,
        wanted.since,
        wanted.until,
        wanted.words or None,
    )
    indexed = await _indexed_to(session, number, currency) if len(wanted.words) >= BIGRAM else 0
    rows = await session.fetch(_READ_ALONG, currency.code, number, indexed, below, *terms)
    if indexed and len(rows) <= limit:
        below = min(below, indexed + 1)
        rows += await session.fetch(_BY_BIGRAMS, currency.code, number, 0, below, *terms)
    entries = tuple(entry_of(row, currency) for row in rows[:limit])
    if len(rows) > limit:
        return Page(entries, entries[-1].sequence)
    return Page(entries, None, archived=await _has_archived(session, number, currency))


async def _has_archived(session: ReadSession, number: AccountNumber, currency: Currency) -> bool:
    """Whether entries of this account have left with old months."""
    left: bool = await session.fetchval(
        "SELECT EXISTS (SELECT FROM ledger_closings WHERE currency = $1 AND account = $2)",
        currency.code,
        number,
    )
    return left


async def _indexed_to(session: ReadSession, number: AccountNumber, currency: Currency) -> int:
    """Up to which entry an account's bigrams are kept: zero for a short history."""
    found: int | None = await session.fetchval(
        "SELECT indexed_to FROM ledger_search_marks WHERE currency = $1 AND account = $2",
        currency.code,
        number,
    )
    return found or 0


async def entry(
    session: ReadSession,
    number: AccountNumber,
    movement: MovementId,
    *,
    currency: Currency = CNY,
) -> Entry | None:
    """What a movement did to an account: its last entry there, with the net of them all.

    What only passed through shows once, as in the statement. None when the movement does not
    exist or did not touch this account.
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
    if net == 0:
        last = entry_of(rows[-1], currency)
        if last.kind is not MovementKind.REFUND:
            return last
        return replace(entry_of(rows[0], currency), balance_after=last.balance_after)
    return replace(
        entry_of(rows[-1], currency),
        amount=Money(abs(net), currency),
        direction=Direction.IN if net > 0 else Direction.OUT,
    )


def entry_of(row: Row, currency: Currency) -> Entry:
    """The entry in a row of a read of ours."""
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
