"""Sessions: an opaque token in a cookie, a row here; every rise of stage makes a new token."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tael.identity import rules
from tael.identity.errors import SignedOut
from tael.identity.phones import Phone
from tael.identity.states import EndReason, Stage
from tael.identity.tokens import hash_token, new_token
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.ids import new_id
from tael.kernel.sealed import Sealer


@dataclass(frozen=True, slots=True)
class SessionView:
    """A live session as a guard sees it."""

    session_id: UUID
    customer_id: UUID | None
    phone_hash: bytes = field(repr=False)
    stage: Stage
    device_id: UUID
    phone_verified_at: datetime
    seen_at: datetime
    expires_at: datetime

    def needs_touch(self, now: datetime) -> bool:
        """Whether a minute has passed since we last wrote that it is in use."""
        return now - self.seen_at >= rules.SESSION_TOUCH

    def phone_is_fresh(self, now: datetime) -> bool:
        """Whether the number was confirmed just now."""
        return now - self.phone_verified_at < rules.CODE_FRESH


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session and the new token that opens it: the only time that the token is seen."""

    token: bytes = field(repr=False)
    view: SessionView


async def session_by_token(session: ReadSession, token: bytes, now: datetime) -> SessionView | None:
    """The live session that a cookie opens, if any: one statement on one index."""
    row = await session.fetchrow(
        """
        SELECT id, customer_id, phone_hash, stage, device_id, phone_verified_at, seen_at,
               expires_at
        FROM identity_sessions
        WHERE token_hash = $1
          AND ended_at IS NULL
          AND expires_at > $2
          AND seen_at > $3
        """,
        hash_token(token),
        now,
        now - rules.SESSION_IDLE,
    )
    return _view(row) if row else None


async def touch_session(session: WriteSession, session_id: UUID, now: datetime) -> None:
    """Note that a session is in use; guards call it at most once a minute."""
    await session.execute(
        "UPDATE identity_sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2",
        session_id,
        now,
    )


async def start_session(
    session: WriteSession, phone: Phone, device_id: UUID, *, sealer: Sealer, now: datetime
) -> SignedIn:
    """Begin a session for a number just confirmed; the browser's earlier ones end."""
    await _end_on_device(session, device_id, now)
    token = new_token()
    row = await session.fetchrow(
        """
        INSERT INTO identity_sessions
            (id, token_hash, stage, device_id, phone_hash, phone_sealed, phone_verified_at,
             created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7, $8)
        RETURNING id, customer_id, phone_hash, stage, device_id, phone_verified_at, seen_at,
                  expires_at
        """,
        new_id(),
        hash_token(token),
        Stage.PHONE_VERIFIED.value,
        device_id,
        phone.hash(sealer),
        phone.seal(sealer),
        now,
        now + rules.PHONE_STAGE_LIFE,
    )
    assert row is not None, "an insert returns its row"
    return SignedIn(token, _view(row))


async def raise_session(
    session: WriteSession, session_id: UUID, customer_id: UUID, *, now: datetime
) -> SignedIn:
    """Let a session speak for a customer, under a new token; the old one opens nothing.

    A session that speaks for this customer already only gets a new token.
    """
    token = new_token()
    row = await session.fetchrow(
        """
        UPDATE identity_sessions
        SET token_hash = $2,
            stage = $3,
            customer_id = $4,
            seen_at = $5,
            expires_at = created_at + $6::interval
        WHERE id = $1
          AND coalesce(customer_id, $4) = $4
          AND ended_at IS NULL
        RETURNING id, customer_id, phone_hash, stage, device_id, phone_verified_at, seen_at,
                  expires_at
        """,
        session_id,
        hash_token(token),
        Stage.FULL.value,
        customer_id,
        now,
        rules.SESSION_LIFE,
    )
    if row is None:
        raise SignedOut
    return SignedIn(token, _view(row))


async def move_session(
    session: WriteSession, session_id: UUID, phone: Phone, *, sealer: Sealer, now: datetime
) -> SignedIn:
    """Carry a full session over to the customer's new number, under a new token."""
    token = new_token()
    row = await session.fetchrow(
        """
        UPDATE identity_sessions
        SET token_hash = $2,
            phone_hash = $3,
            phone_sealed = $4,
            phone_verified_at = $5,
            seen_at = $5
        WHERE id = $1
          AND ended_at IS NULL
        RETURNING id, customer_id, phone_hash, stage, device_id, phone_verified_at, seen_at,
                  expires_at
        """,
        session_id,
        hash_token(token),
        phone.hash(sealer),
        phone.seal(sealer),
        now,
    )
    if row is None:
        raise SignedOut
    return SignedIn(token, _view(row))


async def lock_live_session(session: WriteSession, session_id: UUID) -> None:
    """Keep a session from ending until this transaction commits; refuses if it has ended."""
    live = await session.fetchval(
        """
        SELECT true
        FROM identity_sessions
        WHERE id = $1
          AND ended_at IS NULL
        FOR NO KEY UPDATE
        """,
        session_id,
    )
    if not live:
        raise SignedOut


async def sign_out(session: WriteSession, session_id: UUID, *, now: datetime) -> None:
    """End a session; what its PIN authorised and nobody used is void."""
    await _end(session, [session_id], EndReason.SIGNED_OUT, now)
    await _revoke(session, [session_id], now)


async def end_sessions(
    session: WriteSession,
    customer_id: UUID,
    reason: EndReason,
    *,
    keep: UUID | None = None,
    now: datetime,
) -> frozenset[UUID]:
    """End a customer's sessions, except the one to keep; void the unused authorisations of all.

    Returns the sessions that had not ended before, the kept one among them if it was one.
    """
    rows = await session.fetch(
        """
        SELECT id
        FROM identity_sessions
        WHERE customer_id = $1
          AND ended_at IS NULL
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        customer_id,
    )
    session_ids = [row["id"] for row in rows]
    await _end(session, [each for each in session_ids if each != keep], reason, now)
    await _revoke(session, session_ids, now)
    return frozenset(session_ids)


async def _end_on_device(session: WriteSession, device_id: UUID, now: datetime) -> None:
    rows = await session.fetch(
        """
        SELECT id
        FROM identity_sessions
        WHERE device_id = $1
          AND ended_at IS NULL
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        device_id,
    )
    session_ids = [row["id"] for row in rows]
    await _end(session, session_ids, EndReason.REPLACED, now)
    await _revoke(session, session_ids, now)


async def _end(
    session: WriteSession, session_ids: Sequence[UUID], reason: EndReason, now: datetime
) -> None:
    await session.execute(
        """
        UPDATE identity_sessions
        SET ended_at = $2, end_reason = $3
        WHERE id = ANY($1::uuid[])
          AND ended_at IS NULL
        """,
        session_ids,
        now,
        reason.value,
    )


async def _revoke(session: WriteSession, session_ids: Sequence[UUID], now: datetime) -> None:
    # What an act has locked it is using at this very moment: waiting for it could deadlock, for
    # acts lock their authorisation before anything of identity's.
    await session.execute(
        """
        UPDATE identity_authorisations
        SET revoked_at = $2
        WHERE id IN (
            SELECT id
            FROM identity_authorisations
            WHERE session_id = ANY($1::uuid[])
              AND used_at IS NULL
              AND revoked_at IS NULL
            ORDER BY id
            FOR NO KEY UPDATE SKIP LOCKED
        )
        """,
        session_ids,
        now,
    )


def _view(row: Row) -> SessionView:
    return SessionView(
        session_id=row["id"],
        customer_id=row["customer_id"],
        phone_hash=row["phone_hash"],
        stage=Stage(row["stage"]),
        device_id=row["device_id"],
        phone_verified_at=row["phone_verified_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )
