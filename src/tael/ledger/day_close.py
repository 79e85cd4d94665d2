"""Close days: what the books were at the end of each, kept as it was known then.

A day is closed once, after it is over, in order. A close is one statement over one state of the
books: it goes back from the balances of now over what counts from later days, and tells apart
what the day moved and what came to be known since the close before. So the close before, and
what is new since, must make this one: that is checked, and what differs is told in the report.

Movements that are dated to a closed day are taken all the same. The close stays what it was; the
books as of that day, as known now, have them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from tael import audit
from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import CURRENCIES, Money
from tael.ledger.errors import DayNotClosed, DayNotOver
from tael.ledger.moments import DAY_GRACE, day_ends, day_starts

CLOSES_MAX: Final = 31
"""The most days that one transaction closes."""
CLOSES_PAGE_MAX: Final = 100
"""The most closes that one page lists."""

_LOCK: Final = 0x7AE10C10
"""One closes at a time, so that each finds the one before."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What one module above has not heard the outcome of."""

    source: str
    count: int
    amount: Money | None


class PendingAsked(Protocol):
    """A module above that may have business whose outcome is unknown."""

    async def __call__(self, session: ReadSession, /) -> Sequence[Pending]:
        """What is open now."""


_ASKED: Final[list[PendingAsked]] = []


def register_pending(asked: PendingAsked) -> None:
    """Ask this module too when a day is closed: called once by the composition root."""
    if asked not in _ASKED:
        _ASKED.append(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClose:
    """A closed day. `report` is the whole of it for programs; amounts are minor units."""

    day: date
    closed_at: datetime
    movements: int
    late: int
    differences: int
    report: dict[str, Any]


@dataclass(slots=True)
class _Books:
    """What the one statement found, by day, currency and kind; sums in minor units."""

    balance: dict[tuple[str, str], int] = field(default_factory=dict)
    accounts: dict[tuple[str, str], int] = field(default_factory=dict)
    change: defaultdict[date, dict[tuple[str, str], int]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    newly_known: dict[tuple[str, str], int] = field(default_factory=dict)
    kinds: defaultdict[date, list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    held: defaultdict[date, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    late: dict[date, int] = field(default_factory=dict)
    postings: dict[date, int] = field(default_factory=dict)


_SCAN: Final = """
WITH scanned AS MATERIALIZED (
    SELECT m.id, m.kind, m.at, m.business_day, m.effective_on,
           p.currency, p.debit, p.credit, p.amount
    FROM ledger_movements AS m
    JOIN ledger_postings AS p ON p.movement_id = m.id
    WHERE m.at >= $1
), changes AS (
    SELECT currency, debit AS account, effective_on, at, -amount AS change
    FROM scanned
    UNION ALL
    SELECT currency, credit, effective_on, at, amount
    FROM scanned
    UNION ALL
    -- Posted before, and dated to a day that is closed only now.
    SELECT currency, account, effective_on, at, change
    FROM ledger_displaced
    WHERE at < $1 AND effective_on >= $2
)
SELECT 'balance' AS what, NULL::date AS day, currency, kind, count(*) AS count,
       sum(balance)::bigint AS amount
FROM ledger_accounts
GROUP BY currency, kind
UNION ALL
SELECT 'change', c.effective_on, a.currency, a.kind, count(*), sum(c.change)::bigint
FROM changes AS c
JOIN ledger_accounts AS a ON a.currency = c.currency AND a.number = c.account
WHERE c.effective_on >= $2
GROUP BY c.effective_on, a.currency, a.kind
UNION ALL
SELECT 'newly_known', NULL, a.currency, a.kind, count(*), sum(c.change)::bigint
FROM changes AS c
JOIN ledger_accounts AS a ON a.currency = c.currency AND a.number = c.account
WHERE c.effective_on < $2 AND c.at > $3
GROUP BY a.currency, a.kind
UNION ALL
SELECT 'late', business_day, '', '', count(DISTINCT id), 0
FROM scanned
WHERE effective_on < business_day
GROUP BY business_day
UNION ALL
SELECT 'postings', effective_on, '', '', count(*), 0
FROM scanned
WHERE effective_on >= $2
GROUP BY effective_on
UNION ALL
SELECT 'kind', effective_on, currency, kind, count(DISTINCT id), sum(amount)::bigint
FROM scanned
WHERE effective_on >= $2
GROUP BY effective_on, currency, kind
UNION ALL
SELECT 'held', d.day, h.currency, a.kind, count(*),
       sum(h.amount - coalesce((
           SELECT sum(c.amount)
           FROM ledger_captures AS c
           JOIN ledger_movements AS m ON m.id = c.movement_id
           WHERE c.hold_id = h.id AND m.at < d.ends
       ), 0))::bigint
FROM unnest($4::date[], $5::timestamptz[]) AS d (day, ends)
JOIN ledger_holds AS h
  ON h.made_at < d.ends
 AND h.expires_at > d.ends
 AND (h.ended_at IS NULL OR h.ended_at >= d.ends)
JOIN ledger_accounts AS a ON a.currency = h.currency AND a.number = h.account
GROUP BY d.day, h.currency, a.kind
ORDER BY what, day, currency, kind
"""


async def close_day(session: WriteSession, day: date, *, now: datetime) -> DayClose:
    """Close this day, and those before it that are not closed yet; a closed day stays as it is.

    Refuses `ledger.day_not_over`, and `ledger.day_not_closed` for a day before the first that
    the bank has any movement on.
    """
    if now < day_ends(day) + DAY_GRACE:
        raise DayNotOver
    while await close_due(session, now=now, through=day):
        pass
    return await day_close(session, day)


async def close_due(
    session: WriteSession, *, now: datetime, through: date | None = None
) -> list[date]:
    """Close the next days that are over, at most `CLOSES_MAX`; tells which."""
    await session.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
    last = await session.fetchrow(
        "SELECT day, closed_at, report FROM ledger_day_closes ORDER BY day DESC LIMIT 1"
    )
    first = await _first_day(session) if last is None else last["day"] + timedelta(days=1)
    newest = business_day(now - DAY_GRACE) - timedelta(days=1)
    if through is not None:
        newest = min(newest, through)
    if first is None or first > newest:
        return []
    count = min((newest - first).days + 1, CLOSES_MAX)
    days = [first + timedelta(days=ahead) for ahead in range(count)]
    books = await _scan(session, days, last)
    pending = [_told(each) for asked in _ASKED for each in await asked(session)]
    log = await audit.latest(session)
    differences = _continuity(books, days[0], last)
    for day in days:
        report = _report(books, day, now)
        report["pending"] = pending
        report["checkpoint"] = None if log is None else log.note
        report["differences"] += differences
        differences = []
        await _write(session, day, now, report)
    return days


async def day_close(session: ReadSession, day: date) -> DayClose:
    """The close of a day; refuses `ledger.day_not_closed`."""
    row = await session.fetchrow(
        f"SELECT {_COLUMNS} FROM ledger_day_closes WHERE day = $1",  # noqa: S608 - columns of ours
        day,
    )
    if row is None:
        raise DayNotClosed
    return _close(row)


async def day_closes(
    session: ReadSession, *, before: date | None = None, limit: int = 31
) -> list[DayClose]:
    """Closed days, newest first: those before a day."""
    assert 0 < limit <= CLOSES_PAGE_MAX
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM ledger_day_closes
        WHERE day < coalesce($1::date, 'infinity')
        ORDER BY day DESC
        LIMIT $2
        """,  # noqa: S608 - columns of ours
        before,
        limit,
    )
    return [_close(row) for row in rows]


_COLUMNS: Final = "day, closed_at, movements, late, differences, report"


async def _first_day(session: ReadSession) -> date | None:
    """The day of the first movement; None for a bank that nothing has moved in."""
    day: date | None = await session.fetchval(
        "SELECT business_day FROM ledger_movements ORDER BY id LIMIT 1"
    )
    return day


async def _scan(session: ReadSession, days: Sequence[date], last: Row | None) -> _Books:
    rows = await session.fetch(
        _SCAN,
        day_starts(days[0]),
        days[0],
        day_starts(days[0]) if last is None else last["closed_at"],
        list(days),
        [day_starts(day + timedelta(days=1)) for day in days],
    )
    books = _Books()
    for row in rows:
        place = (row["currency"], row["kind"])
        match row["what"]:
            case "balance":
                books.balance[place] = row["amount"]
                books.accounts[place] = row["count"]
            case "change":
                books.change[row["day"]][place] = row["amount"]
            case "newly_known":
                books.newly_known[place] = row["amount"]
            case "late":
                books.late[row["day"]] = row["count"]
            case "postings":
                books.postings[row["day"]] = row["count"]
            case "kind":
                books.kinds[row["day"]].append(_line("movements", row))
            case "held":
                books.held[row["day"]].append(_line("holds", row))
    return books


def _line(counted: str, row: Row) -> dict[str, Any]:
    return {
        "kind": row["kind"],
        "currency": row["currency"],
        counted: row["count"],
        "amount": _amount(row["amount"], row["currency"]),
    }


def _balances(books: _Books, day: date) -> dict[tuple[str, str], int]:
    """The balances at the end of a day: those of now, less what counts from later days."""
    found = dict(books.balance)
    for later, changes in books.change.items():
        if later > day:
            for place, change in changes.items():
                found[place] -= change
    return found


def _continuity(books: _Books, first: date, last: Row | None) -> list[dict[str, str]]:
    """What the close before and all that is new since do not make of the first close."""
    opening: defaultdict[tuple[str, str], int] = defaultdict(int)
    if last is not None:
        for row in last["report"]["trial_balance"]:
            opening[row["currency"], row["kind"]] = row["balance"]["value"]
    differing = []
    for place, found in _balances(books, first).items():
        expected = (
            opening[place] + books.newly_known.get(place, 0) + books.change[first].get(place, 0)
        )
        if expected != found:
            differing.append(_difference("close.continuity", " ".join(place), expected, found))
    return differing


def _report(books: _Books, day: date, now: datetime) -> dict[str, Any]:
    balances = _balances(books, day)
    held = {(line["currency"], line["kind"]): line["amount"] for line in books.held[day]}
    totals = books.kinds[day]
    return {
        "day": day.isoformat(),
        "closed_at": now.isoformat(),
        "known_at": now.isoformat(),
        # A movement is of one currency and kind, so none is counted twice.
        "movements": sum(line["movements"] for line in totals),
        "postings": books.postings.get(day, 0),
        "late": {"movements": books.late.get(day, 0)},
        "trial_balance": [
            {
                "currency": currency,
                "kind": kind,
                "accounts": books.accounts[currency, kind],
                "balance": _amount(balance, currency),
                "held": held.get((currency, kind), _amount(0, currency)),
            }
            for (currency, kind), balance in balances.items()
        ],
        "totals": totals,
        "held": books.held[day],
        "differences": _unbalanced(balances),
    }


def _unbalanced(balances: dict[tuple[str, str], int]) -> list[dict[str, str]]:
    sums: defaultdict[str, int] = defaultdict(int)
    for (currency, _), balance in balances.items():
        sums[currency] += balance
    return [
        _difference("currency.sum", currency, 0, total) for currency, total in sums.items() if total
    ]


def _difference(rule: str, subject: str, expected: int, found: int) -> dict[str, str]:
    return {"rule": rule, "subject": subject, "expected": str(expected), "found": str(found)}


def _told(pending: Pending) -> dict[str, Any]:
    amount = pending.amount
    told = None if amount is None else _amount(amount.minor, amount.currency.code)
    return asdict(pending) | {"amount": told}


def _amount(minor: int, currency: str) -> dict[str, Any]:
    assert currency in CURRENCIES
    return {"value": minor, "currency": currency}


async def _write(session: WriteSession, day: date, now: datetime, report: dict[str, Any]) -> None:
    await session.execute(
        """
        INSERT INTO ledger_day_closes (day, closed_at, movements, late, differences, report)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        day,
        now,
        report["movements"],
        report["late"]["movements"],
        len(report["differences"]),
        report,
    )


def _close(row: Row) -> DayClose:
    return DayClose(**dict(row))
