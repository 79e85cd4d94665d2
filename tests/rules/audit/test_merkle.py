"""The tree against the answers that everybody else's RFC 6962 trees give."""

from itertools import pairwise

import pytest

from tael.audit.merkle import (
    EMPTY_ROOT,
    Node,
    consistency_path,
    cover,
    full_hash,
    inclusion_path,
    is_consistent,
    leaf_hash,
    proof,
    root,
)
from tael_verify import merkle as verifier

# The tree of certificate-transparency's reference implementation (merkletree/merkle_tree_test).
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
GROWTHS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

HASHES = [leaf_hash(entry) for entry in ENTRIES]


def lookup(node: Node) -> bytes:
    return full_hash(HASHES[node.number << node.level : (node.number + 1) << node.level])


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root(0, lookup) == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_the_known_ones(size: int) -> None:
    assert root(size, lookup).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("place", "known"), INCLUSIONS.items())
def test_inclusion_proofs_are_the_known_ones(place: tuple[int, int], known: list[str]) -> None:
    index, size = place
    hashes = proof(inclusion_path(index, size), lookup)
    assert [one.hex() for one in hashes] == known
    assert verifier.includes(
        bytes.fromhex(ROOTS[size - 1]), size, index, verifier.leaf_hash(ENTRIES[index]), hashes
    )


@pytest.mark.parametrize(("sizes", "known"), GROWTHS.items())
def test_consistency_proofs_are_the_known_ones(sizes: tuple[int, int], known: list[str]) -> None:
    hashes = proof(consistency_path(*sizes), lookup)
    assert [one.hex() for one in hashes] == known
    old, new = ((size, bytes.fromhex(ROOTS[size - 1])) for size in sizes)
    assert verifier.grew(old, new, hashes)
    assert is_consistent(old, new, hashes)


def test_a_cover_is_made_of_complete_subtrees_side_by_side() -> None:
    for size in range(1, 600):
        nodes = cover(0, size)
        assert sum(1 << node.level for node in nodes) == size
        assert all(left.level > right.level for left, right in pairwise(nodes))
        at = 0
        for node in nodes:
            assert node.number << node.level == at
            at += 1 << node.level


@pytest.mark.parametrize(("old", "new"), [(0, 1), (3, 2), (9, 8)])
def test_a_proof_that_cannot_be_is_none(old: int, new: int) -> None:
    here = bytes.fromhex(ROOTS[0])
    assert not is_consistent((old, here), (new, here), [])
    assert not verifier.grew((old, here), (new, here), [])
    assert not is_consistent((old, here), (new, here), [here])
    assert not verifier.grew((old, here), (new, here), [here])
