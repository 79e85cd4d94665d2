"""What the log does by itself: publish signed checkpoints, and forget the ones between."""

from collections.abc import Sequence
from typing import Final

import httpx
import structlog

from tael.audit import queries
from tael.audit.keys import Signer, ensure_signer
from tael.audit.keys import signer as find_signer
from tael.audit.merkle import is_consistent
from tael.audit.notes import TreeHead
from tael.audit.queries import Status
from tael.audit.witnesses import Witness
from tael.kernel.clock import business_day, business_now, machine_now
from tael.kernel.database import Database, ReadSession
from tael.kernel.outbox import Schedule
from tael.kernel.sealed import Sealer

PUBLISH_EVERY_S: Final = 0.5
FORGET_EVERY_S: Final = 3600.0
KEPT_BETWEEN: Final = 1_000
"""How many of the newest checkpoints stay, beside the last one of each day."""
WITNESS_TIMEOUT_S: Final = 1.0

_log = structlog.get_logger(__name__)


class LogRewritten(Exception):
    """The tree is not one that grew from what was published: it is not signed."""


async def publish(
    database: Database, sealer: Sealer, origin: str, witnesses: Sequence[Witness] = ()
) -> None:
    """Sign the tree as it is now, if it grew; have the witnesses sign; publish it.

    Raises `LogRewritten` rather than sign what contradicts an earlier checkpoint.
    """
    async with database.read() as session:
        status = await queries.status(session)
        published = status.published
        if status.size == (published.size if published else 0):
            if published is not None and published.root != status.root:
                raise LogRewritten(f"two trees of {status.size} leaves")
            return
        if published is not None:
            await _assert_grown(session, status)
        signer = await find_signer(session, sealer, now=machine_now())
    if signer is None:
        async with database.write() as session:
            signer = await ensure_signer(session, sealer, origin=origin, now=machine_now())
    note = await _signed(database, status, signer, witnesses)
    async with database.write() as session:
        now = await business_now(session)
        await session.execute(
            """
            INSERT INTO audit_checkpoints (size, root, note, day, at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (size) DO NOTHING
            """,
            status.size,
            status.root,
            note,
            business_day(now),
            now,
        )


async def _assert_grown(session: ReadSession, status: Status) -> None:
    published = status.published
    assert published is not None
    grown = status.size > published.size and is_consistent(
        (published.size, published.root),
        (status.size, status.root),
        await queries.consistency(session, published.size, status.size),
    )
    if not grown:
        _log.critical("audit.log_rewritten", published=published.size, size=status.size)
        raise LogRewritten(f"{status.size} leaves do not follow the {published.size} published")


async def _signed(
    database: Database, status: Status, signer: Signer, witnesses: Sequence[Witness]
) -> str:
    note = signer.note(TreeHead(signer.origin, status.size, status.root).text())
    if not witnesses:
        return note

    async def prove(old: int) -> list[bytes]:
        async with database.read() as session:
            return await queries.consistency(session, old, status.size)

    # One after the other: each may take its time, and there are few.
    async with httpx.AsyncClient(timeout=WITNESS_TIMEOUT_S, trust_env=False) as client:
        for witness in witnesses:
            note += await witness.cosign(client, note, status.size, prove)
    return note


async def forget(database: Database) -> None:
    """Forget old checkpoints between the last ones of their days."""
    async with database.write() as session:
        await session.execute(
            """
            DELETE FROM audit_checkpoints AS c
            WHERE c.size < (
                    SELECT size FROM audit_checkpoints ORDER BY size DESC OFFSET $1 LIMIT 1
                  )
              AND EXISTS (
                    SELECT FROM audit_checkpoints AS later
                    WHERE later.day = c.day AND later.size > c.size
                  )
            """,
            KEPT_BETWEEN,
        )


def schedules(sealer: Sealer, *, origin: str, witnesses: str | None) -> tuple[Schedule, ...]:
    """What the worker repeats. Raises `SettingsRefused` when a witness is not well written."""
    asked = [Witness.parse(text) for text in witnesses.split(",")] if witnesses else []

    async def run(database: Database) -> None:
        await publish(database, sealer, origin, asked)

    return (
        Schedule("audit.publish", PUBLISH_EVERY_S, run),
        Schedule("audit.forget", FORGET_EVERY_S, forget),
    )
