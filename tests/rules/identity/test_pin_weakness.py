"""Which PINs are too easy to guess, and what the customer is told about it."""

from datetime import date

import pytest

from tael.identity.rules import PinFacts, pin_weakness
from tael.identity.states import PinWeakness

NOBODY = PinFacts(phone="+8613800001234")
SOMEBODY = PinFacts(
    phone="+8613912345978", id_number="11010119900307759X", birth_date=date(1990, 3, 7)
)


@pytest.mark.parametrize("pin", ["111111", "000000", "888898", "588888", "122222"])
def test_one_digit_in_five_or_six_places_is_a_repeat(pin: str) -> None:
    assert pin_weakness(pin, NOBODY) is PinWeakness.REPEAT


@pytest.mark.parametrize("pin", ["123456", "654321", "012345", "456789", "890123", "210987"])
def test_counting_up_or_down_is_a_run(pin: str) -> None:
    assert pin_weakness(pin, NOBODY) is PinWeakness.RUN


@pytest.mark.parametrize(
    "pin",
    ["112233", "778899", "225588", "123123", "121212", "123321", "111222", "135791", "975319"],
)
def test_doubles_halves_mirrors_and_even_steps_are_patterns(pin: str) -> None:
    assert pin_weakness(pin, NOBODY) is PinWeakness.PATTERN


@pytest.mark.parametrize("pin", ["147258", "159753", "520131", "110120", "142857", "789456"])
def test_what_many_people_choose_is_common(pin: str) -> None:
    assert pin_weakness(pin, NOBODY) is PinWeakness.COMMON


@pytest.mark.parametrize(
    "pin",
    ["900307", "900703", "030790", "070390", "039007", "199003", "031990", "199037", "371990"],
)
def test_each_way_to_write_the_birthday_is_refused(pin: str) -> None:
    assert pin_weakness(pin, SOMEBODY) is PinWeakness.BIRTHDAY
    assert pin_weakness(pin, NOBODY) is not PinWeakness.BIRTHDAY


@pytest.mark.parametrize("pin", ["345978", "912345", "391234"])
def test_six_digits_of_the_phone_number_are_refused(pin: str) -> None:
    assert pin_weakness(pin, SOMEBODY) is PinWeakness.PHONE


@pytest.mark.parametrize("pin", ["307759", "110101", "101199"])
def test_six_digits_of_the_identity_number_are_refused(pin: str) -> None:
    assert pin_weakness(pin, SOMEBODY) in {PinWeakness.ID_NUMBER, PinWeakness.PATTERN}


def test_the_tail_of_an_identity_number_that_ends_in_x_is_its_digits_before() -> None:
    assert pin_weakness("307759", SOMEBODY) is PinWeakness.ID_NUMBER


@pytest.mark.parametrize("pin", ["804219", "730582", "926140"])
def test_a_pin_without_a_reason_against_it_passes(pin: str) -> None:
    assert pin_weakness(pin, SOMEBODY) is None


def test_a_date_of_two_digits_each_is_written_in_full_only() -> None:
    christmas = PinFacts(phone="+8613912345978", birth_date=date(1990, 12, 25))
    assert pin_weakness("901225", christmas) is PinWeakness.BIRTHDAY
    assert pin_weakness("199012", christmas) is PinWeakness.BIRTHDAY
    assert pin_weakness("804219", christmas) is None
