"""Money: whole minor units of one currency; who gets the fraction is always said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.kernel.money import CNY, MINOR_MAX, PTS, CurrencyMismatch, Money, Rounding

minors = st.integers(min_value=-(10**15), max_value=10**15)
rates = st.integers(min_value=0, max_value=10_000)


@given(minors, rates)
def test_a_share_is_the_exact_fraction_rounded_as_was_asked(minor: int, rate: int) -> None:
    """Held by whole numbers alone: a float would lose fen above 2**53 / 10,000."""
    exact = abs(minor) * rate
    amount = Money(minor, CNY)
    down = abs(amount.basis_points(rate, Rounding.DOWN).minor)
    up = abs(amount.basis_points(rate, Rounding.UP).minor)
    even = abs(amount.basis_points(rate, Rounding.HALF_EVEN).minor)
    assert down * 10_000 <= exact < (down + 1) * 10_000
    assert (up - 1) * 10_000 < exact <= up * 10_000
    assert abs(even * 10_000 - exact) <= 5_000
    if abs(even * 10_000 - exact) == 5_000:
        assert even % 2 == 0


@given(minors, st.lists(st.integers(min_value=0, max_value=1_000), min_size=1, max_size=9))
def test_parts_sum_to_the_whole_and_the_earliest_get_what_is_left(
    minor: int, weights: list[int]
) -> None:
    if not sum(weights):
        return
    parts = [part.minor for part in Money(minor, CNY).split(weights)]
    assert sum(parts) == minor
    exact = [abs(minor) * weight // sum(weights) for weight in weights]
    more = [abs(part) - least for part, least in zip(parts, exact, strict=True)]
    assert set(more) <= {0, 1}
    weighted = [m for m, weight in zip(more, weights, strict=True) if weight]
    assert weighted == sorted(weighted, reverse=True)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


def test_two_currencies_never_meet_in_one_sum() -> None:
    for meet in (Money.__add__, Money.__sub__, Money.__lt__, Money.__le__):
        with pytest.raises(CurrencyMismatch):
            meet(Money(1, CNY), Money(1, PTS))
    assert Money(1, CNY) != Money(1, PTS)


@pytest.mark.parametrize("minor", [1.0, True, "1", MINOR_MAX + 1, -MINOR_MAX - 1])
def test_what_is_no_count_of_minor_units_is_a_bug(minor: object) -> None:
    with pytest.raises(AssertionError):
        Money(minor, CNY)  # type: ignore[arg-type]  # what must never come
    with pytest.raises(TypeError):
        bool(Money(0, CNY))
