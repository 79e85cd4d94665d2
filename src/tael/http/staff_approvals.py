"""Approvals at the console: what is proposed, by whom and why; propose, decide, take back."""

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from tael import staff
from tael.http.edge import CREATED, Answer
from tael.http.guards import Checker, Clerk, StaffSigned
from tael.http.problems import problems
from tael.http.wire import Identifier, Instant, Text, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import ReadSession, WriteSession

router: Final = APIRouter(prefix="/staff/approvals", tags=["staff"])

REASON_MAX: Final = 500
PAGE_DEFAULT: Final = 30

Reason = Annotated[Text, Field(min_length=1, max_length=REASON_MAX)]
"""Why: kept with the act for good."""


class PersonWire(Wire):
    """Somebody of the bank."""

    staff: Identifier = Field(examples=["stf_01h455vb4pex5vsknk084sn02q"])
    name: str = Field(examples=["陈静"])


class ApprovalWire(Wire):
    """What one proposed and another decides."""

    approval: Identifier = Field(examples=["apv_01h455vb4pex5vsknk084sn02q"])
    kind: str = Field(examples=["ledger.reversal"])
    subject: str = Field(description="What it is about: a movement, a file, an account.")
    terms: dict[str, Any] = Field(description="What exactly would be done; each kind has its own.")
    reason: str
    maker: PersonWire
    proposed_at: Instant
    expires_at: Instant
    state: staff.ApprovalState
    checker: PersonWire | None
    decided_at: Instant | None
    decision_reason: str | None
    obstacle: dict[str, Any] | None = Field(
        description="Why it could not be carried out when it was last approved: a `code` and more."
    )
    outcome: dict[str, Any] | None = Field(description="What it did, once approved.")


class ApprovalPage(Wire):
    """Newest first."""

    approvals: list[ApprovalWire]
    next: Identifier | None = Field(description="Give it as `before`; null on the last page.")


class Proposed(Wire):
    """A proposal: a kind, its terms and why."""

    kind: Annotated[str, Field(max_length=64)] = Field(examples=["ledger.reversal"])
    terms: dict[str, Any] = Field(examples=[{"movement": "mov_01j9z3k4m5n6p7q8r9s0t1v2w3"}])
    reason: Reason


class DecisionGiven(Wire):
    """Yes or no, and why."""

    approve: bool
    reason: Reason


class WithdrawalGiven(Wire):
    """Why it is taken back."""

    reason: Reason


class ApprovalsQuery(Wire):
    """Which proposals are wanted."""

    state: Annotated[str, Field(pattern="^(open|ended)$")] | None = None
    before: Identifier | None = None
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=staff.APPROVALS_PAGE_MAX)


async def presented(session: ReadSession, found: list[staff.Approval]) -> list[ApprovalWire]:
    """Proposals with the names of who made and decided them."""
    people = {one for each in found for one in (each.maker, each.checker) if one is not None}
    names = await staff.names(session, people)

    def person(staff_id: staff.StaffId) -> PersonWire:
        return PersonWire(staff=ids.wire("stf", staff_id), name=names[staff_id])

    return [
        ApprovalWire.model_construct(
            approval=ids.wire("apv", each.id),
            kind=each.kind,
            subject=each.subject,
            terms=each.terms,
            reason=each.reason,
            maker=person(each.maker),
            proposed_at=each.proposed_at,
            expires_at=each.expires_at,
            state=each.state,
            checker=person(each.checker) if each.checker else None,
            decided_at=each.decided_at,
            decision_reason=each.decision_reason,
            obstacle=each.obstacle,
            outcome=each.outcome,
        )
        for each in found
    ]


@router.get("")
async def list_approvals(
    edge: StaffSigned, query: Annotated[ApprovalsQuery, Query()]
) -> ApprovalPage:
    """What waits for a decision, what was decided, or both."""
    before = ids.parse("apv", query.before) if query.before else None
    is_open = None if query.state is None else query.state == "open"
    async with edge.services.database.read() as session:
        found = await staff.list_approvals(
            session,
            is_open=is_open,
            before=before,
            limit=query.limit,
            now=await business_now(session),
        )
        shown = await presented(session, found)
    full = len(found) == query.limit
    return ApprovalPage(approvals=shown, next=shown[-1].approval if full else None)


@router.get("/{approval}", responses=problems(staff.ApprovalNotFound))
async def read_approval(edge: StaffSigned, approval: str) -> ApprovalWire:
    """One proposal and what became of it."""
    approval_id = staff.ApprovalId(ids.parse("apv", approval))
    async with edge.services.database.read() as session:
        found = await staff.read_approval(session, approval_id, now=await business_now(session))
        return (await presented(session, [found]))[0]


@router.post(
    "",
    status_code=CREATED,
    response_model=ApprovalWire,
    responses=problems(staff.ApprovalKindUnknown, staff.AlreadyProposed),
)
async def propose(edge: Clerk, given: Proposed) -> Response:
    """Put something before somebody else, for seven days; nothing is done by it."""
    approval_id = staff.ApprovalId(ids.new_id())

    async def act(session: WriteSession, now: datetime) -> ApprovalWire:
        proposal = staff.Proposal(
            id=approval_id, kind=given.kind, terms=given.terms, reason=given.reason
        )
        made = await staff.propose(session, proposal, edge.actor, now=now)
        return (await presented(session, [made]))[0]

    return await edge.once(act, status=CREATED)


@router.post(
    "/{approval}/decision",
    response_model=ApprovalWire,
    responses=problems(staff.ApprovalNotFound, staff.ApprovalOwn, staff.ApprovalEnded),
)
async def decide(edge: Checker, approval: str, given: DecisionGiven) -> Response:
    """Approve, which does it at once, or reject. What cannot be done any more stays open."""
    approval_id = staff.ApprovalId(ids.parse("apv", approval))
    verdict = staff.Verdict(approve=given.approve, reason=given.reason)

    async def act(session: WriteSession, now: datetime) -> Answer:
        decided = await staff.decide(session, approval_id, verdict, edge.actor, now=now)
        shown = (await presented(session, [decided.approval]))[0]
        return Answer(model=shown, refused=decided.refused)

    return await edge.once(act)


@router.post(
    "/{approval}/withdrawal",
    response_model=ApprovalWire,
    responses=problems(staff.ApprovalNotFound, staff.ApprovalNotOwn, staff.ApprovalEnded),
)
async def withdraw(edge: Clerk, approval: str, given: WithdrawalGiven) -> Response:
    """Take back what you proposed."""
    approval_id = staff.ApprovalId(ids.parse("apv", approval))

    async def act(session: WriteSession, now: datetime) -> ApprovalWire:
        taken = await staff.withdraw(session, approval_id, edge.actor, reason=given.reason, now=now)
        return (await presented(session, [taken]))[0]

    return await edge.once(act)
