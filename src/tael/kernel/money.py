"""Money: an integer count of minor units, and the currency that gives it meaning.

There is no float and no Decimal in this module. A fraction of a minor unit cannot be
represented, so it cannot be lost: every division names its rounding, and `split`
hands out each unit exactly once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

MINOR_MAX: Final = 2**53 - 1
"""Largest amount we accept: JSON numbers stay exact in every client, and BIGINT has room."""


@dataclass(frozen=True, slots=True)
class Currency:
    """A unit of account (ISO 4217, or our own: points and fund shares are currencies too)."""

    code: str
    exponent: int  # Minor units per major unit, as a power of ten.


CNY: Final = Currency("CNY", 2)
PTS: Final = Currency("PTS", 0)
"""Loyalty points: never convertible by arithmetic, only by a movement in each currency."""

CURRENCIES: Final = {unit.code: unit for unit in (CNY, PTS)}


class Rounding(Enum):
    """Who gets the fraction. There is no default: the caller must say."""

    DOWN = "down"
    """Towards zero: for what we owe."""
    UP = "up"
    """Away from zero: for what is owed to us."""
    HALF_EVEN = "half_even"
    """Statistically neutral: for conversion."""


class CurrencyMismatch(TypeError):
    """Two currencies met in one sum. A bug in the caller, never a user's mistake."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency in minor units. Has no truth value: compare with zero."""

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        # A bool is an int, and `Money(True, CNY)` is always a slip.
        assert type(self.minor) is int, f"minor units are whole: {self.minor!r}"
        assert -MINOR_MAX <= self.minor <= MINOR_MAX, f"amount out of range: {self.minor}"

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same_currency(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        raise TypeError("compare with zero explicitly: money has no truth value")

    def basis_points(self, rate_bps: int, rounding: Rounding) -> "Money":
        """Take a share of this amount, e.g. a fee of 25 basis points."""
        return Money(_divide(self.minor * rate_bps, 10_000, rounding), self.currency)

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Share this amount by weight; the parts always sum to the whole.

        Leftover units go to the earliest parts with a weight, so the result depends only
        on the arguments and a receipt can be recomputed years later.
        """
        total = sum(weights)
        assert total > 0
        assert min(weights) >= 0
        sign = 1 if self.minor >= 0 else -1
        whole = abs(self.minor)
        parts = [whole * weight // total for weight in weights]
        leftover = whole - sum(parts)
        for index, weight in enumerate(weights):
            if leftover and weight:
                parts[index] += 1
                leftover -= 1
        assert sum(parts) == whole
        return [Money(sign * part, self.currency) for part in parts]

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency.code} is not {other.currency.code}")


def _divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Divide whole numbers, rounding the magnitude as the caller asked."""
    assert denominator > 0
    quotient, remainder = divmod(abs(numerator), denominator)
    match rounding:
        case Rounding.DOWN:
            bump = False
        case Rounding.UP:
            bump = remainder > 0
        case Rounding.HALF_EVEN:
            bump = 2 * remainder > denominator or (
                2 * remainder == denominator and quotient % 2 == 1
            )
    magnitude = quotient + bump
    return magnitude if numerator >= 0 else -magnitude
