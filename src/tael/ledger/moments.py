"""Moments that people ask about: a business day to its end, or an instant."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias

from tael.kernel.clock import SHANGHAI

Moment: TypeAlias = date | datetime
"""A business day, to its last instant; or an instant, itself included."""

DAY_GRACE: Final = timedelta(minutes=2)
"""How long after its last instant a day counts as over: no transaction lives longer, so what was
posted before midnight has been written by then. What comes all the same is late, and told so."""

_FINEST: Final = timedelta(microseconds=1)
"""The finest step of time that is stored."""


def day_starts(day: date) -> datetime:
    """The first instant of a business day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def day_ends(day: date) -> datetime:
    """The last instant of a business day, in UTC."""
    return day_starts(day + timedelta(days=1)) - _FINEST


def instant_of(moment: Moment) -> datetime:
    """The last instant that a moment includes."""
    if isinstance(moment, datetime):
        assert moment.tzinfo is not None, "an instant has a time zone"
        return moment
    return day_ends(moment)
