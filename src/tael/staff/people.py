"""Staff: who works here, in which roles, with which log-in and password.

People are added, disabled and given roles by the operator at the command line. A person is
never removed and a log-in never given to another: what was done under it stays his.
"""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from tael.identity import PinHash, PinHasher
from tael.kernel import ids
from tael.kernel.database import ReadSession, WriteSession
from tael.staff import rules
from tael.staff.acts import Actor, Told, keep_act
from tael.staff.errors import ColleagueNotFound, LoginInvalid, LoginTaken, PasswordWeak
from tael.staff.sessions import end_sessions
from tael.staff.states import EndReason, Role, StaffAct, StaffId

_LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_SYLLABLES: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 5
_GROUP: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody of the bank, as others may see him."""

    staff_id: StaffId
    login: str
    name: str
    roles: frozenset[Role]
    password_change_due: bool
    added_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewColleague:
    """Somebody to be added, with a password that was hashed before."""

    login: str
    name: str
    roles: frozenset[Role]
    password: PinHash = field(repr=False)
    change_due: bool = True
    staff_id: StaffId


def generate_password() -> str:
    """A password for one sign-in: 25 characters by chance, 120 bits, in groups to be read out."""
    groups = ("".join(secrets.choice(_SYLLABLES) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


async def choose_password(
    hasher: PinHasher, staff_id: StaffId, password: str, *, login: str, name: str
) -> PinHash:
    """Hash a password that is to be kept; refuses `staff.password_weak` with `why`."""
    normal = rules.normal_form(password)
    weakness = rules.password_weakness(normal, login=login, name=name)
    if weakness is not None:
        raise PasswordWeak(why=weakness.value, least=rules.PASSWORD_LENGTH_MIN)
    return await hasher.hash(staff_id, normal, purpose="password")


def check_login(login: str) -> None:
    """Refuse `staff.login_invalid` for what cannot be a log-in."""
    if not _LOGIN.fullmatch(login):
        raise LoginInvalid


async def add_colleague(
    session: WriteSession, new: NewColleague, actor: Actor, *, now: datetime
) -> None:
    """Give somebody a log-in; refuses `staff.login_taken`, also for one who was disabled."""
    check_login(new.login)
    added = await session.fetchval(
        """
        INSERT INTO staff_people
            (staff_id, login, name, roles, password_hash, password_change_due,
             password_set_at, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        ON CONFLICT (login) DO NOTHING
        RETURNING true
        """,
        new.staff_id,
        new.login,
        new.name,
        sorted(new.roles),
        new.password.text,
        new.change_due,
        now,
    )
    if not added:
        raise LoginTaken
    after = {"login": new.login, "name": new.name, "roles": sorted(new.roles)}
    subject = ids.wire("stf", new.staff_id)
    await keep_act(session, actor, Told(act=StaffAct.ADDED, subject=subject, after=after))


async def disable(
    session: WriteSession, login: str, actor: Actor, *, reason: str, now: datetime
) -> Colleague:
    """Keep somebody out from this moment on; refuses `staff.colleague_not_found`."""
    found = await _lock(session, login)
    await session.execute(
        """
        UPDATE staff_people
        SET disabled_at = coalesce(disabled_at, $2)
        WHERE staff_id = $1
        """,
        found.staff_id,
        now,
    )
    await end_sessions(session, found.staff_id, EndReason.DISABLED, now)
    told = Told(
        act=StaffAct.DISABLED, subject=ids.wire("stf", found.staff_id), reason=reason, after={}
    )
    await keep_act(session, actor, told)
    return found


async def set_roles(
    session: WriteSession, login: str, roles: Collection[Role], actor: Actor
) -> Colleague:
    """Give somebody other roles; they count from the next request on."""
    found = await _lock(session, login)
    await session.execute(
        "UPDATE staff_people SET roles = $2 WHERE staff_id = $1", found.staff_id, sorted(roles)
    )
    told = Told(
        act=StaffAct.ROLES_CHANGED,
        subject=ids.wire("stf", found.staff_id),
        before={"roles": sorted(found.roles)},
        after={"roles": sorted(roles)},
    )
    await keep_act(session, actor, told)
    return found


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A password that takes the place of another; `given`: by us, for one sign-in."""

    staff_id: StaffId
    hash: PinHash = field(repr=False)
    given: bool


async def store_password(
    session: WriteSession, new: NewPassword, actor: Actor, *, now: datetime
) -> None:
    """Replace a password; every session of the person ends."""
    tag = await session.execute(
        """
        UPDATE staff_people
        SET password_hash = $2,
            password_version = password_version + 1,
            password_change_due = $3,
            password_set_at = $4
        WHERE staff_id = $1
          AND disabled_at IS NULL
        """,
        new.staff_id,
        new.hash.text,
        new.given,
        now,
    )
    if tag != "UPDATE 1":
        raise ColleagueNotFound
    await end_sessions(session, new.staff_id, EndReason.PASSWORD_CHANGED, now)
    act = StaffAct.PASSWORD_RESET if new.given else StaffAct.PASSWORD_CHANGED
    await keep_act(session, actor, Told(act=act, subject=ids.wire("stf", new.staff_id)))


async def colleagues(session: ReadSession) -> list[Colleague]:
    """Everybody who has or had a log-in."""
    rows = await session.fetch(
        """
        SELECT staff_id, login, name, roles, password_change_due, added_at, disabled_at
        FROM staff_people
        ORDER BY login
        LIMIT 1000
        """
    )
    return [
        Colleague(**{**dict(row), "roles": frozenset(Role(role) for role in row["roles"])})
        for row in rows
    ]


async def names(session: ReadSession, staff_ids: Collection[UUID]) -> dict[UUID, str]:
    """What colleagues are called."""
    rows = await session.fetch(
        "SELECT staff_id, name FROM staff_people WHERE staff_id = ANY($1::uuid[])",
        list(staff_ids),
    )
    return {row["staff_id"]: row["name"] for row in rows}


async def by_login(session: ReadSession, login: str) -> Colleague:
    """The colleague of a log-in; refuses `staff.colleague_not_found`."""
    for colleague in await colleagues(session):
        if colleague.login == login:
            return colleague
    raise ColleagueNotFound


async def _lock(session: WriteSession, login: str) -> Colleague:
    await session.execute("SELECT FROM staff_people WHERE login = $1 FOR NO KEY UPDATE", login)
    return await by_login(session, login)
