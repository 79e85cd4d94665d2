"""Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, -cosignature)."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 1
COSIGNATURE: Final = 4
"""The signature types of signed-note that we make and read."""

SIGNATURES_MAX: Final = 32
_DASH: Final = "— "
_ID_BYTES: Final = 4
_STAMP_BYTES: Final = 8
_KEY_BYTES: Final = 32


class NoteBroken(Exception):
    """A text that is no signed note, or a key that is none."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with the name that signs by it."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature names its key by."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return sha256(named).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """The key as it is handed around: name, id and key, joined by plus signs."""
        packed = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{packed}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read a key; raises `NoteBroken`."""
        name, _, rest = text.partition("+")
        key_id, _, packed = rest.partition("+")
        try:
            octets = base64.b64decode(packed, validate=True)
        except (ValueError, binascii.Error):
            raise NoteBroken("the key is not in base64") from None
        if len(octets) != 1 + _KEY_BYTES or octets[0] not in {ED25519, COSIGNATURE}:
            raise NoteBroken("not a key of a kind that we know")
        parsed = cls(name, octets[0], octets[1:])
        if not is_key_name(name) or parsed.key_id.hex() != key_id:
            raise NoteBroken("the key's id does not belong to its name")
        return parsed

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key signed the text: plainly, or as a witness at a time."""
        signed = text.encode()
        if self.kind == COSIGNATURE:
            stamp, signature = signature[:_STAMP_BYTES], signature[_STAMP_BYTES:]
            signed = cosigned(text, int.from_bytes(stamp))
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A private key with its name. Its text is never shown."""

    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        return VerifierKey(self.name, ED25519, self.private.public_key().public_bytes_raw())

    def signature_line(self, text: str) -> str:
        """The line that adds this key's signature to a note."""
        return line_of(self.name, self.verifier.key_id + self.private.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: whose log, how long, with which root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The checkpoint's three lines, which are what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "TreeHead":
        """Read a checkpoint's text; raises `NoteBroken`."""
        try:
            origin, size, root, *_ = text.split("\n")
            head = cls(origin, int(size), base64.b64decode(root, validate=True))
        except ValueError:
            raise NoteBroken("not a checkpoint") from None
        if not text.startswith(head.text()) or len(head.root) != _KEY_BYTES or head.size < 0:
            raise NoteBroken("not a checkpoint")
        return head


def sign(text: str, keys: Iterable[NoteKey]) -> str:
    """The note of a text with a signature of each key."""
    assert text.endswith("\n"), "a note's text ends its last line"
    lines = "".join(key.signature_line(text) for key in keys)
    assert lines, "a note is signed"
    return f"{text}\n{lines}"


def split(note: str) -> tuple[str, list[str]]:
    """A note's text and its signature lines; raises `NoteBroken`."""
    text, blank, signatures = note.rpartition("\n\n")
    *lines, rest = signatures.split("\n")
    well = not rest and all(line.startswith(_DASH) for line in lines)
    if not blank or not lines or not well or len(lines) > SIGNATURES_MAX:
        raise NoteBroken("not a signed note")
    return f"{text}\n", lines


def signed_by(note: str, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Which of these keys signed a note. One bad signature of theirs spoils it: `NoteBroken`."""
    text, lines = split(note)
    found = []
    for line in lines:
        name, signature = read_line(line)
        for key in keys:
            if (key.name, key.key_id) == (name, signature[:_ID_BYTES]):
                if not key.verifies(text, signature[_ID_BYTES:]):
                    raise NoteBroken(f"the signature of {key.name} does not belong to this text")
                found.append(key)
    return found


def read_line(line: str) -> tuple[str, bytes]:
    """The name in a signature line, and the key's id with the signature; raises `NoteBroken`."""
    name, _, packed = line.removeprefix(_DASH).partition(" ")
    try:
        return name, base64.b64decode(packed, validate=True)
    except (ValueError, binascii.Error):
        raise NoteBroken("a signature is not in base64") from None


def line_of(name: str, octets: bytes) -> str:
    """A signature line."""
    return f"{_DASH}{name} {base64.b64encode(octets).decode()}\n"


def cosigned(text: str, timestamp: int) -> bytes:
    """What a witness signs: that it saw this checkpoint follow the earlier ones, and when."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def is_key_name(name: str) -> bool:
    """Whether a name can stand in a note: no spaces, no plus sign, not empty."""
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)
