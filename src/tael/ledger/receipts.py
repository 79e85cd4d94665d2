"""The number that people read out when they ask about a movement."""

from datetime import date, datetime
from typing import Final

from tael.kernel.clock import business_day
from tael.ledger.movements import MovementId

_CHANCE_BITS: Final = 62
"""The random tail of a UUIDv7 after its variant bits (RFC 9562)."""
_VARIANT: Final = 0b10
_DAY_DIGITS: Final = 8
_DIGITS: Final = len(str(2**_CHANCE_BITS - 1))


def receipt_number(movement: MovementId, at: datetime) -> str:
    """The receipt's number: its business day and 19 digits, all from what the movement holds."""
    chance = movement.int & (2**_CHANCE_BITS - 1)
    return f"{business_day(at):%Y%m%d}{chance:0{_DIGITS}}"


def receipt_parts(number: str) -> tuple[date, bytes] | None:
    """The business day that a receipt's number names, and the last 8 octets of its movement's id.

    None for what is no such number.
    """
    if len(number) != _DAY_DIGITS + _DIGITS or not (number.isascii() and number.isdigit()):
        return None
    try:
        day = datetime.strptime(number[:_DAY_DIGITS], "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError:
        return None
    chance = int(number[_DAY_DIGITS:])
    if chance >> _CHANCE_BITS:
        return None
    return day, (_VARIANT << _CHANCE_BITS | chance).to_bytes(8)
