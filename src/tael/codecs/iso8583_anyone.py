"""Read ISO 8583 messages of any network for a person to look at, card data masked.

A message does not say how it is written, so what cannot be known is tried: with and without
the length of a stream before it, binary bitmaps and bitmaps of hex digits. The fields are
those of ISO 8583:1987 with ASCII values. Nothing that is read here moves money.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from iso8583 import specs

from tael.codecs.framing import LENGTH_OCTETS
from tael.codecs.iso8583 import MalformedMessage, Spec, decode_with
from tael.kernel import masks

_SPECS: Final[Mapping[str, Spec]] = {"binary": specs.default, "hex": specs.default_ascii}
_PAN: Final = "2"
_SECRET: Final = frozenset({"34", "35", "36", "45", "52", "55"})
"""Other forms of the card number, the tracks, the PIN block and the chip's data."""
_PAN_SHOWN_FROM: Final = 12
_HEX_BITMAP_END: Final = 20
_HEX_DIGITS: Final = frozenset(string.hexdigits.encode())

_CLASSES: Final = {
    "1": "authorisation",
    "2": "financial",
    "3": "file action",
    "4": "reversal",
    "5": "reconciliation",
    "6": "administrative",
    "7": "fee collection",
    "8": "network management",
}
_FUNCTIONS: Final = {
    "0": "request",
    "1": "response",
    "2": "advice",
    "3": "advice response",
    "4": "notification",
}


@dataclass(frozen=True, slots=True)
class Described:
    """A message as a person may see it."""

    mti: str
    meaning: str
    bitmap: str
    """`binary` or `hex`."""
    framed: bool
    """Whether the length of a stream stood before it."""
    fields: Mapping[str, str]
    """`t`, `p`, `1` and field numbers; card data masked."""
    names: Mapping[str, str]


def describe(raw: bytes) -> Described:
    """What this message says; refuses with `MalformedMessage` when no way of reading fits."""
    refusal = None
    for body, framed, bitmap in _readings(raw):
        spec = _SPECS[bitmap]
        try:
            fields = decode_with(spec, body)
        except MalformedMessage as malformed:
            # The first reading is the likeliest: its refusal is the one to show.
            refusal = refusal or malformed
            continue
        names = {key: str(spec[key]["desc"]) for key in fields}
        mti = fields["t"]
        return Described(mti, meaning_of(mti), bitmap, framed, _masked(fields), names)
    assert refusal is not None
    raise refusal


def meaning_of(mti: str) -> str:
    """A message type in words: class and function, the second and third digit."""
    act, function = _CLASSES.get(mti[1:2]), _FUNCTIONS.get(mti[2:3])
    return f"{act} {function}" if act and function else "not a type of ISO 8583"


def _readings(raw: bytes) -> Iterator[tuple[bytes, bool, str]]:
    """Every way to read these octets, the likeliest first."""
    body = raw[LENGTH_OCTETS:]
    if body and int.from_bytes(raw[:LENGTH_OCTETS], "big") == len(body):
        yield from ((body, True, bitmap) for bitmap in _bitmaps(body))
    yield from ((raw, False, bitmap) for bitmap in _bitmaps(raw))


def _bitmaps(body: bytes) -> tuple[str, ...]:
    """Sixteen hex digits after the type are hardly a binary bitmap, but may be."""
    bitmap = body[4:_HEX_BITMAP_END]
    return ("hex", "binary") if _HEX_DIGITS.issuperset(bitmap) else ("binary", "hex")


def _masked(fields: Mapping[str, str]) -> dict[str, str]:
    pan = fields.get(_PAN, "")
    shown = masks.pan(pan) if len(pan) >= _PAN_SHOWN_FROM else "*" * len(pan)
    masked = {}
    for key, value in fields.items():
        if key in _SECRET:
            masked[key] = "*" * len(value)
        elif pan and (key == _PAN or len(pan) >= _PAN_SHOWN_FROM):
            # Networks repeat the number in their private fields.
            masked[key] = value.replace(pan, shown)
        else:
            masked[key] = value
    return masked
