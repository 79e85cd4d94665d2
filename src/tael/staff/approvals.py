"""Approvals: one person of the bank proposes, another decides, and it is done as he decides.

What can be proposed is registered at the composition, a kind each: a kind says why something
cannot be proposed and carries it out, in the transaction of the approval. The schema holds
that nobody decides what he proposed, that terms stay as they were seen, and that each
proposal is decided once. Locks: after the idempotency key, before whatever the kind locks.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tael.kernel import ids
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Advice, Detail, Refusal
from tael.staff import rules
from tael.staff.acts import Actor, Told, keep_act
from tael.staff.errors import (
    AlreadyProposed,
    ApprovalEnded,
    ApprovalKindUnknown,
    ApprovalNotFound,
    ApprovalNotOwn,
    ApprovalOwn,
)
from tael.staff.states import ApprovalId, ApprovalState, StaffAct, StaffId

APPROVALS_PAGE_MAX: Final = 100

Terms = Mapping[str, Any]
"""What exactly is proposed, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A proposal and what became of it."""

    id: ApprovalId
    kind: str
    subject: str
    terms: dict[str, Any]
    reason: str
    maker: StaffId
    proposed_at: datetime
    expires_at: datetime
    state: ApprovalState
    checker: StaffId | None
    decided_at: datetime | None
    decision_reason: str | None
    obstacle: dict[str, Any] | None
    """Why it could not be carried out when somebody last approved it."""
    outcome: dict[str, Any] | None
    """What it did, as its kind tells."""


@dataclass(frozen=True, slots=True)
class Approvable:
    """A kind of act that takes two people.

    `subject` reads the terms, which came over the wire as any JSON object, and names what they
    are about; it refuses `request.invalid`. `refuses` tells why they cannot be proposed now.
    `execute` decides anew under its own locks, raises what it refuses, and returns what it did.
    """

    kind: str
    subject: Callable[[Terms], str]
    refuses: Callable[[WriteSession, Terms, datetime], Awaitable[Refusal | None]]
    execute: Callable[[WriteSession, Approval, datetime], Awaitable[dict[str, Any]]]


_KINDS: Final[dict[str, Approvable]] = {}


def register_approvable(approvable: Approvable) -> None:
    """Let this kind be proposed; the composition root says so when the process starts."""
    _KINDS[approvable.kind] = approvable


def _kind_of(kind: str) -> Approvable:
    """How a kind is carried out; refuses `staff.approval_kind_unknown`."""
    try:
        return _KINDS[kind]
    except KeyError:
        raise ApprovalKindUnknown from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What somebody proposes."""

    id: ApprovalId
    kind: str
    terms: Terms
    reason: str


async def propose(
    session: WriteSession, proposal: Proposal, maker: Actor, *, now: datetime
) -> Approval:
    """Put something before somebody else, for seven days.

    Refuses what its kind refuses now, and `staff.already_proposed` while the same kind is
    open for the same subject.
    """
    assert maker.staff_id is not None, "the command line proposes nothing"
    kind = _kind_of(proposal.kind)
    subject = kind.subject(proposal.terms)
    refusal = await kind.refuses(session, proposal.terms, now)
    if refusal is not None:
        raise refusal
    await _expire(session, now)
    row = await session.fetchrow(
        f"""
        INSERT INTO staff_approvals
            (id, kind, subject, terms, reason, maker, proposed_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (kind, subject) WHERE state = 'proposed' DO NOTHING
        RETURNING {_COLUMNS}
        """,  # noqa: S608 - our own constant
        proposal.id,
        proposal.kind,
        subject,
        dict(proposal.terms),
        proposal.reason,
        maker.staff_id,
        now,
        now + rules.APPROVAL_LIFE,
    )
    if row is None:
        raise AlreadyProposed(approval=await _open_one(session, proposal.kind, subject))
    after = {"kind": proposal.kind, "subject": subject, "terms": dict(proposal.terms)}
    told = Told(
        act=StaffAct.PROPOSED,
        subject=ids.wire("apv", proposal.id),
        reason=proposal.reason,
        after=after,
    )
    await keep_act(session, maker, told)
    return _approval(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What somebody decides, and why."""

    approve: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Ending:
    """Who ends a proposal, why and when."""

    actor: Actor
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A decided proposal; or one that stays open, and what stood against carrying it out."""

    approval: Approval
    refused: Refusal | None = None


async def decide(
    session: WriteSession,
    approval_id: ApprovalId,
    verdict: Verdict,
    checker: Actor,
    *,
    now: datetime,
) -> Decided:
    """Approve, which carries it out in this transaction, or reject.

    What cannot be done any more stays proposed, with the reason; nothing else is written then.
    Refuses `staff.approval_own`, and `staff.approval_ended` for the second of two.
    """
    assert checker.staff_id is not None, "the command line decides nothing"
    approval = await _lock_open(session, approval_id, now)
    if approval.maker == checker.staff_id:
        raise ApprovalOwn
    ending = _Ending(checker, verdict.reason, now)
    if not verdict.approve:
        return Decided(await _end(session, approval, ApprovalState.REJECTED, ending))
    try:
        async with session.savepoint():
            outcome = await _kind_of(approval.kind).execute(session, approval, now)
    except Refusal as refusal:
        if refusal.advice is Advice.SAME_KEY:
            raise
        return Decided(await _note_obstacle(session, approval, refusal, checker), refusal)
    return Decided(await _end(session, approval, ApprovalState.APPROVED, ending, outcome=outcome))


async def withdraw(
    session: WriteSession, approval_id: ApprovalId, maker: Actor, *, reason: str, now: datetime
) -> Approval:
    """Take back what one proposed oneself; refuses `staff.approval_not_own`."""
    approval = await _lock_open(session, approval_id, now)
    if approval.maker != maker.staff_id:
        raise ApprovalNotOwn
    ending = _Ending(maker, reason, now)
    return await _end(session, approval, ApprovalState.WITHDRAWN, ending)


async def expire_approvals(session: WriteSession, *, now: datetime) -> None:
    """Mark what nobody decided in time; it is dead at its deadline either way."""
    await _expire(session, now)


async def read_approval(
    session: ReadSession, approval_id: ApprovalId, *, now: datetime
) -> Approval:
    """A proposal; refuses `staff.approval_not_found`."""
    row = await session.fetchrow(
        f"SELECT {_COLUMNS} FROM staff_approvals WHERE id = $1",  # noqa: S608 - our own constant
        approval_id,
    )
    if row is None:
        raise ApprovalNotFound
    return _as_of(_approval(row), now)


async def list_approvals(
    session: ReadSession, *, is_open: bool | None, before: UUID | None, limit: int, now: datetime
) -> list[Approval]:
    """The newest proposals first, from before a place on: open ones, ended ones or all."""
    assert 0 < limit <= APPROVALS_PAGE_MAX
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM staff_approvals
        WHERE ($1::boolean IS NULL OR $1 = (state = 'proposed' AND expires_at > $2))
          AND ($3::uuid IS NULL OR id < $3)
        ORDER BY id DESC
        LIMIT $4
        """,  # noqa: S608 - our own constant
        is_open,
        now,
        before,
        limit,
    )
    return [_as_of(_approval(row), now) for row in rows]


async def open_approvals(session: ReadSession, *, now: datetime) -> int:
    """How many proposals wait for a decision."""
    count: int = await session.fetchval(
        "SELECT count(*) FROM staff_approvals WHERE state = 'proposed' AND expires_at > $1", now
    )
    return count


_COLUMNS: Final = """id, kind, subject, terms, reason, maker, proposed_at, expires_at, state,
       checker, decided_at, decision_reason, obstacle, outcome"""


async def _lock_open(session: WriteSession, approval_id: ApprovalId, now: datetime) -> Approval:
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM staff_approvals
        WHERE id = $1
        FOR NO KEY UPDATE
        """,  # noqa: S608 - our own constant
        approval_id,
    )
    if row is None:
        raise ApprovalNotFound
    found = _as_of(_approval(row), now)
    if found.state is not ApprovalState.PROPOSED:
        raise ApprovalEnded(state=found.state.value)
    return found


async def _end(
    session: WriteSession,
    approval: Approval,
    state: ApprovalState,
    ending: _Ending,
    *,
    outcome: dict[str, Any] | None = None,
) -> Approval:
    decided = state in {ApprovalState.APPROVED, ApprovalState.REJECTED}
    row = await session.fetchrow(
        f"""
        UPDATE staff_approvals
        SET state = $2, checker = $3, decided_at = $4, decision_reason = $5, outcome = $6,
            obstacle = NULL
        WHERE id = $1
        RETURNING {_COLUMNS}
        """,  # noqa: S608 - our own constant
        approval.id,
        state.value,
        ending.actor.staff_id if decided else None,
        ending.at,
        ending.reason,
        outcome,
    )
    assert row is not None, "it was locked"
    told = Told(
        act=StaffAct(state.value),
        subject=ids.wire("apv", approval.id),
        reason=ending.reason,
        before={"state": approval.state.value},
        after={"state": state.value, "kind": approval.kind, "outcome": outcome},
    )
    await keep_act(session, ending.actor, told)
    return _approval(row)


async def _note_obstacle(
    session: WriteSession, approval: Approval, refusal: Refusal, checker: Actor
) -> Approval:
    obstacle = {"code": refusal.code, **{name: _json(it) for name, it in refusal.details.items()}}
    row = await session.fetchrow(
        f"UPDATE staff_approvals SET obstacle = $2 WHERE id = $1 RETURNING {_COLUMNS}",  # noqa: S608 - our own constant
        approval.id,
        obstacle,
    )
    assert row is not None, "it was locked"
    told = Told(
        act=StaffAct.NOT_CARRIED_OUT,
        subject=ids.wire("apv", approval.id),
        before={"state": approval.state.value},
        after={"state": approval.state.value, "obstacle": obstacle},
    )
    await keep_act(session, checker, told)
    return _approval(row)


async def _expire(session: WriteSession, now: datetime) -> None:
    await session.execute(
        """
        UPDATE staff_approvals
        SET state = 'expired', decided_at = expires_at
        WHERE state = 'proposed'
          AND expires_at <= $1
        """,
        now,
    )


async def _open_one(session: WriteSession, kind: str, subject: str) -> str | None:
    found = await session.fetchval(
        """
        SELECT id
        FROM staff_approvals
        WHERE kind = $1 AND subject = $2 AND state = 'proposed'
        """,
        kind,
        subject,
    )
    return ids.wire("apv", found) if found else None


def _as_of(approval: Approval, now: datetime) -> Approval:
    """A proposal past its deadline is expired, be it marked so or not."""
    if approval.state is not ApprovalState.PROPOSED or approval.expires_at > now:
        return approval
    return replace(approval, state=ApprovalState.EXPIRED)


def _json(value: Detail) -> Any:  # noqa: ANN401 - JSON has no narrower type
    match value:
        case Money():
            return {"value": value.minor, "currency": value.currency.code}
        case datetime():
            return value.isoformat()
        case list():
            return [_json(item) for item in value]
        case dict():
            return {name: _json(item) for name, item in value.items()}
        case _:
            return value


def _approval(row: Row) -> Approval:
    return Approval(**{**dict(row), "state": ApprovalState(row["state"])})
