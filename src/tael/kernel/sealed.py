"""Sealed fields: personal data and secrets at rest, under a ring of versioned keys.

Sealing is AES-256-GCM-SIV (RFC 8452): a repeated nonce reveals only that two equal values
were sealed in the same context. The context is authenticated, so a value copied into another
column or row's role does not open. Look-ups go by keyed hashes (HMAC-SHA-256).
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

_NONCE_BYTES = 12
_VERSION_MAX = 255
KEY_BYTES = 32


class SealBroken(Exception):
    """A sealed value does not open: wrong key, wrong context, or it was altered."""


class Sealer:
    """Seals with the newest key of the ring and opens with any key on it."""

    def __init__(self, ring: dict[int, bytes]) -> None:
        assert ring, "a ring has at least one key"
        assert all(len(key) == KEY_BYTES for key in ring.values()), "keys are 256 bits"
        assert all(0 < version <= _VERSION_MAX for version in ring), "a version is one byte"
        self._ciphers = {version: AESGCMSIV(_derive(key, "seal")) for version, key in ring.items()}
        self._current = max(ring)
        # Look-up hashes must stay the same when the sealing key rotates: the oldest key makes them.
        self._hash_key = _derive(ring[min(ring)], "hash")

    def __repr__(self) -> str:
        return f"Sealer(versions={sorted(self._ciphers)})"

    def seal(self, plaintext: bytes, *, context: str) -> bytes:
        """Version byte, nonce, ciphertext and tag."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._ciphers[self._current]
        return bytes([self._current]) + nonce + cipher.encrypt(nonce, plaintext, context.encode())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """What was sealed in this context; raises `SealBroken`."""
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        if cipher is None:
            raise SealBroken("no such key version")
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, ciphertext, context.encode())
        except (InvalidTag, ValueError):
            raise SealBroken("altered, or sealed elsewhere") from None

    def keyed_hash(self, value: str, *, purpose: str) -> bytes:
        """32 bytes that are equal for equal values of one purpose, and tell nothing else."""
        return hmac.digest(self._hash_key, f"{purpose}\0{value}".encode(), hashlib.sha256)


def _derive(key: bytes, use: str) -> bytes:
    """One key a use, so that a hash never helps to open a seal."""
    return hmac.digest(key, f"tael/{use}".encode(), hashlib.sha256)
