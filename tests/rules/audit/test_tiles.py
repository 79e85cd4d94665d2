"""Addresses and widths of tiles: the examples of C2SP tlog-tiles and Go's sumdb/tlog."""

import pytest

from tael.audit.growth import edge_of, grow
from tael.audit.merkle import leaf_hash
from tael.audit.tiles import (
    TileAddress,
    bundle_octets,
    bundle_path,
    parse_number,
    parse_tile,
    tile_path,
    width_at,
)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("0/001", TileAddress(0, 1, 256)),
        ("0/001.p/5", TileAddress(0, 1, 5)),
        ("5/x123/x456/078", TileAddress(5, 123_456_078, 256)),
        ("5/x123/x456/078.p/2", TileAddress(5, 123_456_078, 2)),
        ("0/x003/x057/500", TileAddress(0, 3_057_500, 256)),
        ("1/x001/x234/067", TileAddress(1, 1_234_067, 256)),
        ("7/000.p/255", TileAddress(7, 0, 255)),
    ],
)
def test_an_address_is_read_and_written(path: str, address: TileAddress) -> None:
    level, _, rest = path.partition("/")
    assert parse_tile(level, rest) == address
    assert tile_path(*address) == f"tile/{path}"


@pytest.mark.parametrize(
    "path",
    [
        "5/123/456/078",
        "-1/x123/x456/078",
        "00/001",
        "01/001",
        "8/001",
        "64/001",
        "0/1",
        "0/0001",
        "0/x001",
        "0/x000/001",
        "0/001.p/0",
        "0/001.p/256",
        "0/001.p/05",
        "0/001.p/",
        "0/001.p/5.p/5",
        "0/001/",
        "0/٠٠١",
        "0/001.p/٥",
        "٠/001",
        "0/x999/x999/x999/x999/x999/x999/999",
        "entries/001",
    ],
)
def test_what_is_no_address_is_not_read(path: str) -> None:
    level, _, rest = path.partition("/")
    assert parse_tile(level, rest) is None


def test_a_bundle_has_an_address_of_its_own() -> None:
    assert bundle_path(1_234_067, 5) == "tile/entries/x001/x234/067.p/5"
    assert parse_number("x001/x234/067.p/5") == (1_234_067, 5)


def test_a_bundle_tells_the_length_of_each_entry() -> None:
    assert bundle_octets([b"ab", b""]) == b"\x00\x02ab\x00\x00"


def test_a_tree_of_70_000_has_the_tiles_of_the_specification() -> None:
    size = 70_000
    assert [width_at(size, 0, number) for number in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [width_at(size, 1, number) for number in (0, 1, 2)] == [256, 17, 0]
    assert [width_at(size, 2, number) for number in (0, 1)] == [1, 0]
    assert edge_of(size) == [(0, 273), (1, 1), (2, 0)]
    # A tree of 256 leaves is a full tile and the beginning of one above it.
    assert edge_of(256) == [(1, 0)]
    assert width_at(256, 1, 0) == 1


def test_growing_asserts_that_the_edge_is_the_tree_s() -> None:
    entry = leaf_hash(b"an entry")
    with pytest.raises(AssertionError, match="edge"):
        grow(5, {}, [entry])
    with pytest.raises(AssertionError, match="hashes"):
        grow(0, {}, [b"short"])
