"""What a day's differences mean."""

from datetime import date
from uuid import UUID

import pytest

from tael.settlement import rules
from tael.settlement.rules import Difference, OpenBreak
from tael.settlement.states import BREAK_CHANGES, BreakId, BreakState, BreakType


def found(reference: str, file: int, booked: int) -> Difference:
    return Difference(
        type=BreakType.MISSING_HERE,
        reference=reference,
        line=1,
        sequence=None,
        file_effect=file,
        booked_effect=booked,
    )


def earlier(number: int, reference: str, difference: int) -> OpenBreak:
    return OpenBreak(BreakId(UUID(int=number)), reference, difference)


def test_a_difference_takes_back_an_earlier_one_of_its_reference_to_exactly_zero() -> None:
    breaks = [earlier(1, "a", -100), earlier(2, "b", -100), earlier(3, "c", -99)]
    judged = rules.judge([found("a", 100, 0), found("c", 100, 0), found("d", 100, 0)], breaks)
    assert [each.takes_back for each in judged] == [BreakId(UUID(int=1)), None, None]
    assert [each.type for each in judged] == [
        BreakType.LATE,
        BreakType.MISSING_HERE,
        BreakType.MISSING_HERE,
    ]


def test_each_earlier_break_is_taken_back_once_and_the_oldest_first() -> None:
    breaks = [earlier(1, "a", 50), earlier(2, "a", 50)]
    judged = rules.judge([found("a", 0, 50), found("a", 0, 50), found("a", 0, 50)], breaks)
    taken = [each.takes_back for each in judged]
    assert taken == [BreakId(UUID(int=1)), BreakId(UUID(int=2)), None]


@pytest.mark.parametrize(
    ("file", "booked", "corrected", "differences", "expected"),
    [
        (0, 0, 0, [], True),
        (100, 90, 0, [10], True),
        (100, 90, 0, [], False),
        (100, 120, 20, [], True),
        (100, 120, 0, [], False),
        (-100, 0, 50, [-50], True),
    ],
)
def test_the_proof(
    file: int, booked: int, corrected: int, differences: list[int], expected: bool
) -> None:
    assert expected is rules.proven(
        file_net=file, booked_net=booked, corrected_net=corrected, differences=differences
    )


def test_a_break_is_as_old_as_the_days_since_the_one_after_its_own() -> None:
    day = date(2026, 11, 22)
    assert [rules.age_days(day, date(2026, 11, n)) for n in (22, 23, 24, 30)] == [0, 0, 1, 7]


def test_only_an_open_break_changes() -> None:
    assert set(BREAK_CHANGES) == set(BreakState)
    assert [state for state, onward in BREAK_CHANGES.items() if onward] == [BreakState.OPEN]
