"""Closed days and the trial balance of any moment, for staff."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field

from tael import ledger
from tael.http.guards import StaffSigned
from tael.http.moments import MomentAsked
from tael.http.problems import problems
from tael.http.wire import Instant, MoneyWire, Wire
from tael.kernel.clock import business_now

router: Final = APIRouter(prefix="/staff", tags=["staff"])

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


class CloseLine(Wire):
    """A closed day in a list."""

    day: date
    closed_at: Instant
    movements: int
    late: int = Field(description="How many of the day's movements were dated to an earlier one.")
    balanced: bool = Field(description="Whether nothing differed.")
    differences: int


class ClosePage(Wire):
    """Newest first."""

    closes: list[CloseLine]
    next: date | None = Field(description="Give it as `before`; null on the last page.")


class TotalRow(Wire):
    """All accounts of one kind and currency together."""

    currency: str = Field(examples=["CNY"])
    kind: ledger.AccountKind
    accounts: int
    balance: MoneyWire
    held: MoneyWire


class KindTotal(Wire):
    """What one kind of movement came to on the day."""

    kind: ledger.MovementKind
    currency: str
    movements: int
    amount: MoneyWire


class HeldTotal(Wire):
    """What was set aside at the end of the day, by kind of account."""

    kind: ledger.AccountKind
    currency: str
    holds: int
    amount: MoneyWire


class PendingTotal(Wire):
    """What had not been heard of when the day was closed."""

    source: str = Field(examples=["rails.top_up"])
    count: int
    amount: MoneyWire | None


class DifferenceWire(Wire):
    """What was not as it must be."""

    rule: str = Field(examples=["close.continuity"])
    subject: str
    expected: str
    found: str


class LateWire(Wire):
    """What was posted on the day and dated to an earlier one."""

    movements: int


class CloseBody(Wire):
    """A closed day, as it was known at its closing. It never changes."""

    day: date
    closed_at: datetime
    known_at: datetime
    movements: int
    postings: int
    late: LateWire
    trial_balance: list[TotalRow]
    totals: list[KindTotal]
    held: list[HeldTotal]
    pending: list[PendingTotal]
    differences: list[DifferenceWire]
    checkpoint: str | None = Field(description="The transparency log's newest signed checkpoint.")


class TrialBalanceAsked(Wire):
    """Of which moment, and as it was known when."""

    as_of: MomentAsked | None = None
    known_at: MomentAsked | None = None


class TrialBalanceBody(Wire):
    """The books at a moment; each currency sums to zero."""

    as_of: Instant
    known_at: Instant
    rows: list[TotalRow]
    balanced: bool


class ClosesQuery(Wire):
    """Which page of the closes."""

    before: Day | None = None
    limit: int = Field(default=31, ge=1, le=ledger.CLOSES_PAGE_MAX)


@router.get("/closes", responses=problems())
async def closes(edge: StaffSigned, query: Annotated[ClosesQuery, Query()]) -> ClosePage:
    """The days that were closed, newest first."""
    async with edge.services.database.read() as session:
        found = await ledger.day_closes(session, before=query.before, limit=query.limit)
    return ClosePage(
        closes=[
            CloseLine(
                day=each.day,
                closed_at=each.closed_at,
                movements=each.movements,
                late=each.late,
                balanced=each.differences == 0,
                differences=each.differences,
            )
            for each in found
        ],
        next=found[-1].day if len(found) == query.limit else None,
    )


@router.get("/closes/{day}", responses=problems(ledger.errors.DayNotClosed))
async def see_close(edge: StaffSigned, day: Day) -> CloseBody:
    """The report of a closed day."""
    async with edge.services.database.read() as session:
        found = await ledger.day_close(session, day)
    report: dict[str, Any] = found.report
    return CloseBody.model_validate(report)


@router.get("/trial-balance", responses=problems(ledger.errors.Archived))
async def trial_balance(
    edge: StaffSigned, asked: Annotated[TrialBalanceAsked, Query()]
) -> TrialBalanceBody:
    """The books as of a moment, as they are known now or as they were known at another."""
    async with edge.services.database.read() as session:
        now = await business_now(session)
        as_of, known_at = asked.as_of or now, asked.known_at or now
        rows = await ledger.trial_balance_as_of(session, as_of, known_at)
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency.code] = sums.get(row.currency.code, 0) + row.balance.minor
    return TrialBalanceBody(
        as_of=ledger.instant_of(as_of),
        known_at=ledger.instant_of(known_at),
        rows=[
            TotalRow(
                currency=row.currency.code,
                kind=row.kind,
                accounts=row.accounts,
                balance=MoneyWire.of(row.balance),
                held=MoneyWire.of(row.held),
            )
            for row in rows
        ],
        balanced=not any(sums.values()),
    )
