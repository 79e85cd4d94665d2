"""Months, volumes and texts of a statement: pure decisions."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tael.kernel.clock import SHANGHAI, business_day
from tael.kernel.money import Money

MONTHS_MAX: Final = 120
"""How far back statements reach: ten years."""

VOLUME_ENTRIES: Final = 1_000
"""The entries of one printed volume. Typesetting takes memory by the page; a volume's is small."""

_MONTH: Final = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")
_DECEMBER: Final = 12
_BEGINS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_SHOWN_DIGITS: Final = 4
_ACCOUNT_DIGITS: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of the bank: of Shanghai."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that a day is in."""
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> "Month | None":
        """`2026-11`; None for what names no month."""
        found = _MONTH.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first_day(self) -> date:
        """The first of the month."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> "Month":
        """The month after."""
        late = self.number == _DECEMBER
        return Month(self.year + 1, 1) if late else Month(self.year, self.number + 1)

    @property
    def previous(self) -> "Month":
        """The month before."""
        early = self.number == 1
        return Month(self.year - 1, _DECEMBER) if early else Month(self.year, self.number - 1)

    @property
    def begins(self) -> datetime:
        """The first instant of the month, in Shanghai."""
        return datetime(self.year, self.number, 1, tzinfo=SHANGHAI)

    @property
    def ends(self) -> datetime:
        """The first instant of the next month, in Shanghai."""
        return self.next.begins


def months(opened: datetime, now: datetime) -> list[Month]:
    """The months of a wallet since it was opened, the newest first, at most ten years back."""
    first, month = Month.of(business_day(opened)), Month.of(business_day(now))
    found: list[Month] = []
    while month >= first and len(found) < MONTHS_MAX:
        found.append(month)
        month = month.previous
    return found


def volumes(entries: int) -> int:
    """Into how many printed volumes so many entries go; a month without entries has one."""
    return max(1, -(-entries // VOLUME_ENTRIES))


def decimal(amount: Money) -> str:
    """The amount as decimal digits with a point and no grouping: whole-number arithmetic."""
    exponent = amount.currency.exponent
    whole, part = divmod(abs(amount.minor), 10**exponent)
    sign = "-" if amount.minor < 0 else ""
    return f"{sign}{whole}.{part:0{exponent}}" if exponent else f"{sign}{whole}"


def grouped(amount: Money) -> str:
    """The amount as people read it, thousands apart."""
    whole, point, part = decimal(amount).lstrip("-").partition(".")
    sign = "−" if amount.minor < 0 else ""
    return f"{sign}{int(whole):,}{point}{part}"


def neutral(text: str) -> str:
    """A text of somebody else's that no spreadsheet takes for a formula (OWASP, CSV injection).

    What would begin one gets an apostrophe before it, which spreadsheets do not show.
    """
    bare = text.lstrip(" \u3000\u00a0\ufeff")
    return f"'{text}" if bare.startswith(_BEGINS_A_FORMULA) else text


def account_text(number: int) -> str:
    """The wallet's account number as documents carry it."""
    return f"{number:0{_ACCOUNT_DIGITS}}"


def account_masked(number: int) -> str:
    """The same, of which only the end is shown."""
    text = account_text(number)
    return "*" * (len(text) - _SHOWN_DIGITS) + text[-_SHOWN_DIGITS:]
