"""Reads of settlement: days, breaks with both their sides, and what stands open."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from tael import ledger
from tael.kernel.database import ReadSession, Row
from tael.kernel.money import CNY, Money
from tael.settlement.errors import BreakNotFound
from tael.settlement.states import BreakId, BreakState, BreakType

PAGE_MAX: Final = 100
SIDES_MAX: Final = 50
"""The most lines and entries that a break's detail shows of one reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A day compared with the switch's file. Nets are what the switch owes us."""

    day: date
    file_digest: bytes
    lines: int
    entries: int
    matched: int
    first_sequence: int
    end_sequence: int
    file_net: Money
    booked_net: Money
    corrected_net: Money
    differing: Money
    open_breaks: int
    breaks: int
    open_differing: Money
    run_at: datetime
    changed_at: datetime | None

    @property
    def balanced(self) -> bool:
        """Whether nothing of the day is left to explain."""
        return self.open_breaks == 0 and self.changed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A reference on which a day's file and our books differ."""

    id: BreakId
    day: date
    type: BreakType
    state: BreakState
    reference: str
    file_effect: Money
    booked_effect: Money
    difference: Money
    counterpart: BreakId | None
    movement: ledger.MovementId | None
    reason: str | None
    ended_at: datetime | None
    sequence: int | None


@dataclass(frozen=True, slots=True)
class SwitchSide:
    """A line of the switch's file."""

    day: date
    line: int
    type: str
    stan: int
    effect: Money
    response: str
    card: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OurSide:
    """An entry of our account with the switch."""

    day: date
    movement: ledger.MovementId
    kind: str
    effect: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class BreakFilters:
    """Which breaks are wanted; what is None does not filter."""

    state: BreakState | None = None
    type: BreakType | None = None
    day: date | None = None


_RUN: Final = """
SELECT r.day, r.file_digest, r.lines, r.entries, r.matched, r.first_sequence, r.end_sequence,
       r.file_net, r.booked_net, r.corrected_net, r.differing, r.run_at, r.changed_at,
       b.breaks, b.open_breaks, b.open_differing
FROM settlement_runs AS r
CROSS JOIN LATERAL (
    SELECT count(*) AS breaks,
           count(*) FILTER (WHERE state = 'open') AS open_breaks,
           coalesce(sum(difference) FILTER (WHERE state = 'open'), 0)::bigint AS open_differing
    FROM settlement_breaks
    WHERE day = r.day
) AS b
"""

_BREAK: Final = """
SELECT id, day, type, state, reference, file_effect, booked_effect, difference, counterpart,
       movement, reason, ended_at, sequence
FROM settlement_breaks
"""


async def run(session: ReadSession, day: date) -> Run | None:
    """A day that was compared."""
    row = await session.fetchrow(f"{_RUN} WHERE r.day = $1", day)
    return None if row is None else _run(row)


async def last_run(session: ReadSession) -> Run | None:
    """The latest day that was compared."""
    row = await session.fetchrow(f"{_RUN} ORDER BY r.day DESC LIMIT 1")
    return None if row is None else _run(row)


async def list_runs(session: ReadSession, *, before: date | None, limit: int) -> list[Run]:
    """Days that were compared, the newest first."""
    assert 0 < limit <= PAGE_MAX
    rows = await session.fetch(
        f"{_RUN} WHERE ($1::date IS NULL OR r.day < $1) ORDER BY r.day DESC LIMIT $2",
        before,
        limit,
    )
    return [_run(row) for row in rows]


async def list_breaks(
    session: ReadSession, filters: BreakFilters, *, before: BreakId | None, limit: int
) -> list[Break]:
    """Breaks, the newest first."""
    assert 0 < limit <= PAGE_MAX
    rows = await session.fetch(
        f"""
        {_BREAK}
        WHERE ($1::text IS NULL OR state = $1)
          AND ($2::text IS NULL OR type = $2)
          AND ($3::date IS NULL OR day = $3)
          AND ($4::uuid IS NULL OR id < $4)
        ORDER BY id DESC
        LIMIT $5
        """,
        filters.state,
        filters.type,
        filters.day,
        before,
        limit,
    )
    return [_break(row) for row in rows]


async def read_break(session: ReadSession, break_id: BreakId) -> Break:
    """One break; refuses `settlement.break_not_found`."""
    row = await session.fetchrow(f"{_BREAK} WHERE id = $1", break_id)
    if row is None:
        raise BreakNotFound
    return _break(row)


async def switch_side(session: ReadSession, found: Break) -> list[SwitchSide]:
    """What the switch's files hold under a break's reference."""
    rows = await session.fetch(
        """
        SELECT day, line, type, stan, effect, response, card, at
        FROM settlement_lines
        WHERE reference = $1
        ORDER BY day DESC, line
        LIMIT $2
        """,
        found.reference,
        SIDES_MAX,
    )
    return [
        SwitchSide(
            *(row["day"], row["line"], row["type"], row["stan"], Money(row["effect"], CNY)),
            *(row["response"], row["card"], row["at"]),
        )
        for row in rows
    ]


async def our_side(session: ReadSession, found: Break) -> OurSide | None:
    """What we booked under a break's reference."""
    if found.sequence is None:
        return None
    row = await session.fetchrow(
        "SELECT day, movement, kind, effect, at FROM settlement_entries WHERE sequence = $1",
        found.sequence,
    )
    assert row is not None, "entries are never removed"
    return OurSide(
        *(row["day"], ledger.MovementId(row["movement"]), row["kind"]),
        *(Money(row["effect"], CNY), row["at"]),
    )


async def open_differences(session: ReadSession) -> tuple[int, Money]:
    """How many breaks stand open, and what they come to."""
    row = await session.fetchrow(
        """
        SELECT count(*) AS breaks, coalesce(sum(difference), 0)::bigint AS difference
        FROM settlement_breaks
        WHERE state = 'open'
        """
    )
    assert row is not None
    return row["breaks"], Money(row["difference"], CNY)


def _run(row: Row) -> Run:
    fields = dict(row)
    amounts = ("file_net", "booked_net", "corrected_net", "differing", "open_differing")
    return Run(**fields | {name: Money(fields[name], CNY) for name in amounts})


def _break(row: Row) -> Break:
    fields = dict(row)
    amounts = ("file_effect", "booked_effect", "difference")
    movement: UUID | None = fields["movement"]
    counterpart: UUID | None = fields["counterpart"]
    return Break(
        **fields
        | {name: Money(fields[name], CNY) for name in amounts}
        | {
            "id": BreakId(fields["id"]),
            "type": BreakType(fields["type"]),
            "state": BreakState(fields["state"]),
            "movement": None if movement is None else ledger.MovementId(movement),
            "counterpart": None if counterpart is None else BreakId(counterpart),
        }
    )
