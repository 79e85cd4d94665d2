"""Idempotency: an unsafe call may be sent again, and gets the same bytes back.

The key's row is written in the same transaction as the effect. Three ways, one table:
`find` and `store` for a batch, `claim` and `answer` for one transaction, and `claim` with a
lease for work of several transactions (a call to another institution in between).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from tael.kernel.clock import machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.refusals import Advice, Refusal

LEASE: Final = timedelta(seconds=20)
"""How long unfinished work keeps its key before a retry may take it over: longer than a call to
another institution takes, short enough that a killed process keeps nobody for half a minute."""

TWIN_WAIT_MS: Final = 2_000
"""How long a twin waits for the first to answer."""


class KeyReused(Refusal):
    """This idempotency key was used for another request: make a new key."""

    code = "request.key_reused"
    advice = Advice.NEVER


class KeyMissing(Refusal):
    """This operation needs an Idempotency-Key header of 8 to 64 characters."""

    code = "request.key_missing"
    advice = Advice.NEVER


class InProgress(Refusal):
    """The first request with this key is still running: ask again with the same key."""

    code = "request.in_progress"
    advice = Advice.SAME_KEY


class TwinRaced(Exception):
    """Another transaction answered one of these keys meanwhile: run again, and replay it."""


class Key(NamedTuple):
    """Who asks (a principal, or a device before sign-in), what for, and with which key."""

    scope: UUID
    digest: UUID
    request_hash: bytes

    @classmethod
    def of(cls, *, scope: UUID, operation: str, key: str, request: bytes) -> "Key":
        """`request` is whatever must be equal for two calls to be the same call."""
        named = hashlib.sha256(f"{scope}\0{operation}\0{key}".encode()).digest()
        return cls(scope, UUID(bytes=named[:16]), hashlib.sha256(request).digest())


class Reply(NamedTuple):
    """A reply as it went out. `sealed_cookies` carries a secret that a replay sets again."""

    status: int
    body: bytes
    sealed_cookies: bytes | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the table holds for a key that we asked for."""

    reply: Reply | None
    """The stored reply, to be sent again; None when the work is ours to do."""
    subject: UUID | None = None
    """What an interrupted first attempt began, for us to finish."""


async def find(session: ReadSession, keys: Sequence[Key]) -> Mapping[Key, Reply | KeyReused]:
    """The answers that some of these keys have got already, in one statement."""
    rows = await session.fetch(
        """
        SELECT scope, digest, request_hash, status, reply, sealed_cookies
        FROM kernel_idempotency
        WHERE (scope, digest) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
          AND status IS NOT NULL
        """,
        [key.scope for key in keys],
        [key.digest for key in keys],
    )
    if not rows:
        return {}
    stored = {(row["scope"], row["digest"]): row for row in rows}
    answers: dict[Key, Reply | KeyReused] = {}
    for key in keys:
        row = stored.get((key.scope, key.digest))
        if row is None:
            continue
        same = row["request_hash"] == key.request_hash
        answers[key] = _reply(row) if same else KeyReused()
    return answers


async def store(session: WriteSession, answers: Sequence[tuple[Key, Reply]]) -> None:
    """Keep the replies of a batch; raises `TwinRaced` if another transaction was first."""
    if not answers:
        return
    tag = await session.execute(
        """
        INSERT INTO kernel_idempotency (scope, digest, request_hash, status, reply, recorded_at)
        SELECT n.scope, n.digest, n.request_hash, n.status, n.reply, $2
        FROM unnest($1::kernel_new_reply[]) AS n
        ON CONFLICT (scope, digest) DO NOTHING
        """,
        [
            (key.scope, key.digest, key.request_hash, reply.status, reply.body)
            for key, reply in answers
        ],
        machine_now(),
    )
    if tag != f"INSERT 0 {len(answers)}":
        raise TwinRaced


async def claim(session: WriteSession, key: Key) -> Claim:
    """Take the key for this transaction, or learn how it was answered.

    A twin that is running in another transaction is waited for. Refuses `request.key_reused`
    for another request, `request.in_progress` when the first takes too long.
    """
    now = machine_now()
    await session.execute(f"SET LOCAL lock_timeout = {TWIN_WAIT_MS}")
    try:
        fresh = await session.fetchval(
            """
            INSERT INTO kernel_idempotency (scope, digest, request_hash, recorded_at, leased_until)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (scope, digest) DO NOTHING
            RETURNING true
            """,
            key.scope,
            key.digest,
            key.request_hash,
            now,
            now + LEASE,
        )
        if fresh:
            return Claim(reply=None)
        row = await session.fetchrow(
            """
            SELECT request_hash, status, reply, sealed_cookies, subject, leased_until
            FROM kernel_idempotency
            WHERE scope = $1 AND digest = $2
            FOR UPDATE
            """,
            key.scope,
            key.digest,
        )
    except asyncpg.LockNotAvailableError:
        raise InProgress(retry_after_s=1) from None
    assert row is not None, "keys are not deleted while they can be in use"
    if row["request_hash"] != key.request_hash:
        raise KeyReused
    if row["status"] is not None:
        return Claim(reply=_reply(row))
    if row["leased_until"] > now:
        raise InProgress(retry_after_s=1)
    await session.execute(
        """
        UPDATE kernel_idempotency
        SET leased_until = $3
        WHERE scope = $1 AND digest = $2
        """,
        key.scope,
        key.digest,
        now + LEASE,
    )
    return Claim(reply=None, subject=row["subject"])


async def announce(session: WriteSession, key: Key) -> bool:
    """Note a key before it is claimed, leased to nobody; whether this request is the first with it.

    One that came in at the same time waits for this transaction.
    """
    first: bool | None = await session.fetchval(
        """
        INSERT INTO kernel_idempotency (scope, digest, request_hash, recorded_at, leased_until)
        VALUES ($1, $2, $3, $4, $4)
        ON CONFLICT (scope, digest) DO NOTHING
        RETURNING true
        """,
        key.scope,
        key.digest,
        key.request_hash,
        machine_now(),
    )
    return first is True


async def begin(session: WriteSession, key: Key, subject: UUID) -> None:
    """Note what the claimed key began, so that a retry after a crash finishes the same."""
    await session.execute(
        "UPDATE kernel_idempotency SET subject = $3 WHERE scope = $1 AND digest = $2",
        key.scope,
        key.digest,
        subject,
    )


async def answer(session: WriteSession, key: Key, reply: Reply) -> Reply:
    """Store the reply of a claimed key, and return the one that stands.

    That is another's when our lease had run out and he finished the same work first.
    """
    tag = await session.execute(
        """
        UPDATE kernel_idempotency
        SET status = $3, reply = $4, sealed_cookies = $5, leased_until = NULL
        WHERE scope = $1 AND digest = $2 AND status IS NULL
        """,
        key.scope,
        key.digest,
        reply.status,
        reply.body,
        reply.sealed_cookies,
    )
    if tag == "UPDATE 1":
        return reply
    stored = await session.fetchrow(
        """
        SELECT status, reply, sealed_cookies
        FROM kernel_idempotency
        WHERE scope = $1 AND digest = $2
        """,
        key.scope,
        key.digest,
    )
    assert stored is not None, "a claimed key has its row"
    return _reply(stored)


async def let_go(session: WriteSession, key: Key) -> None:
    """End the lease of unfinished work, so that a retry takes it over at once."""
    await session.execute(
        """
        UPDATE kernel_idempotency
        SET leased_until = $3
        WHERE scope = $1 AND digest = $2 AND status IS NULL
        """,
        key.scope,
        key.digest,
        machine_now(),
    )


def _reply(row: asyncpg.Record) -> Reply:
    return Reply(row["status"], row["reply"], row["sealed_cookies"])
