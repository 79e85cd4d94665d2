"""Checking Merkle proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2). Written apart from the log's."""

from collections.abc import Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def includes(root: bytes, size: int, index: int, leaf: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the leaf stands at this index of the tree with this size and root."""
    if not 0 <= index < size:
        return False
    node, last, seen = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if node % 2 or node == last:
            seen = _node(sibling, seen)
            while not node % 2 and node:
                node, last = node // 2, last // 2
        else:
            seen = _node(seen, sibling)
        node, last = node // 2, last // 2
    return not last and seen == root


def grew(old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the tree `new` (size and root) begins with all the leaves of the tree `old`."""
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size == new_size:
        return old_root == new_root and not proof
    if not 0 < old_size < new_size:
        return False
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    node, last = old_size - 1, new_size - 1
    while node % 2:
        node, last = node // 2, last // 2
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if not last:
            return False
        if node % 2 or node == last:
            first, second = _node(sibling, first), _node(sibling, second)
            while not node % 2 and node:
                node, last = node // 2, last // 2
        else:
            second = _node(second, sibling)
        node, last = node // 2, last // 2
    return not last and first == old_root and second == new_root


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
