"""Months, volumes, amounts as text, and cells that no spreadsheet computes."""

from datetime import UTC, datetime

import pytest

from tael.kernel.money import CNY, PTS, Money
from tael.ledger import MovementKind
from tael.statements import rules
from tael.statements.rules import Month
from tael.statements.words import EN, ZH, Words


@pytest.mark.parametrize("text", ["2026-00", "2026-13", "26-11", "2026-1", "2026-11-01", "", "x"])
def test_what_names_no_month_is_none(text: str) -> None:
    assert Month.read(text) is None


def test_a_month_begins_and_ends_at_midnight_in_shanghai() -> None:
    december = Month(2026, 12)
    assert december.begins == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert december.ends == Month(2027, 1).begins == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert Month.read(str(december)) == december
    assert december.next.previous == december
    assert Month(2028, 2).last_day.day == 29


def test_months_reach_from_the_opening_to_now_and_not_beyond_the_limit() -> None:
    opened = datetime(2026, 9, 30, 16, tzinfo=UTC)
    now = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    assert rules.months(opened, now) == [Month(2026, 11), Month(2026, 10)]
    long_ago = datetime(1990, 1, 1, tzinfo=UTC)
    assert len(rules.months(long_ago, now)) == rules.MONTHS_MAX


@pytest.mark.parametrize(
    ("entries", "expected"), [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (100_000, 100)]
)
def test_volumes(entries: int, expected: int) -> None:
    assert rules.volumes(entries) == expected


@pytest.mark.parametrize(
    ("amount", "plain", "read"),
    [
        (Money(0, CNY), "0.00", "0.00"),
        (Money(5, CNY), "0.05", "0.05"),
        (Money(-123_456_789, CNY), "-1234567.89", "−1,234,567.89"),
        (Money(2**53 - 1, CNY), "90071992547409.91", "90,071,992,547,409.91"),
        (Money(12_345, PTS), "12345", "12,345"),
    ],
)
def test_amounts_are_text_without_a_fraction_lost(amount: Money, plain: str, read: str) -> None:
    assert rules.decimal(amount) == plain
    assert rules.grouped(amount) == read


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "＝1", "\ufeff=1", "\u3000＋1", "\n=1", "-"],
)
def test_what_would_begin_a_formula_is_made_text(text: str) -> None:
    assert rules.neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "牛肉面", "a=1", "1-2", "'=1", "AA 午饭"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert rules.neutral(text) == text


def test_an_account_shows_its_end_only() -> None:
    assert rules.account_text(100_042) == "000000100042"
    assert rules.account_masked(100_042) == "********0042"


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
def test_every_kind_of_movement_has_a_name_in_both_languages(words: Words) -> None:
    assert set(words.kinds) == set(MovementKind)
