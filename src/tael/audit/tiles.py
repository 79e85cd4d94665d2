"""Tiles (C2SP tlog-tiles): 256 hashes side by side, and the addresses that they have.

Level 0 of the tree is kept as the entries themselves, in bundles of 256, and hashed when
it is asked for: what is kept once cannot differ from itself. Each higher tile holds the
hashes of 256 full tiles below it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from tael.audit.merkle import HASH_BYTES, Node, full_hash, leaf_hash

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
LEVEL_MAX: Final = 7
"""256 to the power of 8 leaves are more than positions can count."""

_NUMBER: Final = re.compile(r"(?:x\d{3}/)*\d{3}")
_PARTIAL: Final = re.compile(r"[1-9]\d{0,2}")
_LEVEL: Final = re.compile(r"0|[1-9]\d?")
_GROUP: Final = 1000
NUMBER_MAX: Final = 2**55


class TileAddress(NamedTuple):
    """Which tile, and how many of its hashes or entries are wanted."""

    level: int
    number: int
    width: int


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """The address below the log's prefix, such as `tile/0/x001/x234/067.p/5`."""
    return f"tile/{level}/{_number(number)}{_suffix(width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """The address of a bundle of entries below the log's prefix."""
    return f"tile/entries/{_number(number)}{_suffix(width)}"


def parse_tile(level: str, rest: str) -> TileAddress | None:
    """Read `<L>` and `<N>[.p/<W>]`; None when no tile has that address."""
    if not _LEVEL.fullmatch(level) or int(level) > LEVEL_MAX:
        return None
    parsed = parse_number(rest)
    return TileAddress(int(level), *parsed) if parsed else None


def parse_number(rest: str) -> tuple[int, int] | None:
    """Read `<N>[.p/<W>]`: the number and the width; None when it is not written so."""
    path, partial, wide = rest.partition(".p/")
    if not _NUMBER.fullmatch(path):
        return None
    number = int(path.replace("x", "").replace("/", ""))
    if number > NUMBER_MAX or _number(number) != path:
        return None
    if not partial:
        return number, WIDTH
    if not _PARTIAL.fullmatch(wide) or not 0 < int(wide) < WIDTH:
        return None
    return number, int(wide)


def width_at(size: int, level: int, number: int) -> int:
    """How many hashes this tile has in a tree of `size` leaves."""
    return max(0, min(WIDTH, (size >> (HEIGHT * level)) - number * WIDTH))


def tile_of(node: Node) -> tuple[int, int]:
    """The level and number of the tile that a subtree's hash is in, or is made from."""
    level = node.level // HEIGHT
    return level, (node.number << (node.level - level * HEIGHT)) // WIDTH


class Tiles:
    """Some tiles in memory: what proofs and roots look hashes up in."""

    def __init__(self, packed: Mapping[tuple[int, int], bytes]) -> None:
        """From what is kept, by level and number: at level 0, entries that are hashed here."""
        self._hashes = {
            (level, number): (cut(octets) if level else [leaf_hash(entry) for entry in cut(octets)])
            for (level, number), octets in packed.items()
        }

    def hash(self, node: Node) -> bytes:
        """The hash of a complete subtree; `KeyError` when its tile is not here."""
        level, number = tile_of(node)
        first = (node.number << (node.level - level * HEIGHT)) % WIDTH
        count = 1 << (node.level - level * HEIGHT)
        hashes = self._hashes[level, number][first : first + count]
        if len(hashes) < count:
            raise KeyError(node)
        return full_hash(hashes)


def tiles_for(nodes: Iterable[Node]) -> list[tuple[int, int]]:
    """The tiles that these subtrees' hashes are in, each once."""
    return sorted({tile_of(node) for node in nodes})


def cut(packed: bytes) -> list[bytes]:
    """The hashes or entries of 32 bytes each that stand in a row."""
    assert len(packed) % HASH_BYTES == 0, "a tile holds whole hashes"
    return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]


def bundle_octets(entries: Sequence[bytes]) -> bytes:
    """A bundle as it is served: each entry after its length in two bytes."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def _number(number: int) -> str:
    groups = [f"{number % _GROUP:03}"]
    while number := number // _GROUP:
        groups.append(f"x{number % _GROUP:03}")
    return "/".join(reversed(groups))


def _suffix(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
