"""Identifiers: UUIDv7 (RFC 9562) inside, TypeID on the wire (`pay_01h…`).

Ids are made before what they name is sent, so that a retry names the same thing. They sort
by the machine's clock, which is for locality of the index only: nothing may be concluded
from their order.
"""

import re
from typing import Final
from uuid import UUID

from asyncpg.pgproto import pgproto
from uuid_utils import uuid7

from tael.kernel.refusals import MalformedId

# TypeID 0.3: Crockford's alphabet in lower case; 128 bits in 26 digits leave two bits zero, so
# the first digit is 0 to 7. Written here because a payment writes and reads a dozen ids; a law
# holds it against the library.
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = [high + low for high in _DIGITS for low in _DIGITS]
_LOW_BITS: Final = 60
_SUFFIX: Final = re.compile("[0-7][0-9a-hjkmnp-tv-z]{25}")
_TO_PYTHONS: Final = str.maketrans(_DIGITS, "0123456789abcdefghijklmnopqrstuv")


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of the machine's milliseconds, then chance."""
    # The driver's subclass of UUID, as every id read from the database is one: it is made,
    # compared, printed and sent in a fifth of the time, and a payment makes half a dozen.
    fresh: UUID = pgproto.UUID(uuid7().bytes)
    return fresh


def wire(prefix: str, identifier: UUID) -> str:
    """The TypeID of an identifier: its prefix, an underscore, 26 characters of base 32."""
    number = identifier.int
    # Two halves, each small enough to be shifted at once; no loop, since a set makes thousands.
    high = number >> _LOW_BITS
    low = number & (1 << _LOW_BITS) - 1
    pairs = _PAIRS
    return (
        f"{prefix}_{pairs[high >> 60]}{pairs[high >> 50 & 1023]}{pairs[high >> 40 & 1023]}"
        f"{pairs[high >> 30 & 1023]}{pairs[high >> 20 & 1023]}{pairs[high >> 10 & 1023]}"
        f"{pairs[high & 1023]}{pairs[low >> 50]}{pairs[low >> 40 & 1023]}"
        f"{pairs[low >> 30 & 1023]}{pairs[low >> 20 & 1023]}{pairs[low >> 10 & 1023]}"
        f"{pairs[low & 1023]}"
    )


def parse(prefix: str, text: str) -> UUID:
    """The identifier in a TypeID with this very prefix; refuses `request.malformed_id`."""
    found, _, suffix = text.partition("_")
    if found != prefix or not _SUFFIX.fullmatch(suffix):
        raise MalformedId(expected=prefix)
    number = int(suffix.translate(_TO_PYTHONS), 32)
    parsed: UUID = pgproto.UUID(number.to_bytes(16, "big"))
    return parsed
