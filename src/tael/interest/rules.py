"""What a day earns, when it is settled, and what of it can be paid: whole numbers only.

Interest is counted in units of a fen's 360-millionth part, because that makes a day's interest
a whole number whatever the balance and the rate are: balance in fen times rate in millionths a
year, for one day of a year of 360. So nothing is rounded before money is paid, and the sum of
any days is exactly what the formula over them gives.
"""

from datetime import date, timedelta
from typing import Final

DAYS_OF_YEAR: Final = 360
"""Act/360: days count as they are, a year as 360 of them."""
PPM: Final = 1_000_000
UNITS_PER_MINOR: Final = DAYS_OF_YEAR * PPM
"""How many units are one fen."""

SETTLED_ON: Final = 20
"""The day of a quarter's last month that ends what is paid; it is credited on the next."""
MONTHS_OF_QUARTER: Final = 3


def day_units(balance_minor: int, rate_ppm: int) -> int:
    """What a balance earns in one day, in units. What is below zero earns and costs nothing."""
    return max(0, balance_minor) * rate_ppm


def payable_minor(due_units: int) -> int:
    """The whole fen of what is due; the rest stays due and is paid when it makes a fen."""
    return max(0, due_units) // UNITS_PER_MINOR


def hundredths(due_units: int) -> int:
    """What is due in hundredths of a fen, four decimals of a yuan: rounded down, for showing."""
    return max(0, due_units) * 100 // UNITS_PER_MINOR


def is_settled(day: date) -> bool:
    """Whether this day is the last of what one settlement pays."""
    return day.day == SETTLED_ON and day.month % MONTHS_OF_QUARTER == 0


def next_settlement(day: date) -> date:
    """The first day on or after this one that ends a settlement."""
    month = -(-day.month // MONTHS_OF_QUARTER) * MONTHS_OF_QUARTER
    found = date(day.year, month, SETTLED_ON)
    if found >= day:
        return found
    over = month + MONTHS_OF_QUARTER
    return date(day.year + over // 13, (over - 1) % 12 + 1, SETTLED_ON)


def credited_on(settled: date) -> date:
    """The day from which the interest of a settlement is money."""
    return settled + timedelta(days=1)
