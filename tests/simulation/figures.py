"""The published figures as the model knows them, typed anew: it shares nothing with the service."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

SHANGHAI: Final = timezone(timedelta(hours=8))
"""China keeps one time all year."""

ORDER_LIFE: Final = timedelta(minutes=15)
RECEIVE_CODE_LIFE: Final = timedelta(minutes=10)
RECEIVE_CODE_SHOWN_AGAIN: Final = timedelta(minutes=5)
NEW_PAYEE: Final = timedelta(hours=2)
NEW_PAYEE_CAP: Final = 5_000_00
STATIC_DAY_CAP: Final = 500_00
DYNAMIC_DAY_CAP: Final = 5_000_00
CARD_TRANSFER_MAX: Final = 50_000_00
RECENT_MAX: Final = 20
CARDS_MAX: Final = 10
PIN_TRIES: Final = 5


@dataclass(frozen=True)
class Caps:
    """What a class may do, in fen; None where there is no cap."""

    per_payment: int
    day: int
    year: int | None
    balance: int


CAPS: Final = {
    4: Caps(2_000_00, 5_000_00, 50_000_00, 10_000_00),
    3: Caps(5_000_00, 10_000_00, None, 20_000_00),
    2: Caps(50_000_00, 100_000_00, None, 500_000_00),
}

BANKS: Final = {
    "demo": "示例银行 Demo Bank",
    "greenfield": "青禾银行 Greenfield Bank",
    "farsail": "远帆银行 Farsail Bank",
}

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"


def day_of(at: datetime) -> date:
    """The business day of an instant."""
    return at.astimezone(SHANGHAI).date()


def midnight_after(at: datetime) -> datetime:
    """When the business day of an instant ends."""
    following = day_of(at) + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=SHANGHAI)


def id_number(born: date, serial: int) -> str:
    """An invented resident ID number with its check digit (GB 11643)."""
    body = f"110105{born:%Y%m%d}{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECKS[total % 11]


def masked_phone(phone: str) -> str:
    """How others see a number."""
    return phone[:3] + "****" + phone[-4:]


def masked_name(name: str) -> str:
    """How others see a name."""
    return "*" + name[1:]
