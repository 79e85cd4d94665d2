"""Sessions of staff: as the customers' ones, in a table of their own.

A row of one table can never speak for somebody of the other. Roles, and whether a person may
come in at all, are read from the person's row at each request: a change counts at once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tael.identity import SESSION_IDLE, SESSION_LIFE, SESSION_TOUCH, hash_token, new_token
from tael.kernel import ids
from tael.kernel.database import ReadSession, WriteSession
from tael.staff.acts import Actor, Told, keep_act
from tael.staff.states import EndReason, Role, StaffAct, StaffId


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffView:
    """A live session of staff, as a guard sees it."""

    session_id: UUID
    staff_id: StaffId
    login: str
    name: str
    roles: frozenset[Role]
    password_change_due: bool
    seen_at: datetime
    expires_at: datetime

    def needs_touch(self, now: datetime) -> bool:
        """Whether a minute has passed since we last wrote that it is in use."""
        return now - self.seen_at >= SESSION_TOUCH


@dataclass(frozen=True, slots=True)
class StaffSignedIn:
    """A session of staff and the token that opens it: the only time that the token is seen."""

    token: bytes = field(repr=False)
    view: StaffView


async def session_by_token(session: ReadSession, token: bytes, now: datetime) -> StaffView | None:
    """The live session that a cookie opens, if any, of somebody who may still come in."""
    row = await session.fetchrow(
        """
        SELECT s.id, s.seen_at, s.expires_at,
               p.staff_id, p.login, p.name, p.roles, p.password_change_due
        FROM staff_sessions AS s
        JOIN staff_people AS p ON p.staff_id = s.staff_id
        WHERE s.token_hash = $1
          AND s.ended_at IS NULL
          AND s.expires_at > $2
          AND s.seen_at > $3
          AND p.disabled_at IS NULL
        """,
        hash_token(token),
        now,
        now - SESSION_IDLE,
    )
    if row is None:
        return None
    return StaffView(
        session_id=row["id"],
        staff_id=row["staff_id"],
        login=row["login"],
        name=row["name"],
        roles=frozenset(Role(role) for role in row["roles"]),
        password_change_due=row["password_change_due"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )


async def touch_session(session: WriteSession, session_id: UUID, now: datetime) -> None:
    """Note that a session is in use; guards call it at most once a minute."""
    await session.execute(
        "UPDATE staff_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2",
        session_id,
        now,
    )


async def start_session(
    session: WriteSession, staff_id: StaffId, device_id: UUID, now: datetime
) -> StaffSignedIn:
    """Begin a session; what was open in the same browser ends."""
    await session.execute(
        """
        UPDATE staff_sessions
        SET ended_at = $2, end_reason = $3
        WHERE device_id = $1
          AND ended_at IS NULL
        """,
        device_id,
        now,
        EndReason.REPLACED.value,
    )
    token = new_token()
    await session.execute(
        """
        INSERT INTO staff_sessions
            (id, staff_id, device_id, token_hash, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $5, $6)
        """,
        ids.new_id(),
        staff_id,
        device_id,
        hash_token(token),
        now,
        now + SESSION_LIFE,
    )
    view = await session_by_token(session, token, now)
    assert view is not None, "who may not come in was refused before"
    return StaffSignedIn(token, view)


async def end_session(
    session: WriteSession, view: StaffView, actor: Actor, *, now: datetime
) -> None:
    """Sign out."""
    await session.execute(
        """
        UPDATE staff_sessions
        SET ended_at = $2, end_reason = $3
        WHERE id = $1
          AND ended_at IS NULL
        """,
        view.session_id,
        now,
        EndReason.SIGNED_OUT.value,
    )
    told = Told(act=StaffAct.SIGNED_OUT, subject=ids.wire("stf", view.staff_id))
    await keep_act(session, actor, told)


async def end_sessions(
    session: WriteSession, staff_id: StaffId, reason: EndReason, now: datetime
) -> None:
    """End everything that a person has open."""
    await session.execute(
        """
        UPDATE staff_sessions
        SET ended_at = $2, end_reason = $3
        WHERE staff_id = $1
          AND ended_at IS NULL
        """,
        staff_id,
        now,
        reason.value,
    )
