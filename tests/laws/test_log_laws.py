"""Laws of the log: every proof verifies, and nothing that was altered does."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.audit.growth import edge_of, grow
from tael.audit.merkle import (
    consistency_path,
    full_hash,
    inclusion_path,
    is_consistent,
    leaf_hash,
    nodes_of,
    proof,
    root,
)
from tael.audit.tiles import Tiles, parse_number, tiles_for
from tael_verify import merkle as verifier

ENTRIES = [sha256(str(number).encode()).digest() for number in range(2_000)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
sizes = st.integers(1, len(ENTRIES))


def definition(entries: list[bytes]) -> bytes:
    """MTH, word for word as RFC 6962 defines it."""
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + definition(entries[:split]) + definition(entries[split:])).digest()


def tiles_of(size: int) -> dict[tuple[int, int], bytes]:
    """Every tile of the tree, as one append makes them."""
    growth = grow(0, {}, ENTRIES[:size])
    return {**{(0, number): tile for number, tile in growth.bundles.items()}, **growth.tiles}


TILES = tiles_of(len(ENTRIES))
EVERYTHING = Tiles(TILES)


@pytest.fixture(scope="module")
def roots() -> dict[int, bytes]:
    return {size: root(size, EVERYTHING.hash) for size in range(1, len(ENTRIES) + 1)}


@given(sizes)
@settings(max_examples=40)
def test_the_root_is_the_definition_s(size: int) -> None:
    assert root(size, EVERYTHING.hash) == definition(ENTRIES[:size])


@given(sizes, st.data())
def test_every_inclusion_proof_verifies_and_no_altered_one(
    roots: dict[int, bytes], size: int, draw: st.DataObject
) -> None:
    index = draw.draw(st.integers(0, size - 1))
    hashes = proof(inclusion_path(index, size), EVERYTHING.hash)
    assert verifier.includes(roots[size], size, index, HASHES[index], hashes)
    other = draw.draw(st.integers(0, len(ENTRIES) - 1))
    if other != index:
        assert not verifier.includes(roots[size], size, other, HASHES[index], hashes)
        assert not verifier.includes(roots[size], size, index, HASHES[other], hashes)
    for altered in alterations(hashes, draw):
        assert not verifier.includes(roots[size], size, index, HASHES[index], altered)
    # A node of the tree is no leaf.
    if hashes:
        inner = full_hash([HASHES[0], HASHES[0]])
        assert not verifier.includes(roots[size], size, index, inner, hashes)


@given(sizes, sizes, st.data())
def test_every_consistency_proof_verifies_and_no_altered_one(
    roots: dict[int, bytes], one: int, two: int, draw: st.DataObject
) -> None:
    old, new = sorted((one, two))
    hashes = proof(consistency_path(old, new), EVERYTHING.hash)
    was, now = (old, roots[old]), (new, roots[new])
    for grew in (verifier.grew, is_consistent):
        assert grew(was, now, hashes)
        assert not grew((old, bytes(32)), now, hashes)
        assert not grew(was, (new, bytes(32)), hashes)
        if old != new:
            assert not grew(now, was, hashes)
            assert not grew((old + 1, roots[old]), now, hashes) or old + 1 == new
        for altered in alterations(hashes, draw):
            assert not grew(was, now, altered)


def alterations(hashes: list[bytes], draw: st.DataObject) -> list[list[bytes]]:
    """The same proof with a bit turned, a hash lost, one too many, and two exchanged."""
    if not hashes:
        return [[bytes(32)]]
    at = draw.draw(st.integers(0, len(hashes) - 1))
    turned = bytes([hashes[at][0] ^ 1]) + hashes[at][1:]
    changed = [
        [*hashes[:at], turned, *hashes[at + 1 :]],
        [*hashes[:at], *hashes[at + 1 :]],
        [*hashes, hashes[at]],
    ]
    if len(hashes) > 1:
        changed.append([*hashes[1:], hashes[0]])
    return changed


@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
@settings(max_examples=40)
def test_a_tree_grown_in_sets_is_the_tree_grown_at_once(sets: list[int]) -> None:
    size, kept = 0, dict[tuple[int, int], bytes]()
    for count in sets:
        fresh = ENTRIES[size : size + count]
        if not fresh:
            break
        growth = grow(size, {place: kept[place] for place in edge_of(size)}, fresh)
        for number, tile in growth.bundles.items():
            assert tile.startswith(kept.get((0, number), b"")), "what stands in a tile stays"
            kept[0, number] = tile
        for place, tile in growth.tiles.items():
            assert tile.startswith(kept.get(place, b"")), "what stands in a tile stays"
            kept[place] = tile
        size = growth.size
        assert growth.root == root(size, EVERYTHING.hash)
    assert kept == tiles_of(size)


@given(sizes, sizes)
def test_a_proof_needs_no_more_than_its_tiles(one: int, two: int) -> None:
    old, new = sorted((one, two))
    path = consistency_path(old, new)
    needed = Tiles({place: TILES[place] for place in tiles_for(nodes_of(path))})
    assert proof(path, needed.hash) == proof(path, EVERYTHING.hash)


@given(st.text(max_size=24))
def test_whatever_is_asked_for_is_an_address_or_none(text: str) -> None:
    found = parse_number(text)
    assert found is None or found[0] >= 0
