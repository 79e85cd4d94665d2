"""Signing in to the console: a try is counted and committed before a password is looked at.

Nothing tells whether a log-in exists: tries are counted for what was typed, a password is
hashed either way, and the answers are the same. A browser in which the person has signed in
before has a counter of its own, so that a stranger's guesses do not keep him out of there.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tael.identity import PinHash, PinHasher
from tael.kernel import ids
from tael.kernel.database import Row, WriteSession
from tael.kernel.sealed import Sealer
from tael.staff import rules
from tael.staff.acts import Actor, Told, keep_act
from tael.staff.errors import PasswordUnchanged, SignInDelayed, SignInWrong
from tael.staff.people import NewPassword, choose_password, store_password
from tael.staff.sessions import StaffSignedIn, StaffView, start_session
from tael.staff.states import StaffAct, StaffId

_BUCKET = "staff.tries"


@dataclass(frozen=True, slots=True)
class TakenTry:
    """A try that was counted, and what to compare with; nothing for a log-in that is nobody's."""

    bucket: bytes
    staff_id: StaffId | None
    kept: PinHash | None = field(repr=False)
    version: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class RightPassword:
    """A password that was right; `sign_in` makes it count."""

    bucket: bytes
    staff_id: StaffId
    version: int
    rehashed: PinHash | None = field(repr=False)


async def take_try(
    session: WriteSession, login: str, device_id: UUID, *, sealer: Sealer, now: datetime
) -> TakenTry:
    """Count a try, in a transaction that commits before the password is looked at.

    Refuses `staff.sign_in_delayed` with `until` while the log-in has to wait.
    """
    found = await session.fetchrow(
        """
        SELECT p.staff_id, p.password_hash, p.password_version, p.password_change_due,
               p.password_set_at,
               EXISTS (SELECT FROM staff_sessions AS s
                       WHERE s.staff_id = p.staff_id AND s.device_id = $2) AS device_known
        FROM staff_people AS p
        WHERE p.login = $1
          AND p.disabled_at IS NULL
        """,
        login,
        device_id,
    )
    known = found is not None and found["device_known"]
    bucket = sealer.keyed_hash(f"{login}\0{device_id if known else ''}", purpose=_BUCKET)
    after = await _count(session, bucket, now)
    if found is None or _lapsed(found, now):
        return TakenTry(bucket, None, None, 0, after.retry_at)
    return TakenTry(
        bucket,
        found["staff_id"],
        PinHash(found["password_hash"]),
        found["password_version"],
        after.retry_at,
    )


async def _count(session: WriteSession, bucket: bytes, now: datetime) -> rules.SignInTry:
    fresh = await session.fetchval(
        """
        INSERT INTO staff_tries (bucket, tries, tried_at)
        VALUES ($1, 1, $2)
        ON CONFLICT (bucket) DO NOTHING
        RETURNING true
        """,
        bucket,
        now,
    )
    if fresh:
        return rules.SignInTry(1, None)
    row = await session.fetchrow(
        """
        SELECT tries, retry_at, tried_at
        FROM staff_tries
        WHERE bucket = $1
        FOR NO KEY UPDATE
        """,
        bucket,
    )
    # The purge, or a right password, may have taken it away in between: then this is the first.
    tries, retry_at, tried_at = row or (0, None, None)
    after = rules.take_sign_in_try(tries, retry_at, tried_at, now)
    if after is None:
        raise SignInDelayed(until=retry_at)
    await session.execute(
        """
        INSERT INTO staff_tries (bucket, tries, retry_at, tried_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (bucket) DO UPDATE
        SET tries = $2, retry_at = $3, tried_at = $4
        """,
        bucket,
        after.tries,
        after.retry_at,
        now,
    )
    return after


def _lapsed(found: Row, now: datetime) -> bool:
    """Whether a password that we gave for one sign-in has waited too long for it."""
    since: datetime = found["password_set_at"]
    return bool(found["password_change_due"]) and (now - since >= rules.PASSWORD_GIVEN_LIFE)


async def judge_password(hasher: PinHasher, taken: TakenTry, password: str) -> RightPassword:
    """Compare, outside any transaction.

    Refuses `staff.sign_in_wrong`, or `staff.sign_in_delayed` from the fifth
    wrong password on.
    """
    normal = rules.normal_form(password)
    if taken.staff_id is None or taken.kept is None:
        # As much work as for a log-in that is somebody's.
        await hasher.hash(ids.new_id(), normal, purpose="password")
    elif await hasher.matches(taken.staff_id, normal, taken.kept, purpose="password"):
        dated = hasher.is_dated(taken.kept)
        anew = await hasher.hash(taken.staff_id, normal, purpose="password") if dated else None
        return RightPassword(taken.bucket, taken.staff_id, taken.version, anew)
    if taken.retry_at is not None:
        raise SignInDelayed(until=taken.retry_at)
    raise SignInWrong


async def sign_in(
    session: WriteSession,
    right: RightPassword,
    device_id: UUID,
    *,
    request_id: str | None,
    now: datetime,
) -> StaffSignedIn:
    """Begin a session for a right password, and forget the wrong ones before it."""
    await _confirm(session, right)
    signed = await start_session(session, right.staff_id, device_id, now)
    told = Told(act=StaffAct.SIGNED_IN, subject=ids.wire("stf", right.staff_id))
    await keep_act(session, Actor(right.staff_id, request_id), told)
    return signed


async def _confirm(session: WriteSession, right: RightPassword) -> None:
    """Clear the counter; refuses if the password was changed or the person disabled meanwhile."""
    confirmed = await session.fetchval(
        """
        UPDATE staff_people
        SET password_hash = coalesce($3, password_hash)
        WHERE staff_id = $1
          AND password_version = $2
          AND disabled_at IS NULL
        RETURNING true
        """,
        right.staff_id,
        right.version,
        right.rehashed.text if right.rehashed else None,
    )
    if not confirmed:
        raise SignInWrong
    await session.execute("DELETE FROM staff_tries WHERE bucket = $1", right.bucket)


async def hash_new_password(
    hasher: PinHasher, view: StaffView, present: str, chosen: str
) -> PinHash:
    """Hash what somebody chose; refuses a weak password and the present one."""
    if rules.normal_form(present) == rules.normal_form(chosen):
        raise PasswordUnchanged
    return await choose_password(hasher, view.staff_id, chosen, login=view.login, name=view.name)


async def change_password(
    session: WriteSession,
    right: RightPassword,
    chosen: PinHash,
    device_id: UUID,
    *,
    actor: Actor,
    now: datetime,
) -> StaffSignedIn:
    """Replace a password whose present one was right; other sessions end, this one goes on."""
    await _confirm(session, right)
    await store_password(session, NewPassword(right.staff_id, chosen, given=False), actor, now=now)
    return await start_session(session, right.staff_id, device_id, now)
