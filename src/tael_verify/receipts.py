"""Verify a receipt: that what it says is in the log, and that the log only grew since.

Nothing here trusts the bank: it takes a receipt, the bank's public key, and whatever
checkpoints somebody kept, and computes.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

from tael_verify import merkle
from tael_verify.notes import (
    HASH_BYTES,
    Checkpoint,
    Key,
    Link,
    Malformed,
    open_inclusion,
    open_link,
    unpack,
)

FORMAT: Final = "tael-receipt/1"
PARTS_MAX: Final = 2_000
_ENTRY: Final = b"tael/movement/1\x00"


class Disproven(Exception):
    """What was given cannot all be true: the message says what contradicts what."""


class Unconnected(Exception):
    """A checkpoint could not be compared with the receipt's: a proof between them is missing."""


class Verdict(NamedTuple):
    """What was verified."""

    act: dict[str, Any]
    sides: tuple[dict[str, Any], ...]
    closed: int
    """How many parts of the movement stay closed: the other side's."""
    position: int
    checkpoint: Checkpoint
    connected: tuple[Checkpoint, ...]
    """The other checkpoints that were given, each shown to be of the same log's growth."""


def verify(
    receipt: str,
    keys: Sequence[Key],
    checkpoints: Sequence[str] = (),
) -> Verdict:
    """Check a receipt against itself, the keys, and checkpoints (or proofs) that were kept.

    Raises `Malformed` for what cannot be read, `Disproven` for what is false, and
    `Unconnected` when two checkpoints cannot be compared.
    """
    document = _document(receipt)
    index, proof, checkpoint = open_inclusion(_text(document, "proof"), keys)
    entry, opened, closed = _entry(document)
    if not merkle.includes(checkpoint.root, checkpoint.size, index, merkle.leaf_hash(entry), proof):
        raise Disproven(
            f"what this receipt says is not what stands at place {index} of the log: it was altered"
        )
    act, sides = _read(document, opened)
    given = [open_link(text, keys) for text in checkpoints]
    connected = connect(checkpoint, given)
    return Verdict(act, sides, closed, index, checkpoint, connected)


def connect(own: Checkpoint, given: Sequence[Checkpoint | Link]) -> tuple[Checkpoint, ...]:
    """Show that checkpoints are states of one log; raises `Disproven` or `Unconnected`."""
    others = [one.checkpoint if isinstance(one, Link) else one for one in given]
    roots: dict[int, bytes] = {}
    for checkpoint in (own, *others):
        if checkpoint.origin != own.origin:
            raise Unconnected(f"{checkpoint.origin} is another log than {own.origin}")
        if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise Disproven(f"the log signed two different states of {checkpoint.size} entries")
    joined = {size: {size} for size in roots}
    for link in (one for one in given if isinstance(one, Link)):
        if link.old not in roots:
            continue
        new = link.checkpoint
        if not merkle.grew((link.old, roots[link.old]), (new.size, new.root), link.hashes):
            raise Disproven(
                f"the log of {new.size} entries does not begin with"
                f" the {link.old} that were signed before"
            )
        together = joined[link.old] | joined[new.size]
        for size in together:
            joined[size] = together
    for size in sorted(roots):
        if size not in joined[own.size]:
            raise Unconnected(
                f"nothing shows how the log got from {min(size, own.size)}"
                f" to {max(size, own.size)} entries: add the proof between them"
            )
    return tuple(others)


def _document(receipt: str) -> dict[str, Any]:
    try:
        document = json.loads(receipt)
    except ValueError:
        raise Malformed("the receipt is no JSON document") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Malformed(f"the receipt is not of the format {FORMAT}")
    return document


def _entry(document: dict[str, Any]) -> tuple[bytes, list[dict[str, Any]], int]:
    """The entry that the parts make, what the open ones say, and how many are closed."""
    parts = document.get("parts")
    if not isinstance(parts, list) or not 0 < len(parts) <= PARTS_MAX:
        raise Malformed("the receipt has no parts")
    digests, opened = b"", []
    for part in parts:
        if not isinstance(part, dict):
            raise Malformed("a part of the receipt is not one")
        if "text" not in part:
            digest = unpack(_text(part, "digest"), "a part's digest")
            if len(digest) != HASH_BYTES:
                raise Malformed("a part's digest is no hash")
            digests += digest
            continue
        text = _text(part, "text")
        salt = unpack(_text(part, "salt"), "a part's salt")
        if len(salt) != HASH_BYTES:
            raise Malformed("a part's salt is not one")
        digests += sha256(salt + text.encode()).digest()
        opened.append(_members(text))
    return sha256(_ENTRY + digests).digest(), opened, len(parts) - len(opened)


def _read(
    document: dict[str, Any], opened: Sequence[dict[str, Any]]
) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    acts = [part for part in opened if part.get("part") == "act"]
    sides = [part for part in opened if part.get("part") in {"debit", "credit"}]
    if len(acts) != 1 or len(acts) + len(sides) != len(opened):
        raise Malformed("the receipt does not open one movement")
    if document.get("movement") != acts[0].get("movement"):
        raise Disproven("the receipt is for another movement than it says")
    return acts[0], tuple(sides)


def _members(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Malformed("an open part of the receipt says nothing")
    return found


def _text(members: dict[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise Malformed(f"the receipt lacks «{name}»")
    return value
