"""Recompute the log from its entries: what the auditor asks.

Whether an entry is what was posted, who appended it tells; here it is only whether the tree
is the tree of the entries, and whether what was published of it is so.
"""

from dataclasses import dataclass
from typing import Final

from tael.audit import queries
from tael.audit.growth import Growth, edge_of, grow
from tael.audit.merkle import cover, root
from tael.audit.notes import NoteBroken, TreeHead, split
from tael.audit.tiles import WIDTH, Tiles, cut, tiles_for
from tael.kernel.database import ReadSession

BUNDLES_AT_ONCE: Final = 256
DIFFERENCES_MAX: Final = 1_000
CHECKPOINTS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Something in the log that is not what follows from its entries."""

    rule: str
    subject: str
    expected: str
    found: str


async def check(session: ReadSession) -> list[Difference]:
    """Every tile, the root and every kept checkpoint, recomputed from the entries.

    Reads a bundle once, in order; run it in a snapshot. At most `DIFFERENCES_MAX` are told.
    """
    found: list[Difference] = []
    status = await queries.status(session)
    tree = await _grown(session, found)
    if tree.size != status.size:
        found.append(Difference("log.size", "log", str(tree.size), str(status.size)))
    elif tree.root != status.root:
        found.append(Difference("log.root", "log", tree.root.hex(), status.root.hex()))
    await _check_leaves(session, status.size, found)
    if not any(one.rule in {"log.bundles", "log.tiles"} for one in found):
        await _check_checkpoints(session, tree, found)
    return found[:DIFFERENCES_MAX]


async def _grown(session: ReadSession, found: list[Difference]) -> Growth:
    """Grow the tree again from the bundles, comparing each tile above them on the way."""
    tree, edge, first = grow(0, {}, []), dict[tuple[int, int], bytes](), 0
    while True:
        rows = await session.fetch(
            """
            SELECT number, entries
            FROM audit_bundles
            WHERE number >= $1
            ORDER BY number
            LIMIT $2
            """,
            first,
            BUNDLES_AT_ONCE,
        )
        entries: list[bytes] = []
        for row in rows:
            if row["number"] != first or tree.size + len(entries) != first * WIDTH:
                found.append(
                    Difference("log.bundles", f"bundle {row['number']}", str(first), "a gap")
                )
                return tree
            entries += cut(row["entries"])
            first += 1
        if entries:
            tree = grow(tree.size, edge, entries)
            await _check_tiles(session, tree, found)
            known = {
                **edge,
                **{(0, number): octets for number, octets in tree.bundles.items()},
                **tree.tiles,
            }
            edge = {place: known[place] for place in edge_of(tree.size)}
        if len(rows) < BUNDLES_AT_ONCE:
            return tree


async def _check_tiles(session: ReadSession, tree: Growth, found: list[Difference]) -> None:
    rows = await session.fetch(
        """
        SELECT t.level, t.number, t.hashes
        FROM unnest($1::smallint[], $2::bigint[]) AS n (level, number)
        JOIN audit_tiles AS t ON t.level = n.level AND t.number = n.number
        """,
        [level for level, _ in tree.tiles],
        [number for _, number in tree.tiles],
    )
    kept = {(row["level"], row["number"]): row["hashes"] for row in rows}
    for place, expected in tree.tiles.items():
        # What is kept may be longer: the tree here has not grown to its end yet.
        if not kept.get(place, b"").startswith(expected):
            level, number = place
            found.append(
                Difference(
                    "log.tiles",
                    f"tile {number} of level {level}",
                    f"{len(expected)} bytes of its entries' hashes",
                    "other hashes" if place in kept else "nothing",
                )
            )


async def _check_leaves(session: ReadSession, size: int, found: list[Difference]) -> None:
    row = await session.fetchrow(
        """
        SELECT count(*) AS leaves, count(DISTINCT "position") AS positions,
               coalesce(max("position"), -1) AS last
        FROM audit_leaves
        """
    )
    assert row is not None
    if (row["leaves"], row["positions"], row["last"]) != (size, size, size - 1):
        found.append(
            Difference(
                "log.leaves",
                "leaves",
                f"{size} at positions 0 to {size - 1}",
                f"{row['leaves']} at {row['positions']} positions up to {row['last']}",
            )
        )


async def _check_checkpoints(session: ReadSession, tree: Growth, found: list[Difference]) -> None:
    rows = await session.fetch(
        """
        SELECT size, root, note FROM audit_checkpoints ORDER BY size DESC LIMIT $1
        """,
        CHECKPOINTS_MAX,
    )
    for row in rows:
        subject = f"checkpoint of {row['size']} entries"
        if row["size"] > tree.size:
            found.append(Difference("log.checkpoint", subject, f"at most {tree.size}", "more"))
            continue
        packed = await queries.tiles_at(session, tiles_for(cover(0, row["size"])))
        expected = root(row["size"], Tiles(packed).hash)
        try:
            head = TreeHead.parse(split(row["note"])[0])
        except NoteBroken as fault:
            found.append(Difference("log.checkpoint", subject, "a signed note", str(fault)))
            continue
        if not expected == row["root"] == head.root or head.size != row["size"]:
            found.append(Difference("log.checkpoint", subject, expected.hex(), head.root.hex()))
