"""Laws of interest: by days or at once, paid when it may be, nothing of it is lost or made."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tael.interest.rules import (
    UNITS_PER_MINOR,
    credited_on,
    day_units,
    hundredths,
    is_settled,
    next_settlement,
    payable_minor,
)

balances = st.integers(0, 10**12)
rates = st.integers(0, 100_000)
days = st.dates(date(2026, 1, 1), date(2200, 1, 1))


@given(balances, rates, st.integers(1, 400))
def test_days_add_up_to_the_closed_form(balance: int, rate_ppm: int, count: int) -> None:
    units = sum(day_units(balance, rate_ppm) for _ in range(count))
    assert payable_minor(units) == balance * rate_ppm * count // (360 * 1_000_000)
    assert units * 360 * 1_000_000 == balance * rate_ppm * count * UNITS_PER_MINOR


@given(st.lists(st.tuples(balances, rates, st.booleans()), max_size=60))
def test_what_is_paid_and_what_stays_due_is_what_accrued(
    told: list[tuple[int, int, bool]],
) -> None:
    accrued = paid = 0
    for balance, rate_ppm, settles in told:
        accrued += day_units(balance, rate_ppm)
        if settles:
            paid += payable_minor(accrued - paid * UNITS_PER_MINOR)
            assert 0 <= accrued - paid * UNITS_PER_MINOR < UNITS_PER_MINOR
    assert paid <= payable_minor(accrued)
    if told and told[-1][2]:
        assert paid == payable_minor(accrued), "however often it was paid in between"


@given(st.integers(-(10**15), 10**15))
def test_what_is_shown_is_never_more_than_is_due(units: int) -> None:
    assert hundredths(units) * UNITS_PER_MINOR <= max(0, units) * 100
    assert payable_minor(units) == hundredths(units) // 100


@given(days)
def test_every_day_is_in_exactly_one_settlement(day: date) -> None:
    settled = next_settlement(day)
    assert is_settled(settled)
    assert day <= settled < day + timedelta(days=93)
    assert not any(is_settled(day + timedelta(days=n)) for n in range((settled - day).days))
    assert next_settlement(credited_on(settled)) > settled
