"""Codes by SMS: ask for one, try it, use it once.

A try is counted in a transaction of its own before the code is looked at, so that neither a
refusal nor fifty guesses at once give a sixth. Whether a number has a wallet changes nothing
here: the same rows, the same message, the same reply.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tael.identity import rules
from tael.identity.errors import CodeSpent, CodeTooSoon, CodeWrong
from tael.identity.phones import Phone
from tael.identity.states import CodeFault, CodePurpose
from tael.kernel import rate_limits
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.ids import new_id
from tael.kernel.sealed import Sealer
from tael.notifications import Sms, Template, send_sms

_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
CODES_PER_PHONE_HOUR: Final = 10
CODES_PER_PHONE_DAY: Final = 20
CODES_PER_DEVICE_HOUR: Final = 20
CODES_PER_ADDRESS_HOUR: Final = 300
"""Behind one address of a mobile network stand thousands of people."""
TRIES_PER_DEVICE_HOUR: Final = 60
TRIES_PER_ADDRESS_HOUR: Final = 600

_TEMPLATES: Final = {
    CodePurpose.SIGN_IN: Template.CODE_SIGN_IN,
    CodePurpose.CHANGE_PHONE: Template.CODE_CHANGE_PHONE,
}


def random_code() -> str:
    """Six digits that nobody can foresee."""
    return f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its browser and its network address."""

    device_id: UUID
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRequest:
    """Send a code to this number, for this purpose, to be entered on this device."""

    phone: Phone
    purpose: CodePurpose
    device_id: UUID
    language: str
    code: str = field(default_factory=random_code, repr=False)


@dataclass(frozen=True, slots=True)
class SentCode:
    """A code is on its way."""

    challenge_id: UUID
    phone_masked: str
    resend_after_s: int
    expires_at: datetime


async def count_code_request(
    session: WriteSession, phone: Phone, origin: Origin, *, sealer: Sealer, now: datetime
) -> None:
    """Count a request for a code, in a transaction of its own; refuses `request.too_many`."""
    number = phone.hash(sealer).hex()
    for bucket, limit, window_s in (
        (f"identity.code.phone.hour.{number}", CODES_PER_PHONE_HOUR, _HOUR_S),
        (f"identity.code.phone.day.{number}", CODES_PER_PHONE_DAY, _DAY_S),
        (f"identity.code.device.{origin.device_id}", CODES_PER_DEVICE_HOUR, _HOUR_S),
        (f"identity.code.address.{origin.address}", CODES_PER_ADDRESS_HOUR, _HOUR_S),
    ):
        await rate_limits.take(session, bucket, limit=limit, window_s=window_s, now=now)


async def request_code(
    session: WriteSession, request: CodeRequest, *, sealer: Sealer, now: datetime
) -> SentCode:
    """Send a code; refuses `identity.code_too_soon` within a minute of the one before.

    An unused earlier code for the same number and purpose on the same device stops counting;
    another device's code does not, or a stranger could keep the owner out.
    """
    phone_hash = request.phone.hash(sealer)
    await _replace_earlier(session, request, phone_hash, now)
    challenge_id = new_id()
    sent = await session.fetchval(
        """
        INSERT INTO identity_challenges
            (id, purpose, device_id, phone_hash, phone_sealed, code_hash, sent_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (phone_hash, device_id, purpose)
            WHERE used_at IS NULL AND replaced_at IS NULL
            DO NOTHING
        RETURNING true
        """,
        challenge_id,
        request.purpose.value,
        request.device_id,
        phone_hash,
        request.phone.seal(sealer),
        _code_hash(challenge_id, request.code, sealer),
        now,
        now + rules.CODE_LIFE,
    )
    if not sent:
        raise CodeTooSoon(resend_after_s=_seconds(rules.CODE_RESEND))
    await send_sms(
        session,
        Sms(
            to=request.phone.e164,
            template=_TEMPLATES[request.purpose],
            language=request.language,
            params={
                "code": request.code,
                "minutes": str(_seconds(rules.CODE_LIFE) // 60),
            },
            expires_at=now + rules.CODE_LIFE,
        ),
        sealer=sealer,
        now=now,
    )
    return SentCode(
        challenge_id,
        request.phone.masked,
        _seconds(rules.CODE_RESEND),
        now + rules.CODE_LIFE,
    )


async def _replace_earlier(
    session: WriteSession, request: CodeRequest, phone_hash: bytes, now: datetime
) -> None:
    earlier = await session.fetchrow(
        """
        SELECT id, sent_at
        FROM identity_challenges
        WHERE phone_hash = $1
          AND device_id = $2
          AND purpose = $3
          AND used_at IS NULL
          AND replaced_at IS NULL
        FOR NO KEY UPDATE
        """,
        phone_hash,
        request.device_id,
        request.purpose.value,
    )
    if earlier is None:
        return
    wait = earlier["sent_at"] + rules.CODE_RESEND - now
    if wait > timedelta():
        raise CodeTooSoon(resend_after_s=_seconds(wait))
    await session.execute(
        "UPDATE identity_challenges SET replaced_at = $2 WHERE id = $1", earlier["id"], now
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAttempt:
    """A code as somebody entered it."""

    challenge_id: UUID
    purpose: CodePurpose
    device_id: UUID
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RightCode:
    """A try that was right; it still has to be used, once."""

    challenge_id: UUID


async def count_code_try(session: WriteSession, origin: Origin, *, now: datetime) -> None:
    """Count a try of any code, in a transaction of its own; refuses `request.too_many`."""
    for bucket, limit in (
        (f"identity.try.device.{origin.device_id}", TRIES_PER_DEVICE_HOUR),
        (f"identity.try.address.{origin.address}", TRIES_PER_ADDRESS_HOUR),
    ):
        await rate_limits.take(session, bucket, limit=limit, window_s=_HOUR_S, now=now)


async def try_code(
    session: WriteSession, attempt: CodeAttempt, *, sealer: Sealer, now: datetime
) -> RightCode | CodeWrong | CodeSpent:
    """Take one try of a challenge and compare, in a transaction that must commit.

    The refusal is returned, not raised, so that the count stays.
    """
    taken = await session.fetchrow(
        """
        UPDATE identity_challenges
        SET tries = tries + 1
        WHERE id = $1
          AND purpose = $2
          AND device_id = $3
          AND used_at IS NULL
          AND replaced_at IS NULL
          AND expires_at > $4
          AND tries < $5
        RETURNING code_hash, tries
        """,
        attempt.challenge_id,
        attempt.purpose.value,
        attempt.device_id,
        now,
        rules.CODE_TRIES,
    )
    if taken is None:
        return CodeSpent(reason=(await _fault(session, attempt, now)).value)
    given = _code_hash(attempt.challenge_id, attempt.code, sealer)
    if hmac.compare_digest(given, taken["code_hash"]):
        return RightCode(attempt.challenge_id)
    tries_left = rules.CODE_TRIES - taken["tries"]
    if tries_left == 0:
        return CodeSpent(reason=CodeFault.TRIED_OUT.value)
    return CodeWrong(tries_left=tries_left)


async def _fault(session: ReadSession, attempt: CodeAttempt, now: datetime) -> CodeFault:
    row = await session.fetchrow(
        """
        SELECT expires_at, tries, used_at, replaced_at
        FROM identity_challenges
        WHERE id = $1
          AND purpose = $2
          AND device_id = $3
        """,
        attempt.challenge_id,
        attempt.purpose.value,
        attempt.device_id,
    )
    return rules.code_fault(rules.CodeState(**row) if row else None, now) or CodeFault.UNKNOWN


async def use_code(
    session: WriteSession, right: RightCode, *, sealer: Sealer, now: datetime
) -> Phone:
    """Spend a right code for the number that it confirms; refuses a second use."""
    sealed = await session.fetchval(
        """
        UPDATE identity_challenges
        SET used_at = $2
        WHERE id = $1
          AND used_at IS NULL
          AND replaced_at IS NULL
        RETURNING phone_sealed
        """,
        right.challenge_id,
        now,
    )
    if sealed is None:
        raise CodeSpent(reason=CodeFault.USED.value)
    return Phone.unseal(sealed, sealer)


def _code_hash(challenge_id: UUID, code: str, sealer: Sealer) -> bytes:
    # Bound to its challenge, so that equal codes do not look equal at rest.
    return sealer.keyed_hash(f"{challenge_id}\0{code}", purpose="identity.code")


def _seconds(span: timedelta) -> int:
    return -(-span // timedelta(seconds=1))
