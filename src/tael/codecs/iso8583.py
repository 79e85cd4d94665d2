"""ISO 8583:1987 on the wire: our switch's fields, and messages of others for reading.

Our messages have a four-digit type in ASCII, binary bitmaps, and fields in ASCII; variable
fields have two ASCII digits of length. `read` is strict: what it accepts, `write` gives back
octet for octet.

No exception carries the octets or a field's value, for they hold card numbers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import iso8583

Spec = Mapping[str, Mapping[str, Any]]
Fields = Mapping[int, str]
"""Values by field number; fixed-length text with its padding."""


class MalformedMessage(Exception):
    """What came is not a message of this switch. `field` is its number, `t`, `p` or `frame`."""

    code: Final = "switch.malformed_message"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"field {field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Form:
    """What a field holds: how long it is and which characters it may have."""

    name: str
    characters: str
    """`n` digits, `an` letters and digits, `ans` any printable ASCII."""
    length: int
    variable: bool = False

    def refusal(self, value: str) -> str | None:
        """Why this value is not of this form."""
        if self.variable and not 0 < len(value) <= self.length:
            return f"{self.name} has 1 to {self.length} characters, not {len(value)}"
        if not self.variable and len(value) != self.length:
            return f"{self.name} has {self.length} characters, not {len(value)}"
        if not _CHARACTERS[self.characters].fullmatch(value):
            return f"{self.name} holds characters that are not {self.characters}"
        return None


_CHARACTERS: Final = {
    "n": re.compile(r"[0-9]*"),
    "an": re.compile(r"[0-9A-Za-z]*"),
    "ans": re.compile(r"[ -~]*"),
}

FORMS: Final[Mapping[int, Form]] = {
    2: Form("primary account number", "n", 19, variable=True),
    3: Form("processing code", "n", 6),
    4: Form("amount", "n", 12),
    7: Form("transmission date and time", "n", 10),
    11: Form("system trace audit number", "n", 6),
    12: Form("local time", "n", 6),
    13: Form("local date", "n", 4),
    14: Form("expiration date", "n", 4),
    18: Form("merchant type", "n", 4),
    22: Form("point of service entry mode", "n", 3),
    25: Form("point of service condition code", "n", 2),
    32: Form("acquiring institution", "n", 11, variable=True),
    37: Form("retrieval reference number", "an", 12),
    38: Form("authorisation code", "an", 6),
    39: Form("response code", "an", 2),
    41: Form("terminal", "ans", 8),
    42: Form("card acceptor", "ans", 15),
    43: Form("card acceptor name and location", "ans", 40),
    44: Form("additional response data", "ans", 25, variable=True),
    49: Form("currency", "n", 3),
    70: Form("network management code", "n", 3),
    90: Form("original data elements", "n", 42),
}
"""The fields that our switch speaks; a message with any other is refused."""


def _octets(length: int, *, variable: bool = False, encoding: str = "ascii") -> dict[str, Any]:
    return {
        "data_enc": encoding,
        "len_enc": "ascii",
        "len_type": 2 if variable else 0,
        "max_len": length,
    }


SPEC: Final[Spec] = {
    "h": _octets(0),
    "t": _octets(4),
    "p": _octets(8, encoding="b"),
    "1": _octets(8, encoding="b"),
    **{str(n): _octets(form.length, variable=form.variable) for n, form in FORMS.items()},
}
"""The same in the shape that pyiso8583 takes."""


def write(mti: str, fields: Fields) -> bytes:
    """A message of this type with these fields; refuses with `MalformedMessage`."""
    _check(fields)
    document = {"t": mti, **{str(number): value for number, value in fields.items()}}
    raw, _ = iso8583.encode(document, SPEC)
    return bytes(raw)


def read(raw: bytes) -> tuple[str, dict[int, str]]:
    """The type and the fields of a message; refuses with `MalformedMessage`.

    Accepts only what `write` would have written: lengths of two plain digits, no empty second
    bitmap, nothing after the last field.
    """
    document = decode_with(SPEC, raw)
    mti = document["t"]
    fields = {int(key): value for key, value in document.items() if key.isdigit() and key != "1"}
    _check(fields)
    if write(mti, fields) != raw:
        raise MalformedMessage("p", "not in the one form that we write")
    return mti, fields


def decode_with(spec: Spec, raw: bytes) -> dict[str, str]:
    """Every field of a message of another network, by its spec; refuses `MalformedMessage`.

    Keys are pyiso8583's: `t` the type, `p` and `1` the bitmaps, and field numbers.
    """
    try:
        document, _ = iso8583.decode(raw, spec)
        if document["t"].isascii() and document["t"].isdigit():
            return document
        field, reason = "t", "a message type is four digits"
    except iso8583.DecodeError as error:
        field, reason = error.field, error.msg
    except KeyError as unknown:
        field, reason = str(unknown.args[0]), "not a field of this network"
    # Raised here, so that the library's exception, which holds the octets, is not its context.
    raise MalformedMessage(field, reason)


def _check(fields: Fields) -> None:
    for number, value in fields.items():
        form = FORMS.get(number)
        if form is None:
            raise MalformedMessage(str(number), "not a field of this switch")
        refusal = form.refusal(value)
        if refusal is not None:
            raise MalformedMessage(str(number), refusal)
