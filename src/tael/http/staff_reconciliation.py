"""Reconciliation at the console: days compared with the switch's files, and their breaks."""

from datetime import date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field

from tael import settlement
from tael.http.guards import StaffSigned
from tael.http.problems import problems
from tael.http.wire import Identifier, Instant, MoneyWire, Wire
from tael.kernel import ids
from tael.kernel.clock import business_day, business_now
from tael.settlement import BreakState, BreakType

router: Final = APIRouter(prefix="/staff/reconciliation", tags=["staff"])

PAGE_DEFAULT: Final = 30
_BREAK: Final = "brk_01h455vb4pex5vsknk084sn02q"


class RunWire(Wire):
    """A day compared with the switch's file. Amounts are what the switch owes us.

    `file_net` = `booked_net` - `corrected_net` + `differing`, to the last unit.
    """

    day: date
    lines: int
    entries: int
    matched: int
    file_net: MoneyWire
    booked_net: MoneyWire
    corrected_net: MoneyWire = Field(description="Of what we booked: corrections of breaks.")
    differing: MoneyWire = Field(description="The sum of the day's breaks.")
    breaks: int
    open_breaks: int
    open_differing: MoneyWire
    balanced: bool = Field(description="Whether nothing of the day is left to explain.")
    run_at: Instant
    file_digest: str = Field(description="SHA-256 of the file.")
    changed_at: Instant | None = Field(
        description="When the switch gave another file for the day: an alarm."
    )

    @classmethod
    def of(cls, run: settlement.Run) -> "RunWire":
        return cls(
            day=run.day,
            lines=run.lines,
            entries=run.entries,
            matched=run.matched,
            file_net=MoneyWire.of(run.file_net),
            booked_net=MoneyWire.of(run.booked_net),
            corrected_net=MoneyWire.of(run.corrected_net),
            differing=MoneyWire.of(run.differing),
            breaks=run.breaks,
            open_breaks=run.open_breaks,
            open_differing=MoneyWire.of(run.open_differing),
            balanced=run.balanced,
            run_at=run.run_at,
            file_digest=run.file_digest.hex(),
            changed_at=run.changed_at,
        )


class RunsWire(Wire):
    """Newest first, with everything that stands open on whatever day."""

    runs: list[RunWire]
    next: date | None = Field(description="Give it as `before`; null on the last page.")
    open_breaks: int
    open_differing: MoneyWire


class BreakWire(Wire):
    """A reference on which a day's file and our books differ. Amounts are what we are owed."""

    id: Identifier = Field(examples=[_BREAK])
    day: date
    age_days: int = Field(description="Business days that it has been open, or was.")
    type: BreakType
    state: BreakState
    reference: str = Field(description="The switch's retrieval reference.")
    file_effect: MoneyWire
    booked_effect: MoneyWire
    difference: MoneyWire
    counterpart: Identifier | None = Field(description="The break that takes it back.")
    movement: Identifier | None = Field(description="The correction that was booked.")
    reason: str | None
    ended_at: Instant | None


class BreaksWire(Wire):
    """Newest first."""

    breaks: list[BreakWire]
    next: Identifier | None = Field(description="Give it as `before`; null on the last page.")


class SwitchSideWire(Wire):
    """A line of the switch's file."""

    day: date
    line: int
    type: str
    stan: int
    effect: MoneyWire
    response: str
    card: str = Field(examples=["999101*********0038"])
    at: Instant

    @classmethod
    def of(cls, side: settlement.SwitchSide) -> "SwitchSideWire":
        return cls(
            day=side.day,
            line=side.line,
            type=side.type,
            stan=side.stan,
            effect=MoneyWire.of(side.effect),
            response=side.response,
            card=side.card,
            at=side.at,
        )


class OurSideWire(Wire):
    """An entry of our account with the switch."""

    day: date
    movement: Identifier
    kind: str
    effect: MoneyWire
    at: Instant

    @classmethod
    def of(cls, side: settlement.OurSide) -> "OurSideWire":
        return cls(
            day=side.day,
            movement=ids.wire("mov", side.movement),
            kind=side.kind,
            effect=MoneyWire.of(side.effect),
            at=side.at,
        )


class BreakDetail(BreakWire):
    """A break with what each side holds under its reference."""

    theirs: list[SwitchSideWire]
    ours: OurSideWire | None


class BreaksQuery(Wire):
    """Which breaks are wanted."""

    state: BreakState | None = None
    type: BreakType | None = None
    day: date | None = None
    before: Identifier | None = None
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=settlement.PAGE_MAX)


def _members(found: settlement.Break, now: datetime) -> dict[str, object]:
    last = found.ended_at or now
    return {
        "id": ids.wire("brk", found.id),
        "day": found.day,
        "age_days": settlement.age_days(found.day, business_day(last)),
        "type": found.type,
        "state": found.state,
        "reference": found.reference,
        "file_effect": MoneyWire.of(found.file_effect),
        "booked_effect": MoneyWire.of(found.booked_effect),
        "difference": MoneyWire.of(found.difference),
        "counterpart": ids.wire("brk", found.counterpart) if found.counterpart else None,
        "movement": ids.wire("mov", found.movement) if found.movement else None,
        "reason": found.reason,
        "ended_at": found.ended_at,
    }


@router.get("/runs")
async def runs(
    edge: StaffSigned,
    before: Annotated[date | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=settlement.PAGE_MAX)] = PAGE_DEFAULT,
) -> RunsWire:
    """The days that were compared with the switch's files, the newest first."""
    async with edge.services.database.snapshot() as session:
        found = await settlement.list_runs(session, before=before, limit=limit)
        count, difference = await settlement.open_differences(session)
    return RunsWire(
        runs=[RunWire.of(run) for run in found],
        next=found[-1].day if len(found) == limit else None,
        open_breaks=count,
        open_differing=MoneyWire.of(difference),
    )


@router.get("/runs/{day}", responses=problems(settlement.errors.RunNotFound))
async def run(edge: StaffSigned, day: date) -> RunWire:
    """One day."""
    async with edge.services.database.snapshot() as session:
        found = await settlement.run(session, day)
    if found is None:
        raise settlement.errors.RunNotFound
    return RunWire.of(found)


@router.get("/breaks")
async def breaks(edge: StaffSigned, query: Annotated[BreaksQuery, Query()]) -> BreaksWire:
    """What differs, the newest first."""
    before = settlement.BreakId(ids.parse("brk", query.before)) if query.before else None
    filters = settlement.BreakFilters(query.state, query.type, query.day)
    async with edge.services.database.read() as session:
        now = await business_now(session)
        found = await settlement.list_breaks(session, filters, before=before, limit=query.limit)
    full = len(found) == query.limit
    return BreaksWire(
        breaks=[BreakWire.model_validate(_members(each, now)) for each in found],
        next=ids.wire("brk", found[-1].id) if full else None,
    )


@router.get("/breaks/{break_id}", responses=problems(settlement.errors.BreakNotFound))
async def one_break(edge: StaffSigned, break_id: str) -> BreakDetail:
    """One break with both its sides."""
    wanted = settlement.BreakId(ids.parse("brk", break_id))
    async with edge.services.database.snapshot() as session:
        now = await business_now(session)
        found = await settlement.read_break(session, wanted)
        theirs = await settlement.switch_side(session, found)
        ours = await settlement.our_side(session, found)
    return BreakDetail.model_validate(
        {
            **_members(found, now),
            "theirs": [SwitchSideWire.of(side) for side in theirs],
            "ours": None if ours is None else OurSideWire.of(ours),
        }
    )
