"""The dated file of limits: which block holds when, and what is refused at start."""

from datetime import date
from pathlib import Path

import pytest

from tael.customers.caps import NO_CAP
from tael.customers.limit_table import LimitsInvalid, load_limits, parse_limits
from tael.customers.states import WalletClass

BLOCK = """
[[limits]]
effective_from = {since}
static_code_day_fen = 500_00
static_code_cards_day_fen = 500_00
retention_years = 10
[limits.class_1]
interest = true
[limits.class_2]
balance_fen = 900_00
interest = true
[limits.class_3]
day_fen = {day}
interest = true
balance_fen = 800_00
[limits.class_4]
per_payment_fen = 10_00
day_fen = 20_00
balance_fen = 700_00
interest = false
"""
NOW = BLOCK.format(since="2026-01-01", day="100_00")
LATER = BLOCK.format(since="2026-07-01", day="200_00")


def test_a_block_holds_from_its_day_until_the_next_one() -> None:
    table = parse_limits(NOW + LATER)
    assert table.on(date(2026, 6, 30)).classes[WalletClass.ID_PROVEN].day == 100_00
    assert table.on(date(2026, 7, 1)).classes[WalletClass.ID_PROVEN].day == 200_00
    assert table.on(date(2099, 1, 1)).classes[WalletClass.ID_PROVEN].day == 200_00


def test_a_day_before_all_blocks_takes_the_first() -> None:
    assert parse_limits(NOW).on(date(2020, 1, 1)).effective_from == date(2026, 1, 1)


def test_what_is_left_out_has_no_cap() -> None:
    caps = parse_limits(NOW).on(date(2026, 2, 1)).classes[WalletClass.FACE_TO_FACE]
    assert caps.per_payment == caps.day == caps.year == caps.balance == NO_CAP


def test_the_packaged_figures_are_those_of_the_rules() -> None:
    block = load_limits().on(date(2026, 3, 1))
    four, three, two = (
        block.classes[number]
        for number in (WalletClass.PHONE_ONLY, WalletClass.ID_PROVEN, WalletClass.CARD_PROVEN)
    )
    assert (four.per_payment, four.day, four.year, four.balance) == (
        2_000_00, 5_000_00, 50_000_00, 10_000_00,
    )  # fmt: skip
    assert (three.per_payment, three.day, three.year, three.balance) == (
        5_000_00, 10_000_00, NO_CAP, 20_000_00,
    )  # fmt: skip
    assert (two.per_payment, two.day, two.year, two.balance) == (
        50_000_00, 100_000_00, NO_CAP, 500_000_00,
    )  # fmt: skip
    assert not four.interest
    assert three.interest


def test_the_packaged_file_marks_what_no_rule_confirms() -> None:
    unverified = load_limits().on(date(2026, 3, 1)).unverified
    assert {"class_3.per_payment_fen", "class_3.day_fen"} <= unverified


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "limits"),
        ("limits = []", "no block"),
        ("[[limits]", ""),
        (LATER + NOW, "effective_from must rise"),
        (NOW + NOW, "effective_from must rise"),
        (NOW.replace("2026-01-01", '"2026-01-01"'), "limits[0].effective_from"),
        (NOW.replace("2026-01-01", "2026-01-01T00:00:00"), "limits[0].effective_from"),
        (NOW.replace("100_00", "100.0"), "limits[0].class_3.day_fen"),
        (NOW.replace("100_00", "0"), "limits[0].class_3.day_fen"),
        (NOW.replace("100_00", "-1"), "limits[0].class_3.day_fen"),
        (NOW.replace("100_00", "true"), "limits[0].class_3.day_fen"),
        (NOW.replace("day_fen = 100_00", "daily_fen = 100_00"), "limits[0].class_3.daily_fen"),
        (NOW.replace("day_fen = 20_00", "day_fen = 9_00"), "per payment ≤ day ≤ year"),
        (
            NOW.replace("balance_fen = 800_00", "balance_fen = 600_00"),
            "class 3 has a lower balance",
        ),
        (NOW.replace("retention_years = 10", "retention_years = 0"), "retention_years"),
        (NOW.replace("interest = false", "interest = 0"), "limits[0].class_4.interest"),
        (NOW.replace("[limits.class_4]", "[limits.class_5]"), "class_5"),
        (NOW.replace("retention_years = 10", 'retention_years = 10\nunverified = ["x"]'), "x"),
        (NOW.replace("retention_years = 10", "retention_years = 10\nunverified = 3"), "unverified"),
        (NOW + "[other]\n", "[[limits]] blocks"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(LimitsInvalid) as refused:
        parse_limits(text)
    assert place in str(refused.value)


def test_a_missing_class_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(NOW[: NOW.index("[limits.class_4]")], encoding="utf-8")
    with pytest.raises(LimitsInvalid, match="class_4"):
        load_limits(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(LimitsInvalid, match=r"nowhere\.toml"):
        load_limits(tmp_path / "nowhere.toml")
