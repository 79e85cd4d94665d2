"""Reads of the log: its head, checkpoints, tiles, and proofs made from them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Final
from uuid import UUID

from tael.audit.errors import NoCheckpoint, NoSuchTile, NotYetInLog
from tael.audit.merkle import (
    HASH_BYTES,
    Node,
    consistency_path,
    cover,
    inclusion_path,
    nodes_of,
    proof,
    root,
)
from tael.audit.tiles import WIDTH, TileAddress, Tiles, cut, tiles_for, width_at
from tael.kernel.database import ReadSession, Row

DAYS_MAX: Final = 400
"""The most days that one list holds."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published state of the log: the signed note says size and root once more."""

    size: int
    root: bytes
    note: str
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That an entry is in the log: its place, and its proof against a checkpoint."""

    position: int
    salt: bytes
    entry: bytes
    proof: tuple[bytes, ...]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class LoggedLeaf:
    """A leaf as it stands in the log: whose, where, and what opens it."""

    subject: UUID
    position: int
    salt: bytes
    entry: bytes


@dataclass(frozen=True, slots=True)
class Status:
    """How long the log is, and what of it was published last."""

    size: int
    root: bytes
    published: Checkpoint | None


async def status(session: ReadSession) -> Status:
    """The log as it stands now, signed or not yet."""
    row = await session.fetchrow("SELECT size, root FROM audit_log")
    assert row is not None, "the migration made the log's row"
    return Status(row["size"], row["root"], await latest(session))


async def latest(session: ReadSession) -> Checkpoint | None:
    """The newest checkpoint; None before the first."""
    row = await session.fetchrow(
        """
        SELECT size, root, note, day, at
        FROM audit_checkpoints
        ORDER BY size DESC
        LIMIT 1
        """
    )
    return _checkpoint(row) if row else None


async def checkpoint(session: ReadSession, size: int | None = None) -> Checkpoint:
    """The newest checkpoint, or the one of this size; refuses `audit.no_checkpoint`."""
    if size is None:
        newest = await latest(session)
        if newest is None:
            raise NoCheckpoint
        return newest
    row = await session.fetchrow(
        "SELECT size, root, note, day, at FROM audit_checkpoints WHERE size = $1", size
    )
    if row is None:
        raise NoCheckpoint
    return _checkpoint(row)


async def days(session: ReadSession, *, limit: int = DAYS_MAX) -> list[Checkpoint]:
    """The last checkpoint of each day, newest day first."""
    assert 0 < limit <= DAYS_MAX
    rows = await session.fetch(
        """
        WITH RECURSIVE newest AS (
            (SELECT size, day FROM audit_checkpoints ORDER BY day DESC, size DESC LIMIT 1)
            UNION ALL
            SELECT earlier.size, earlier.day
            FROM newest, LATERAL (
                SELECT c.size, c.day
                FROM audit_checkpoints AS c
                WHERE c.day < newest.day
                ORDER BY c.day DESC, c.size DESC
                LIMIT 1
            ) AS earlier
        )
        SELECT c.size, c.root, c.note, c.day, c.at
        FROM (SELECT size FROM newest LIMIT $1) AS n
        JOIN audit_checkpoints AS c ON c.size = n.size
        ORDER BY c.day DESC
        """,
        limit,
    )
    return [_checkpoint(row) for row in rows]


async def inclusion(session: ReadSession, subject: UUID) -> Inclusion:
    """Prove that a subject's entry is in the newest checkpoint; refuses `audit.not_yet_in_log`."""
    leaf = await session.fetchrow(
        'SELECT "position", salt FROM audit_leaves WHERE subject = $1', subject
    )
    newest = await latest(session)
    if leaf is None or newest is None or leaf["position"] >= newest.size:
        raise NotYetInLog
    position: int = leaf["position"]
    path = inclusion_path(position, newest.size)
    own = Node(0, position)
    packed = await tiles_at(session, tiles_for([own, *nodes_of(path)]))
    number, place = divmod(position, WIDTH)
    return Inclusion(
        position=position,
        salt=leaf["salt"],
        entry=cut(packed[0, number])[place],
        proof=tuple(proof(path, Tiles(packed).hash)),
        checkpoint=newest,
    )


async def leaves_after(session: ReadSession, after: UUID, *, limit: int) -> list[LoggedLeaf]:
    """Leaves in the order of their subjects, those after this one: for whoever compares them."""
    rows = await session.fetch(
        """
        SELECT subject, "position", salt
        FROM audit_leaves
        WHERE subject > $1
        ORDER BY subject
        LIMIT $2
        """,
        after,
        limit,
    )
    numbers = sorted({row["position"] // WIDTH for row in rows})
    bundles = await session.fetch(
        "SELECT number, entries FROM audit_bundles WHERE number = ANY($1::bigint[])", numbers
    )
    kept = {row["number"]: row["entries"] for row in bundles}
    found = []
    for row in rows:
        number, place = divmod(row["position"], WIDTH)
        at = place * HASH_BYTES
        entry = kept.get(number, b"")[at : at + HASH_BYTES]
        found.append(LoggedLeaf(row["subject"], row["position"], row["salt"], entry))
    return found


async def consistency(session: ReadSession, old: int, new: int) -> list[bytes]:
    """Prove that the tree of `old` leaves grew into that of `new`.

    Refuses `audit.no_checkpoint` when there are no such trees.
    """
    size: int = await session.fetchval("SELECT size FROM audit_log")
    if not 0 < old <= new <= size:
        raise NoCheckpoint
    return (await chain(session, [old, new]))[0]


async def chain(session: ReadSession, sizes: Sequence[int]) -> list[list[bytes]]:
    """The proofs between each size and the next, from one read of the tiles."""
    paths = [consistency_path(old, new) for old, new in pairwise(sizes)]
    wanted = tiles_for(node for path in paths for node in nodes_of(path))
    tiles = Tiles(await tiles_at(session, wanted))
    return [proof(path, tiles.hash) for path in paths]


async def root_at(session: ReadSession, size: int) -> bytes:
    """The root of the first `size` leaves, from the tiles as they are."""
    packed = await tiles_at(session, tiles_for(cover(0, size)))
    return root(size, Tiles(packed).hash)


async def bundle(session: ReadSession, number: int, width: int) -> list[bytes]:
    """Entries as they stand in a bundle; refuses `audit.no_such_tile`."""
    packed = await _served(session, TileAddress(0, number, width))
    return cut(packed)


async def tile(session: ReadSession, address: TileAddress) -> bytes:
    """The hashes of a tile, one after the other; refuses `audit.no_such_tile`."""
    packed = await _served(session, address)
    if address.level:
        return packed
    tiles = Tiles({(0, address.number): packed})
    first = address.number * WIDTH
    return b"".join(tiles.hash(Node(0, first + at)) for at in range(address.width))


async def tiles_at(
    session: ReadSession, places: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], bytes]:
    """Tiles and bundles (level 0) by level and number, as long as they are now."""
    wanted = list(places)
    rows = await session.fetch(
        """
        SELECT 0::smallint AS level, b.number, b.entries AS hashes
        FROM audit_bundles AS b
        WHERE b.number = ANY($1::bigint[])
        UNION ALL
        SELECT t.level, t.number, t.hashes
        FROM unnest($2::smallint[], $3::bigint[]) AS n (level, number)
        JOIN audit_tiles AS t ON t.level = n.level AND t.number = n.number
        """,
        [number for level, number in wanted if not level],
        [level for level, _ in wanted if level],
        [number for level, number in wanted if level],
    )
    found = {(row["level"], row["number"]): row["hashes"] for row in rows}
    assert len(found) == len(wanted), "a tile of the tree is missing"
    return found


async def _served(session: ReadSession, address: TileAddress) -> bytes:
    """As much of a tile as is asked for, if the log as it was published has it."""
    newest = await latest(session)
    size = newest.size if newest else 0
    if width_at(size, address.level, address.number) < address.width:
        raise NoSuchTile
    packed = (await tiles_at(session, [(address.level, address.number)]))[address[:2]]
    return packed[: address.width * HASH_BYTES]


def _checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(row["size"], row["root"], row["note"], row["day"], row["at"])
