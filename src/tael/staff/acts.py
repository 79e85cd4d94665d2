"""What staff did: rows that nobody changes, with who, what, why, before, after and the request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tael.kernel.clock import machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.ids import new_id
from tael.staff.states import StaffAct, StaffId

ACTS_PAGE_MAX: Final = 100

Facts = Mapping[str, Any]
"""A JSON object, with nothing secret in it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, in which request; without a person, the operator at the command line."""

    staff_id: StaffId | None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An act as it is to be kept. `subject` is a wire id or a log-in."""

    act: StaffAct
    subject: str
    reason: str = ""
    before: Facts | None = None
    after: Facts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAct:
    """An act as it was kept."""

    id: UUID
    at: datetime
    staff_id: StaffId | None
    name: str | None
    act: StaffAct
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None


async def keep_act(session: WriteSession, actor: Actor, told: Told) -> None:
    """Keep an act in the transaction that does it."""
    await session.execute(
        """
        INSERT INTO staff_acts
            (id, at, staff_id, act, subject, reason, before, after, request_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        new_id(),
        machine_now(),
        actor.staff_id,
        told.act.value,
        told.subject,
        told.reason,
        dict(told.before) if told.before is not None else None,
        dict(told.after) if told.after is not None else None,
        actor.request_id,
    )


async def list_acts(
    session: ReadSession, *, before: UUID | None = None, subject: str | None = None, limit: int
) -> list[KeptAct]:
    """The newest acts first, from before a place on; of one subject if asked."""
    assert 0 < limit <= ACTS_PAGE_MAX
    rows = await session.fetch(
        """
        SELECT a.id, a.at, a.staff_id, s.name, a.act, a.subject, a.reason, a.before, a.after,
               a.request_id
        FROM staff_acts AS a
        LEFT JOIN staff_people AS s ON s.staff_id = a.staff_id
        WHERE ($1::uuid IS NULL OR a.id < $1)
          AND ($2::text IS NULL OR a.subject = $2)
        ORDER BY a.id DESC
        LIMIT $3
        """,
        before,
        subject,
        limit,
    )
    return [
        KeptAct(
            id=row["id"],
            at=row["at"],
            staff_id=row["staff_id"],
            name=row["name"],
            act=StaffAct(row["act"]),
            subject=row["subject"],
            reason=row["reason"],
            before=row["before"],
            after=row["after"],
            request_id=row["request_id"],
        )
        for row in rows
    ]
