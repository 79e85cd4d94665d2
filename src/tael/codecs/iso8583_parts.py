"""What the messages of the card switch are made of: card number, keys, times, card acceptor."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tael.codecs.iso8583 import FORMS, MalformedMessage
from tael.codecs.response_codes import ResponseCode, response_code
from tael.kernel import masks
from tael.kernel.money import CNY, Currency, Money

CURRENCY_NUMBERS: Final[Mapping[str, Currency]] = {"156": CNY}
"""ISO 4217 numbers of the currencies that we move through the switch."""
_ACQUIRER_DIGITS: Final = 8
_PAN_DIGITS: Final = range(12, 20)
_AMOUNT_MAX: Final = 10**12 - 1
_UNUSED_INSTITUTION: Final = "0" * 11


def check(number: int, value: str) -> None:
    """Refuse a value that does not have the form of its field."""
    refusal = FORMS[number].refusal(value)
    if refusal is not None:
        raise MalformedMessage(str(number), refusal)


def check_time(number: int, value: str, form: str) -> None:
    """Refuse digits that name no moment; years are not sent, so that 29 February may be one."""
    check(number, value)
    if not _is_moment(value, form):
        raise MalformedMessage(str(number), f"{FORMS[number].name} names no moment")


def _is_moment(digits: str, form: str) -> bool:
    try:
        datetime.strptime(f"2000{digits}", f"%Y{form}").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def check_text(number: int, value: str) -> None:
    """Refuse text that does not fit, or whose end would be taken for padding."""
    check(number, value.ljust(FORMS[number].length))
    if value != value.rstrip():
        raise MalformedMessage(str(number), f"{FORMS[number].name} ends with a space")


def padded(number: int, value: str) -> str:
    """Text as a fixed-length field carries it."""
    return value.ljust(FORMS[number].length)


@dataclass(frozen=True, slots=True, repr=False)
class Pan:
    """A card number that shows itself masked wherever it is printed."""

    _digits: str

    def __post_init__(self) -> None:
        check(2, self._digits)
        if len(self._digits) not in _PAN_DIGITS:
            raise MalformedMessage("2", "a card number has 12 to 19 digits")

    def reveal(self) -> str:
        """The digits. Never for a log, a message to people or an exception."""
        return self._digits

    def __repr__(self) -> str:
        return f"Pan({self})"

    def __str__(self) -> str:
        return masks.pan(self._digits)


@dataclass(frozen=True, slots=True)
class MessageKey:
    """What makes a message unique: trace number, transmission time and acquirer.

    Fields 11, 7 and 32. An answer carries its request's key; a repeat carries the first's.
    """

    stan: str
    """Six digits."""
    transmitted_at: str
    """`MMDDhhmmss`, UTC."""
    acquirer: str
    """Eight digits, as Chinese institutions have them."""

    def __post_init__(self) -> None:
        check(11, self.stan)
        check_time(7, self.transmitted_at, "%m%d%H%M%S")
        check(32, self.acquirer)
        if len(self.acquirer) != _ACQUIRER_DIGITS:
            raise MalformedMessage("32", f"an acquirer has {_ACQUIRER_DIGITS} digits")

    @classmethod
    def of(cls, stan: int, at: datetime, acquirer: str) -> "MessageKey":
        """The key of a message that is sent at this instant."""
        return cls(f"{stan:06}", at.astimezone(UTC).strftime("%m%d%H%M%S"), acquirer)

    def fields(self) -> dict[int, str]:
        return {7: self.transmitted_at, 11: self.stan, 32: self.acquirer}

    @classmethod
    def read(cls, fields: Mapping[int, str]) -> "MessageKey":
        return cls(needed(fields, 11), needed(fields, 7), needed(fields, 32))


@dataclass(frozen=True, slots=True)
class LocalTime:
    """When the business took place, by the clock on the spot (fields 12 and 13)."""

    time: str
    """`hhmmss`"""
    date: str
    """`MMDD`"""

    def __post_init__(self) -> None:
        check_time(12, self.time, "%H%M%S")
        check_time(13, self.date, "%m%d")

    @classmethod
    def of(cls, at: datetime) -> "LocalTime":
        """This instant in the time zone that it carries."""
        assert at.tzinfo is not None
        return cls(at.strftime("%H%M%S"), at.strftime("%m%d"))

    def fields(self) -> dict[int, str]:
        return {12: self.time, 13: self.date}

    @classmethod
    def read(cls, fields: Mapping[int, str]) -> "LocalTime":
        return cls(needed(fields, 12), needed(fields, 13))


@dataclass(frozen=True, slots=True)
class Acceptor:
    """Who took the card (fields 18, 41, 42 and 43)."""

    terminal: str
    """At most 8 characters of ASCII."""
    merchant: str
    """At most 15 characters of ASCII."""
    label: str
    """Name and place, at most 40 characters of ASCII."""
    mcc: str
    """Four digits."""

    def __post_init__(self) -> None:
        check(18, self.mcc)
        check_text(41, self.terminal)
        check_text(42, self.merchant)
        check_text(43, self.label)

    def fields(self) -> dict[int, str]:
        return {
            18: self.mcc,
            41: padded(41, self.terminal),
            42: padded(42, self.merchant),
            43: padded(43, self.label),
        }

    @classmethod
    def read(cls, fields: Mapping[int, str]) -> "Acceptor":
        terminal, merchant, label = (needed(fields, n).rstrip() for n in (41, 42, 43))
        return cls(terminal, merchant, label, needed(fields, 18))


@dataclass(frozen=True, slots=True)
class Original:
    """Which message is meant: field 90, the original data elements."""

    mti: str
    key: MessageKey

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{4}", self.mti):
            raise MalformedMessage("90", "the original's type is four digits")

    def fields(self) -> dict[int, str]:
        acquirer = self.key.acquirer.rjust(len(_UNUSED_INSTITUTION), "0")
        said = self.mti + self.key.stan + self.key.transmitted_at
        return {90: said + acquirer + _UNUSED_INSTITUTION}

    @classmethod
    def read(cls, fields: Mapping[int, str]) -> "Original":
        """Type (4), trace number (6), time (10), acquirer (11), forwarder (11, not used)."""
        said = needed(fields, 90)
        check(90, said)
        acquirer, forwarder = said[20:31], said[31:]
        if forwarder != _UNUSED_INSTITUTION or not acquirer.startswith("000"):
            raise MalformedMessage("90", "the original names an institution that is not ours")
        return cls(said[:4], MessageKey(said[4:10], said[10:20], acquirer[3:]))


def needed(fields: Mapping[int, str], number: int) -> str:
    """The value of a field that this message cannot be without."""
    value = fields.get(number)
    if value is None:
        raise MalformedMessage(str(number), f"{FORMS[number].name} is missing")
    return value


def check_amount(amount: Money) -> None:
    """Refuse what twelve digits of one of the switch's currencies cannot say; zero too."""
    if amount.currency not in CURRENCY_NUMBERS.values():
        raise MalformedMessage("49", f"{amount.currency.code} is not moved through the switch")
    if not 0 < amount.minor <= _AMOUNT_MAX:
        raise MalformedMessage("4", "an amount is 1 to 999999999999 minor units")


def amount_fields(amount: Money) -> dict[int, str]:
    """Fields 4 and 49."""
    numbers = {currency: number for number, currency in CURRENCY_NUMBERS.items()}
    return {4: f"{amount.minor:012}", 49: numbers[amount.currency]}


def read_amount(fields: Mapping[int, str]) -> Money:
    minor, number = needed(fields, 4), needed(fields, 49)
    currency = CURRENCY_NUMBERS.get(number)
    if currency is None:
        raise MalformedMessage("49", f"currency {number} is not moved through the switch")
    return Money(int(minor), currency)


def read_code(fields: Mapping[int, str]) -> ResponseCode:
    code = response_code(needed(fields, 39))
    if code is None:
        raise MalformedMessage("39", "not a response code that we know")
    return code
