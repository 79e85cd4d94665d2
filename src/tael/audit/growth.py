"""How the tree grows by a set of entries: which tiles it changes, and to what root. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tael.audit.merkle import HASH_BYTES, full_hash, leaf_hash, root
from tael.audit.tiles import HEIGHT, LEVEL_MAX, WIDTH, Tiles, cut

_TILE_BYTES = WIDTH * HASH_BYTES


@dataclass(frozen=True, slots=True)
class Growth:
    """The tree after a set of entries, and every tile that is new or longer."""

    size: int
    root: bytes
    bundles: dict[int, bytes]
    tiles: dict[tuple[int, int], bytes]


def edge_of(size: int) -> list[tuple[int, int]]:
    """The level and number of each partial tile of a tree of this size."""
    return [
        (level, size >> HEIGHT * (level + 1))
        for level in range(LEVEL_MAX + 1)
        if (size >> HEIGHT * level) % WIDTH
    ]


def grow(size: int, edge: Mapping[tuple[int, int], bytes], entries: Sequence[bytes]) -> Growth:
    """Append entries to a tree of which the right edge is known: its partial tiles."""
    assert set(edge) == set(edge_of(size)), "the edge is that of the tree"
    assert all(len(entry) == HASH_BYTES for entry in entries), "entries are hashes"
    grown = size + len(entries)
    tiles: dict[tuple[int, int], bytes] = {}
    fresh = list(entries)
    for level in range(LEVEL_MAX + 1):
        if not fresh:
            break
        number = size >> HEIGHT * (level + 1)
        packed = edge.get((level, number), b"") + b"".join(fresh)
        fresh = []
        for at in range(0, len(packed), _TILE_BYTES):
            tile = packed[at : at + _TILE_BYTES]
            tiles[level, number] = tile
            number += 1
            if len(tile) == _TILE_BYTES:
                hashes = cut(tile)
                fresh.append(full_hash([leaf_hash(e) for e in hashes] if not level else hashes))
    known = {**edge, **tiles}
    right = {place: known[place] for place in edge_of(grown)}
    return Growth(
        size=grown,
        root=root(grown, Tiles(right).hash),
        bundles={number: tile for (level, number), tile in tiles.items() if not level},
        tiles={place: tile for place, tile in tiles.items() if place[0]},
    )
