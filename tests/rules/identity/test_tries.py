"""Tries of PINs and codes are few, and counted before anything is compared."""

from datetime import UTC, datetime, timedelta

import pytest

from tael.identity.rules import (
    CODE_LIFE,
    CODE_TRIES,
    PIN_LOCK,
    PIN_TRIES,
    CodeState,
    PinTry,
    code_fault,
    take_pin_try,
)
from tael.identity.states import CodeFault

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def test_five_tries_then_a_lock_of_a_day() -> None:
    taken = PinTry(0, None)
    for number in range(1, PIN_TRIES + 1):
        after = take_pin_try(taken.tries, taken.locked_until, NOW)
        assert after is not None
        assert after.tries == number
        taken = after
    assert taken.locked_until == NOW + PIN_LOCK
    assert take_pin_try(taken.tries, taken.locked_until, NOW) is None
    last = NOW + PIN_LOCK - timedelta(seconds=1)
    assert take_pin_try(taken.tries, taken.locked_until, last) is None


def test_after_the_lock_the_count_begins_anew() -> None:
    assert take_pin_try(PIN_TRIES, NOW, NOW) == PinTry(1, None)


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        (None, CodeFault.UNKNOWN),
        (CodeState(NOW + CODE_LIFE, 0, NOW, None), CodeFault.USED),
        (CodeState(NOW + CODE_LIFE, 0, None, NOW), CodeFault.REPLACED),
        (CodeState(NOW, 0, None, None), CodeFault.EXPIRED),
        (CodeState(NOW + CODE_LIFE, CODE_TRIES, None, None), CodeFault.TRIED_OUT),
        (CodeState(NOW + CODE_LIFE, CODE_TRIES - 1, None, None), None),
    ],
)
def test_a_code_counts_until_used_replaced_expired_or_tried_out(
    state: CodeState | None, fault: CodeFault | None
) -> None:
    assert code_fault(state, NOW) is fault
