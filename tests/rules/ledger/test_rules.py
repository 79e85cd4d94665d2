"""Decisions about debits and holds."""

from datetime import timedelta

import pytest

from factories.ledger import NOON
from tael.ledger import rules
from tael.ledger.errors import HoldExpired, HoldNotOpen
from tael.ledger.states import HOLD_TRANSITIONS, HoldState

LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("available", "floor", "amount", "short_by"),
    [
        (100, 0, 100, 0),
        (100, 0, 101, 1),
        (0, 0, 1, 1),
        (100, 50, 51, 1),
        (-10, -20, 10, 0),
        (-10, -20, 11, 1),
        (-1_000, None, 10**12, 0),
    ],
)
def test_an_account_is_short_by_what_would_take_it_below_its_floor(
    available: int, floor: int | None, amount: int, short_by: int
) -> None:
    assert rules.short_by_minor(available=available, floor=floor, amount=amount) == short_by


def test_a_pending_hold_is_due_from_its_deadline_on() -> None:
    assert not rules.is_due(HoldState.PENDING, LATER, NOON)
    assert rules.is_due(HoldState.PENDING, NOON, NOON)
    assert rules.is_due(HoldState.PENDING, NOON, LATER)


@pytest.mark.parametrize("state", [HoldState.POSTED, HoldState.VOIDED, HoldState.EXPIRED])
def test_a_hold_that_ended_is_never_due(state: HoldState) -> None:
    assert not rules.is_due(state, NOON, LATER)


def test_a_pending_hold_can_end_until_its_deadline() -> None:
    assert rules.refuses_end(HoldState.PENDING, LATER, NOON) is None
    assert isinstance(rules.refuses_end(HoldState.PENDING, NOON, NOON), HoldExpired)


def test_an_expired_hold_says_so() -> None:
    assert isinstance(rules.refuses_end(HoldState.EXPIRED, LATER, NOON), HoldExpired)


@pytest.mark.parametrize("state", [HoldState.POSTED, HoldState.VOIDED])
def test_a_hold_ends_once(state: HoldState) -> None:
    refusal = rules.refuses_end(state, LATER, NOON)
    assert isinstance(refusal, HoldNotOpen)
    assert refusal.details == {"state": state.value}


@pytest.mark.parametrize(("capture", "excess"), [(1, 0), (60, 0), (61, 1)])
def test_a_capture_takes_no_more_than_is_left(capture: int, excess: int) -> None:
    assert rules.exceeds_hold_by_minor(left=60, capture=capture) == excess


def test_what_was_taken_of_a_hold_stays_taken_when_the_rest_is_given_up() -> None:
    assert rules.ended_by_void(0) is HoldState.VOIDED
    assert rules.ended_by_void(1) is HoldState.POSTED


def test_to_capture_nothing_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        rules.exceeds_hold_by_minor(left=60, capture=0)


def test_only_pending_leads_anywhere() -> None:
    assert set(HOLD_TRANSITIONS) == set(HoldState)
    assert [state for state, following in HOLD_TRANSITIONS.items() if following] == [
        HoldState.PENDING
    ]
