"""The Merkle tree of RFC 6962, section 2.1 (the same in RFC 9162): hashes, roots and proofs.

Pure: a proof is first a list of complete subtrees, `Node`s, whose hashes the caller looks up.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class Node(NamedTuple):
    """The complete subtree over leaves `[number << level, (number + 1) << level)`."""

    level: int
    number: int


Lookup = Callable[[Node], bytes]
"""Gives the hash of a complete subtree."""


def leaf_hash(entry: bytes) -> bytes:
    """MTH of one entry."""
    return sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """MTH of two subtrees side by side."""
    return sha256(_NODE + left + right).digest()


def full_hash(hashes: Sequence[bytes]) -> bytes:
    """MTH over subtrees of equal size whose number is a power of two."""
    count = len(hashes)
    assert count, "an empty list has no subtree"
    assert count & (count - 1) == 0, "a complete subtree has a power of two"
    layer = hashes
    while len(layer) > 1:
        layer = [
            sha256(_NODE + layer[at] + layer[at + 1]).digest() for at in range(0, len(layer), 2)
        ]
    return layer[0]


def cover(start: int, end: int) -> list[Node]:
    """The complete subtrees that make up leaves `[start, end)`, left to right.

    `start` begins a subtree of RFC 6962: it is a multiple of the largest power of two that is
    not longer than the range, so the sizes only fall.
    """
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        assert start % (1 << level) == 0, "not a subtree of RFC 6962"
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """MTH of what `cover` gave: subtrees of falling size, joined from the right."""
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def root(size: int, lookup: Lookup) -> bytes:
    """The root of the tree of the first `size` leaves."""
    return fold([lookup(node) for node in cover(0, size)]) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int) -> list[list[Node]]:
    """PATH(index, D[size]): a cover for each hash of the proof, the leaf's sibling first."""
    assert 0 <= index < size, "only a leaf of the tree is in it"
    path: list[list[Node]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(cover(middle, end))
            end = middle
        else:
            path.append(cover(start, middle))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[list[Node]]:
    """PROOF(old, D[new]): a cover for each hash of the proof; none when the sizes are equal."""
    assert 0 < old <= new, "a proof leads from a tree with leaves to the same or a larger one"
    path: list[list[Node]] = []
    start, end, known = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(cover(middle, end))
            end = middle
        else:
            path.append(cover(start, middle))
            start, known = middle, False
    if not known:
        path.append(cover(start, end))
    return path[::-1]


def proof(path: Sequence[Sequence[Node]], lookup: Lookup) -> list[bytes]:
    """The hashes of a proof whose covers are given."""
    return [fold([lookup(node) for node in covered]) for covered in path]


def nodes_of(path: Sequence[Sequence[Node]]) -> Iterator[Node]:
    """Every complete subtree that a proof needs."""
    for covered in path:
        yield from covered


def is_consistent(old: tuple[int, bytes], new: tuple[int, bytes], hashes: Sequence[bytes]) -> bool:
    """Whether a proof shows that a tree (its size and root) grew into another: RFC 9162, 2.1.4.2.

    The log asks this of itself before it signs. The verifier has code of its own.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == new_size:
        return not hashes and old_root == new_root
    if not 0 < old_size < new_size or not hashes:
        return False
    left = list(hashes)
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if node:
        old_seen = new_seen = left.pop(0)
    else:
        old_seen = new_seen = old_root
    for sibling in left:
        if not last:
            return False
        if node & 1 or node == last:
            old_seen, new_seen = node_hash(sibling, old_seen), node_hash(sibling, new_seen)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            new_seen = node_hash(new_seen, sibling)
        node, last = node >> 1, last >> 1
    return not last and (old_seen, new_seen) == (old_root, new_root)


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << ((count - 1).bit_length() - 1)
