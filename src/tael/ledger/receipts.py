"""The number that people read out when they ask about a movement."""

from datetime import datetime
from typing import Final

from tael.kernel.clock import business_day
from tael.ledger.movements import MovementId

_CHANCE_BITS: Final = 62
"""The random tail of a UUIDv7 after its variant bits (RFC 9562)."""
_DIGITS: Final = len(str(2**_CHANCE_BITS - 1))


def receipt_number(movement: MovementId, at: datetime) -> str:
    """The receipt's number: its business day and 19 digits, all from what the movement holds."""
    chance = movement.int & (2**_CHANCE_BITS - 1)
    return f"{business_day(at):%Y%m%d}{chance:0{_DIGITS}}"
