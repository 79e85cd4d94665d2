"""Append to the log: a set at a time, in the caller's transaction."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from tael.audit.growth import edge_of, grow
from tael.audit.queries import tiles_at
from tael.kernel.database import WriteSession

SALT_BYTES: Final = 16

_WRITE: Final = """
WITH leaves AS (
    INSERT INTO audit_leaves (subject, "position", salt)
    SELECT n.subject, $1 + n.place - 1, n.salt
    FROM unnest($2::uuid[], $3::bytea[]) WITH ORDINALITY AS n (subject, salt, place)
    RETURNING 1
), bundles AS (
    INSERT INTO audit_bundles (number, entries)
    SELECT n.number, n.entries
    FROM unnest($4::bigint[], $5::bytea[]) AS n (number, entries)
    ON CONFLICT (number) DO UPDATE SET entries = excluded.entries
), tiles AS (
    INSERT INTO audit_tiles (level, number, hashes)
    SELECT n.level, n.number, n.hashes
    FROM unnest($6::smallint[], $7::bigint[], $8::bytea[]) AS n (level, number, hashes)
    ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes
), log AS (
    UPDATE audit_log SET size = $9, root = $10 WHERE size = $1 RETURNING 1
)
SELECT (SELECT count(*) FROM leaves), (SELECT count(*) FROM log)
"""


class Leaf(NamedTuple):
    """What is appended: whose entry, the entry, and the salt that it was made with."""

    subject: UUID
    entry: bytes
    salt: bytes


async def append(session: WriteSession, leaves: Sequence[Leaf]) -> int:
    """Append leaves in this order; returns the position of the first.

    Three statements for any number of leaves. The log's one row is locked until the end of
    the transaction, so that positions have one order whoever appends. A subject is appended
    once: a second time is a bug, which the database refuses.
    """
    size: int = await session.fetchval("SELECT size FROM audit_log FOR UPDATE")
    if not leaves:
        return size
    # A statement of its own: what the locking one read may be older than the lock.
    edge = await tiles_at(session, edge_of(size)) if size else {}
    growth = grow(size, edge, [leaf.entry for leaf in leaves])
    written = await session.fetchrow(
        _WRITE,
        size,
        [leaf.subject for leaf in leaves],
        [leaf.salt for leaf in leaves],
        list(growth.bundles),
        list(growth.bundles.values()),
        [level for level, _ in growth.tiles],
        [number for _, number in growth.tiles],
        list(growth.tiles.values()),
        growth.size,
        growth.root,
    )
    assert written is not None
    assert tuple(written) == (len(leaves), 1), f"{tuple(written)} of {len(leaves)} were appended"
    return size
