"""Identifiers: UUIDv7 (RFC 9562) inside, TypeID on the wire (`pay_01h…`).

Ids are made before what they name is sent, so that a retry names the same thing. They sort
by the machine's clock, which is for locality of the index only: nothing may be concluded
from their order.
"""

from typing import Any
from uuid import UUID

from asyncpg.pgproto import pgproto
from typeid import TypeID
from typeid.errors import TypeIDException
from uuid_utils import uuid7

from tael.kernel.refusals import MalformedId

_WIRE_LENGTH_MAX = 64


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of the machine's milliseconds, then chance."""
    # The driver's subclass of UUID, as every id read from the database is one: it is made,
    # compared, printed and sent in a fifth of the time, and a payment makes half a dozen.
    fresh: UUID = pgproto.UUID(uuid7().bytes)
    return fresh


def wire(prefix: str, identifier: UUID) -> str:
    """The TypeID of an identifier: its prefix, an underscore, 26 characters of base 32."""
    # The library annotates its own UUID class, and takes the standard one as well.
    suffix: Any = identifier
    return str(TypeID.from_uuid(prefix=prefix, suffix=suffix))


def parse(prefix: str, text: str) -> UUID:
    """The identifier in a TypeID with this very prefix; refuses `request.malformed_id`."""
    if len(text) > _WIRE_LENGTH_MAX:
        raise MalformedId(expected=prefix)
    try:
        typed = TypeID.from_string(text)
    except (TypeIDException, ValueError):
        raise MalformedId(expected=prefix) from None
    if typed.prefix != prefix:
        raise MalformedId(expected=prefix)
    return UUID(bytes=typed.uuid_bytes)
