"""Checkpoints as others hand them over: signed notes, and proofs with a checkpoint below."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from tael_verify import ed25519

LOG: Final = 1
WITNESS: Final = 4
"""The kinds of keys: one signs the note itself, the other that it saw it, and when."""

HASH_BYTES: Final = 32
HASHES_MAX: Final = 64
DIGITS_MAX: Final = 18
"""Digits of a number: more leaves than a log will ever have."""
_DASH: Final = "— "
_PROOF: Final = "c2sp.org/tlog-proof@v1"


class Malformed(Exception):
    """A file or key that is not what it should be; the message says what is wrong with it."""


class Key(NamedTuple):
    """A public key of a log or a witness, with its name."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """How a signature names its key."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(named).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read `NAME+ID+BASE64`; raises `Malformed`."""
        name, _, rest = text.strip().partition("+")
        key_id, _, packed = rest.partition("+")
        octets = unpack(packed, "the key")
        if len(octets) != 1 + HASH_BYTES or octets[0] not in {LOG, WITNESS} or not name:
            raise Malformed("the key is not an Ed25519 key of a log or a witness")
        key = cls(name, octets[0], octets[1:])
        if key.key_id.hex() != key_id:
            raise Malformed("the key's id does not belong to it: was it copied whole?")
        return key


class Checkpoint(NamedTuple):
    """A checkpoint that a known key of its log signed."""

    origin: str
    size: int
    root: bytes
    signers: tuple[str, ...]
    witnesses: tuple[tuple[str, int], ...]
    """Who else signed that he saw it, and when (seconds since 1970)."""


class Link(NamedTuple):
    """That a tree of `old` leaves grew into a checkpoint: the proof for it."""

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: Checkpoint


def open_checkpoint(note: str, keys: Sequence[Key]) -> Checkpoint:
    """Read a checkpoint and check its signatures; raises `Malformed`.

    A key of the log must have signed. What a known key is said to have signed but did not
    spoils the note; signatures of unknown keys are passed over.
    """
    text, blank, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not blank or lines.pop() or not lines:
        raise Malformed("that is no signed checkpoint")
    text += "\n"
    origin, size, root = _head(text)
    signers: list[str] = []
    witnesses: list[tuple[str, int]] = []
    for line in lines:
        name, _, packed = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH):
            raise Malformed("a line below the checkpoint is no signature")
        signature = unpack(packed, "a signature")
        for key in keys:
            if (key.name, key.key_id) != (name, signature[:4]):
                continue
            if key.kind == LOG:
                _assert_signed(key, text.encode(), signature[4:])
                # Whoever signs for another log does not sign for this one.
                if key.name == origin:
                    signers.append(name)
            else:
                stamp = int.from_bytes(signature[4:12], "big")
                seen = f"cosignature/v1\ntime {stamp}\n{text}".encode()
                _assert_signed(key, seen, signature[12:])
                witnesses.append((name, stamp))
    if not signers:
        raise Malformed(f"no key that you trust signed this checkpoint of {origin}")
    return Checkpoint(origin, size, root, tuple(signers), tuple(witnesses))


def open_link(text: str, keys: Sequence[Key]) -> Checkpoint | Link:
    """Read a checkpoint, or a proof of growth with one below it; raises `Malformed`."""
    if not text.startswith("old "):
        return open_checkpoint(text, keys)
    above, _, note = text.partition("\n\n")
    first, *hashes = above.split("\n")
    old = number(first.removeprefix("old "), "the old size")
    return Link(old, unpack_hashes(hashes), open_checkpoint(note, keys))


def open_inclusion(text: str, keys: Sequence[Key]) -> tuple[int, tuple[bytes, ...], Checkpoint]:
    """Read a C2SP tlog-proof: index, proof and checkpoint; raises `Malformed`."""
    above, _, note = text.partition("\n\n")
    first, *lines = above.split("\n")
    if first != _PROOF:
        raise Malformed("that is no proof that an entry is in a log")
    if lines and lines[0].startswith("extra "):
        lines.pop(0)
    if not lines or not lines[0].startswith("index "):
        raise Malformed("the proof does not say for which place it is")
    index = number(lines.pop(0).removeprefix("index "), "the place in the log")
    return index, unpack_hashes(lines), open_checkpoint(note, keys)


def unpack(text: str, what: str) -> bytes:
    """Base64 as RFC 4648 writes it, and nothing else; raises `Malformed`."""
    try:
        octets = b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Malformed(f"{what} is not in base64") from None
    if b64encode(octets).decode() != text:
        raise Malformed(f"{what} is not in base64")
    return octets


def unpack_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """The hashes of a proof; raises `Malformed`."""
    hashes = tuple(unpack(line, "a hash of the proof") for line in lines)
    if len(hashes) > HASHES_MAX or any(len(one) != HASH_BYTES for one in hashes):
        raise Malformed("the proof is not made of hashes")
    return hashes


def number(text: str, what: str) -> int:
    """A decimal number without signs, spaces or leading zeroes; raises `Malformed`."""
    if (
        not (text.isascii() and text.isdecimal())
        or len(text) > DIGITS_MAX
        or str(int(text)) != text
    ):
        raise Malformed(f"{what} is not a number")
    return int(text)


def _head(text: str) -> tuple[str, int, bytes]:
    try:
        origin, size, packed, *_ = text.split("\n")
    except ValueError:
        raise Malformed("that is no checkpoint") from None
    root = unpack(packed, "the checkpoint's root")
    if not origin or len(root) != HASH_BYTES:
        raise Malformed("that is no checkpoint")
    return origin, number(size, "the checkpoint's size"), root


def _assert_signed(key: Key, message: bytes, signature: bytes) -> None:
    if not ed25519.verify(key.public, message, signature):
        raise Malformed(f"the signature of {key.name} does not belong to this checkpoint")
