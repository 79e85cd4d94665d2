"""Send an SMS: write the intent with what it tells about, deliver it afterwards."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final
from uuid import UUID

import structlog

from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.ids import new_id
from tael.kernel.sealed import Sealer
from tael.notifications.sms_gateway import SmsGateway, SmsRejected, SmsUnsure
from tael.notifications.templates import Template, text_of

BATCH: Final = 20
ATTEMPTS_MAX: Final = 8
LEASE: Final = timedelta(seconds=30)
"""How long one attempt holds a message; longer than the gateway's time-out."""
BACKOFF_MAX_S: Final = 300
KEPT: Final = timedelta(days=30)
"""How long it is known that a message was sent; its text is gone at once."""

_NUMBER = "notifications.to"
_TEXT = "notifications.body"

_log = structlog.get_logger("tael.notifications")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """A message to one number (E.164). After `expires_at` it is not worth sending."""

    to: str = field(repr=False)
    template: Template
    language: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    expires_at: datetime | None = None


async def send_sms(session: WriteSession, sms: Sms, *, sealer: Sealer, now: datetime) -> UUID:
    """Queue a message in this transaction; it goes out once that has committed."""
    message_id = new_id()
    text = text_of(sms.template, sms.language, sms.params)
    await session.execute(
        """
        INSERT INTO notifications_messages
            (id, channel, template, language, to_hash, to_sealed, body_sealed, state,
             queued_at, due_at, expires_at)
        VALUES ($1, 'sms', $2, $3, $4, $5, $6, 'queued', $7, $7, $8)
        """,
        message_id,
        sms.template.value,
        sms.language,
        sealer.keyed_hash(sms.to, purpose=_NUMBER),
        sealer.seal(sms.to.encode(), context=_NUMBER),
        sealer.seal(text.encode(), context=_TEXT),
        now,
        sms.expires_at,
    )
    return message_id


@dataclass(frozen=True, slots=True)
class _Attempt:
    message_id: UUID
    to: str = field(repr=False)
    text: str = field(repr=False)
    number: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    attempt: _Attempt
    state: str
    fault: str | None = None


async def deliver(database: Database, gateway: SmsGateway, sealer: Sealer) -> int:
    """Send what is due, in as many batches as there are; returns how many were tried.

    A message is leased, sent outside any transaction and then recorded. Whoever dies in
    between leaves it to be sent again with the same id.
    """
    tried = 0
    while True:
        async with database.write() as session:
            attempts = await _lease(session, sealer, now=machine_now())
        if not attempts:
            return tried
        outcomes = await asyncio.gather(*(_try(gateway, attempt) for attempt in attempts))
        async with database.write() as session:
            await _record(session, outcomes, now=machine_now())
        tried += len(attempts)


async def _lease(session: WriteSession, sealer: Sealer, *, now: datetime) -> list[_Attempt]:
    await session.execute(
        """
        UPDATE notifications_messages
        SET state = 'expired', ended_at = $1, to_sealed = NULL, body_sealed = NULL
        WHERE state = 'queued'
          AND due_at <= $1
          AND expires_at <= $1
        """,
        now,
    )
    rows = await session.fetch(
        """
        UPDATE notifications_messages
        SET due_at = $2, attempts = attempts + 1
        WHERE id IN (
            SELECT id
            FROM notifications_messages
            WHERE state = 'queued'
              AND due_at <= $1
            ORDER BY due_at
            LIMIT $3
            FOR UPDATE SKIP LOCKED
        )
        RETURNING id, to_sealed, body_sealed, attempts
        """,
        now,
        now + LEASE,
        BATCH,
    )
    return [
        _Attempt(
            message_id=row["id"],
            to=sealer.unseal(row["to_sealed"], context=_NUMBER).decode(),
            text=sealer.unseal(row["body_sealed"], context=_TEXT).decode(),
            number=row["attempts"],
        )
        # The oldest first: ids are made in the order of time, rows come in any.
        for row in sorted(rows, key=itemgetter("id"))
    ]


async def _try(gateway: SmsGateway, attempt: _Attempt) -> _Outcome:
    try:
        await gateway.send(attempt.message_id, attempt.to, attempt.text)
    except SmsRejected as answer:
        return _Outcome(attempt, "dead", str(answer))
    except SmsUnsure as answer:
        state = "dead" if attempt.number >= ATTEMPTS_MAX else "queued"
        return _Outcome(attempt, state, str(answer))
    return _Outcome(attempt, "sent")


async def _record(session: WriteSession, outcomes: Sequence[_Outcome], *, now: datetime) -> None:
    for outcome in sorted(outcomes, key=lambda each: each.attempt.message_id):
        attempt = outcome.attempt
        if outcome.state == "dead":
            _log.error("sms_dead", message=str(attempt.message_id), fault=outcome.fault)
        wait_s = min(2**attempt.number, BACKOFF_MAX_S)
        # The attempt's number guards: a lease that ran out may have been taken by another.
        await session.execute(
            """
            UPDATE notifications_messages
            SET state = $3,
                fault = $4,
                due_at = $5,
                ended_at = CASE WHEN $3 = 'queued' THEN NULL ELSE $6::timestamptz END,
                to_sealed = CASE WHEN $3 = 'queued' THEN to_sealed END,
                body_sealed = CASE WHEN $3 = 'queued' THEN body_sealed END
            WHERE id = $1
              AND attempts = $2
              AND state = 'queued'
            """,
            attempt.message_id,
            attempt.number,
            outcome.state,
            outcome.fault,
            now + timedelta(seconds=wait_s),
            now,
        )


async def purge(database: Database) -> None:
    """Forget messages that ended long ago; dead ones stay for a person to look at."""
    async with database.write() as session:
        await session.execute(
            """
            DELETE FROM notifications_messages
            WHERE state IN ('sent', 'expired')
              AND ended_at < $1
            """,
            machine_now() - KEPT,
        )
