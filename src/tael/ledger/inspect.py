"""What staff look up: accounts by number or holder, movements by day, what stood behind one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from tael.kernel.database import ReadSession, Row
from tael.kernel.money import CNY, CURRENCIES, Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.moments import day_starts
from tael.ledger.movements import HoldId, MovementId
from tael.ledger.receipts import receipt_parts
from tael.ledger.states import AccountKind, HoldState, MovementKind

FOUND_MAX: Final = 100
"""The most movements that one look-up returns."""

_SLACK: Final = timedelta(hours=1)
"""How far the clocks of our machines are apart at most, and a batch takes, generously."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account as it stands now."""

    currency: Currency
    number: AccountNumber
    kind: AccountKind
    holder: UUID | None
    balance: Money
    held: Money
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMovement:
    """A movement in a list: what it was, and how much its first posting moved."""

    id: MovementId
    kind: MovementKind
    payer_label: str
    payee_label: str
    memo: str
    at: datetime
    amount: Money
    postings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHold:
    """A hold that a movement captured, whole or in part."""

    id: HoldId
    state: HoldState
    amount: Money
    captured: Money
    made_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTotal:
    """All that pending holds set aside of one kind of account."""

    currency: Currency
    kind: AccountKind
    holds: int
    amount: Money


async def account_facts(
    session: ReadSession, numbers: Collection[AccountNumber], *, currency: Currency = CNY
) -> dict[AccountNumber, AccountFacts]:
    """Accounts by their numbers; those that do not exist are left out."""
    rows = await session.fetch(
        """
        SELECT currency, number, kind, holder, balance, held, closed_at IS NOT NULL AS is_closed
        FROM ledger_accounts
        WHERE currency = $1
          AND number = ANY($2::bigint[])
        """,
        currency.code,
        list(numbers),
    )
    return {row["number"]: _account(row) for row in rows}


async def own_accounts(session: ReadSession) -> list[AccountFacts]:
    """The bank's own accounts, which nobody holds."""
    rows = await session.fetch(
        """
        SELECT currency, number, kind, holder, balance, held, closed_at IS NOT NULL AS is_closed
        FROM ledger_accounts
        WHERE number < 100000
        ORDER BY currency, number
        """
    )
    return [_account(row) for row in rows]


async def movements_of_day(
    session: ReadSession,
    day: date,
    *,
    amount_minor: int | None = None,
    before: MovementId | None = None,
    limit: int,
) -> list[FoundMovement]:
    """Movements of one business day, those written last first, from before a place on."""
    assert 0 < limit <= FOUND_MAX
    first, last = _written_between(session, day)
    rows = await session.fetch(
        """
        SELECT m.id, m.kind, m.payer_label, m.payee_label, m.memo, m.at,
               p.currency, p.amount,
               (SELECT count(*) FROM ledger_postings AS q WHERE q.movement_id = m.id) AS postings
        FROM ledger_movements AS m
        JOIN ledger_postings AS p ON p.movement_id = m.id AND p.line = 1
        WHERE m.id BETWEEN $5 AND $6
          AND m.business_day = $1
          AND ($2::bigint IS NULL OR EXISTS (
              SELECT FROM ledger_postings AS q WHERE q.movement_id = m.id AND q.amount = $2))
          AND ($3::uuid IS NULL OR m.id < $3)
        ORDER BY m.id DESC
        LIMIT $4
        """,
        day,
        amount_minor,
        before,
        limit,
        first,
        last,
    )
    return [_movement(row) for row in rows]


async def movement_by_receipt(session: ReadSession, number: str) -> MovementId | None:
    """Which movement has this receipt number, if any; see `receipt_number`."""
    parts = receipt_parts(number)
    if parts is None:
        return None
    day, tail = parts
    first, last = _written_between(session, day)
    found: MovementId | None = await session.fetchval(
        """
        SELECT id
        FROM ledger_movements
        WHERE id BETWEEN $3 AND $4
          AND business_day = $1
          AND substr(uuid_send(id), 9) = $2
        """,
        day,
        tail,
        first,
        last,
    )
    return found


async def holds_behind(session: ReadSession, movement: MovementId) -> list[FoundHold]:
    """The holds that this movement took its money from."""
    rows = await session.fetch(
        """
        SELECT h.id, h.currency, h.state, h.amount, h.captured, h.made_at, h.expires_at,
               h.ended_at
        FROM ledger_captures AS c
        JOIN ledger_holds AS h ON h.id = c.hold_id
        WHERE c.movement_id = $1
        """,
        movement,
    )
    return [
        FoundHold(
            id=row["id"],
            state=HoldState(row["state"]),
            amount=Money(row["amount"], CURRENCIES[row["currency"]]),
            captured=Money(row["captured"], CURRENCIES[row["currency"]]),
            made_at=row["made_at"],
            expires_at=row["expires_at"],
            ended_at=row["ended_at"],
        )
        for row in rows
    ]


async def held_now(session: ReadSession, *, now: datetime) -> list[HeldTotal]:
    """What pending holds set aside at business time `now`, by kind of account."""
    rows = await session.fetch(
        """
        SELECT h.currency, a.kind, count(*) AS holds, sum(h.amount - h.captured)::bigint AS amount
        FROM ledger_holds AS h
        JOIN ledger_accounts AS a ON a.currency = h.currency AND a.number = h.account
        WHERE h.state = 'pending'
          AND h.expires_at > $1
        GROUP BY h.currency, a.kind
        ORDER BY h.currency, a.kind
        """,
        now,
    )
    return [
        HeldTotal(
            currency=CURRENCIES[row["currency"]],
            kind=AccountKind(row["kind"]),
            holds=row["holds"],
            amount=Money(row["amount"], CURRENCIES[row["currency"]]),
        )
        for row in rows
    ]


def _written_between(session: ReadSession, day: date) -> tuple[UUID, UUID]:
    """Bounds of the ids of a business day's movements, so that only its months are read.

    Ids hold the machine's time. A sandbox's business clock may be anywhere, so there all are
    read: it is small.
    """
    if session.clock_moves:
        return UUID(int=0), UUID(int=(1 << 128) - 1)
    begin = day_starts(day) - _SLACK
    end = day_starts(day + timedelta(days=1)) + _SLACK
    return _first_id(begin), _first_id(end)


def _first_id(at: datetime) -> UUID:
    """The lowest UUIDv7 of a moment (RFC 9562): 48 bits of milliseconds, then nothing."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def _account(row: Row) -> AccountFacts:
    currency = CURRENCIES[row["currency"]]
    return AccountFacts(
        currency=currency,
        number=row["number"],
        kind=AccountKind(row["kind"]),
        holder=row["holder"],
        balance=Money(row["balance"], currency),
        held=Money(row["held"], currency),
        is_closed=row["is_closed"],
    )


def _movement(row: Row) -> FoundMovement:
    return FoundMovement(
        id=row["id"],
        kind=MovementKind(row["kind"]),
        payer_label=row["payer_label"],
        payee_label=row["payee_label"],
        memo=row["memo"],
        at=row["at"],
        amount=Money(row["amount"], CURRENCIES[row["currency"]]),
        postings=row["postings"],
    )
