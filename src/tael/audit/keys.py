"""The keys that sign checkpoints: made here, kept sealed, replaced with an overlap.

While one key follows another, both sign, so that whoever knows either can verify. Each key
is announced in a note that the keys before it signed as well: who knows one can follow to
the next. A public key is never forgotten, so old checkpoints stay verifiable.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tael.audit.notes import ED25519, NoteKey, VerifierKey, sign
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.sealed import Sealer

OVERLAP: Final = timedelta(days=30)
"""How long an old key goes on signing beside its successor."""

_SEAL: Final = "audit.key"
_ANNOUNCED: Final = "tael log key"


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key as it is published, with the note that introduced it."""

    verifier: VerifierKey
    announcement: str
    signs_from: datetime
    signs_until: datetime | None


@dataclass(frozen=True, slots=True)
class Signer:
    """The keys that sign at one moment, for one log."""

    origin: str
    keys: tuple[NoteKey, ...]

    def note(self, text: str) -> str:
        """The text as a note, signed by each key. The text ends its last line."""
        return sign(text, self.keys)


async def log_keys(session: ReadSession) -> list[LogKey]:
    """Every key that ever signed, oldest first."""
    rows = await session.fetch(
        """
        SELECT name, public, announcement, signs_from, signs_until
        FROM audit_keys
        ORDER BY signs_from
        """
    )
    return [_key(row) for row in rows]


async def signer(session: ReadSession, sealer: Sealer, *, now: datetime) -> Signer | None:
    """The keys that sign at machine time `now`; None before the first was made."""
    rows = await session.fetch(
        """
        SELECT name, sealed
        FROM audit_keys
        WHERE signs_from <= $1
          AND (signs_until IS NULL OR signs_until > $1)
        ORDER BY signs_from
        """,
        now,
    )
    held = tuple(NoteKey(row["name"], _open(sealer, row["sealed"])) for row in rows)
    return Signer(held[-1].name, held) if held else None


async def ensure_signer(
    session: WriteSession, sealer: Sealer, *, origin: str, now: datetime
) -> Signer:
    """The keys that sign; makes the log's first key, named after its origin, if it has none."""
    await session.execute("SELECT FROM audit_log FOR UPDATE")
    found = await signer(session, sealer, now=now)
    if found is not None:
        return found
    await _introduce(session, sealer, (), origin=origin, now=now)
    made = await signer(session, sealer, now=now)
    assert made is not None
    return made


async def rotate(
    session: WriteSession, sealer: Sealer, *, now: datetime, overlap: timedelta = OVERLAP
) -> LogKey:
    """Let a new key sign from now on, and those that sign today only for the overlap."""
    await session.execute("SELECT FROM audit_log FOR UPDATE")
    standing = await signer(session, sealer, now=now)
    assert standing is not None, "a log without a key has nothing to rotate"
    await session.execute(
        """
        UPDATE audit_keys
        SET signs_until = $2
        WHERE signs_from <= $1
          AND (signs_until IS NULL OR signs_until > $2)
        """,
        now,
        now + overlap,
    )
    await _introduce(session, sealer, standing.keys, origin=standing.origin, now=now)
    return (await log_keys(session))[-1]


async def _introduce(
    session: WriteSession,
    sealer: Sealer,
    before: tuple[NoteKey, ...],
    *,
    origin: str,
    now: datetime,
) -> None:
    fresh = NoteKey(origin, Ed25519PrivateKey.generate())
    text = f"{_ANNOUNCED}\n{origin}\n{fresh.verifier}\n"
    await session.execute(
        """
        INSERT INTO audit_keys (public, name, sealed, announcement, signs_from)
        VALUES ($1, $2, $3, $4, $5)
        """,
        fresh.verifier.public,
        origin,
        sealer.seal(fresh.private.private_bytes_raw(), context=_SEAL),
        sign(text, (*before, fresh)),
        now,
    )


def _open(sealer: Sealer, sealed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sealer.unseal(sealed, context=_SEAL))


def _key(row: Row) -> LogKey:
    return LogKey(
        VerifierKey(row["name"], ED25519, row["public"]),
        row["announcement"],
        row["signs_from"],
        row["signs_until"],
    )
