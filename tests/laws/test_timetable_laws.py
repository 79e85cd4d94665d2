"""Timetables: days rise, none is skipped, none comes twice, months keep their day."""

import calendar
import itertools
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tael.transfers import Every, Timetable

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


def days_of(timetable: Timetable, count: int) -> list[date]:
    """The first days of a timetable, one after the other."""
    found: list[date] = []
    day: date | None = timetable.first_on
    while day is not None and len(found) < count:
        found.append(day)
        day = timetable.following(day)
    return found


@given(first=DAYS, every=st.sampled_from(Every))
def test_days_rise_and_begin_with_the_first(first: date, every: Every) -> None:
    days = days_of(Timetable(every, first, None), 40)
    assert days[0] == first
    assert days == sorted(set(days))
    assert len(days) == (1 if every is Every.ONCE else 40)


@given(first=DAYS)
def test_a_month_has_its_day_or_its_last(first: date) -> None:
    days = days_of(Timetable(Every.MONTH, first, None), 40)
    months = [day.year * 12 + day.month for day in days]
    assert months == list(range(months[0], months[0] + 40)), "a month was skipped or came twice"
    for day in days:
        _, length = calendar.monthrange(day.year, day.month)
        assert day.day == min(first.day, length)


@given(first=DAYS)
def test_weeks_are_seven_days_apart(first: date) -> None:
    days = days_of(Timetable(Every.WEEK, first, None), 20)
    assert {later - day for day, later in itertools.pairwise(days)} == {timedelta(days=7)}


@given(first=DAYS, every=st.sampled_from(Every), length=st.integers(0, 400), asked=DAYS)
def test_what_follows_any_day_is_the_next_of_the_timetable(
    first: date, every: Every, length: int, asked: date
) -> None:
    last = None if every is Every.ONCE else first + timedelta(days=length)
    timetable = Timetable(every, first, last)
    later = [day for day in days_of(timetable, 100) if day > asked]
    found = timetable.following(asked)
    if later:
        assert found == later[0]
    elif last is not None:
        assert found is None
