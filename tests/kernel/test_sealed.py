"""Sealed fields: what is kept tells nothing, and opens only where it was sealed."""

import pytest

from tael.kernel.sealed import SealBroken, Sealer

RING = {1: bytes(range(32)), 2: bytes(range(32, 64))}


def test_the_same_value_is_sealed_differently_each_time() -> None:
    sealer = Sealer(RING)
    sealed = {sealer.seal(b"6222 0000", context="card") for _ in range(20)}
    assert len(sealed) == 20
    assert len({each[1:13] for each in sealed}) == 20, "a nonce came again"
    assert {sealer.unseal(each, context="card") for each in sealed} == {b"6222 0000"}


def test_what_was_sealed_opens_nowhere_else_and_not_when_altered() -> None:
    sealer = Sealer(RING)
    sealed = sealer.seal(b"secret", context="one")
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", b"\x07" + sealed[1:]):
        with pytest.raises(SealBroken):
            sealer.unseal(broken, context="one")
    with pytest.raises(SealBroken):
        sealer.unseal(sealed, context="two")


def test_an_older_key_still_opens_and_hashes_stay_when_keys_rotate() -> None:
    old, new = Sealer({1: RING[1]}), Sealer(RING)
    assert new.unseal(old.seal(b"kept", context="c"), context="c") == b"kept"
    assert new.keyed_hash("138", purpose="p") == old.keyed_hash("138", purpose="p")
    assert new.keyed_hash("138", purpose="q") != new.keyed_hash("138", purpose="p")
