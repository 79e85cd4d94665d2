"""What a day earns and when it is paid."""

from datetime import date, timedelta

import pytest

from tael.interest import rules
from tael.interest.rate_table import RatesInvalid, load_rates, parse_rates


def test_the_published_example_holds_to_the_fen() -> None:
    units = sum(rules.day_units(10_000_00, 500) for _ in range(90))
    assert rules.payable_minor(units) == 1_25
    assert units == 1_25 * rules.UNITS_PER_MINOR, "exactly, without any rounding"


def test_a_part_of_a_fen_is_shown_and_not_paid() -> None:
    units = rules.day_units(10_000_00, 500)
    assert rules.payable_minor(units) == 1
    assert rules.hundredths(units) == 138


def test_what_is_below_zero_earns_nothing_and_pays_nothing() -> None:
    assert rules.day_units(-5, 500) == 0
    assert rules.payable_minor(-1) == 0
    assert rules.hundredths(-1) == 0


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        (date(2026, 1, 1), date(2026, 3, 20)),
        (date(2026, 3, 20), date(2026, 3, 20)),
        (date(2026, 3, 21), date(2026, 6, 20)),
        (date(2026, 12, 20), date(2026, 12, 20)),
        (date(2026, 12, 21), date(2027, 3, 20)),
        (date(2028, 2, 29), date(2028, 3, 20)),
    ],
)
def test_a_quarter_is_settled_on_the_20th_and_credited_on_the_21st(
    day: date, settled: date
) -> None:
    assert rules.next_settlement(day) == settled
    assert rules.is_settled(settled)
    assert rules.credited_on(settled) == settled + timedelta(days=1)


def test_the_rate_is_the_one_in_force_on_the_day() -> None:
    table = parse_rates(
        "[[rates]]\neffective_from = 2026-01-01\nrate_ppm = 500\n"
        "[[rates]]\neffective_from = 2026-07-01\nrate_ppm = 400\n"
    )
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1))
    assert [table.ppm_on(day) for day in days] == [0, 500, 500, 400]


def test_the_packaged_rates_make_sense_and_say_what_is_not_confirmed() -> None:
    table = load_rates()
    block = table.on(date(2026, 11, 22))
    assert table.first_day == date(2026, 1, 1)
    assert block is not None
    assert block.unverified == {"rate_ppm"}
    assert table.on(date(2025, 12, 31)) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "the file holds"),
        ("rates = []", "there is no block"),
        ("[[rates]]\nrate_ppm = 1", "effective_from"),
        ("[[rates]]\neffective_from = 2026-01-01", "rate_ppm"),
        ("[[rates]]\neffective_from = 2026-01-01\nrate_ppm = 0.5", "rate_ppm"),
        ("[[rates]]\neffective_from = 2026-01-01\nrate_ppm = 200000", "rate_ppm"),
        ("[[rates]]\neffective_from = 2026-01-01\nrate_ppm = 1\nfloor = 1", "floor"),
        ("[[rates]]\neffective_from = 2026-01-01\nrate_ppm = 1\nunverified = ['x']", "unverified"),
        (
            (
                "[[rates]]\neffective_from = 2026-02-01\nrate_ppm = 1\n"
                "[[rates]]\neffective_from = 2026-01-01\nrate_ppm = 1"
            ),
            "must rise",
        ),
        ("rates = [1]", "a table is needed"),
        ("not toml", "Expected"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_the_place(text: str, place: str) -> None:
    with pytest.raises(RatesInvalid, match=place):
        parse_rates(text)
