"""Names, resident ID numbers, ages and portraits."""

from datetime import date

import pytest

from tael.customers.errors import IdNumberInvalid, NameMalformed, PortraitMalformed, TooYoung
from tael.customers.people import Person, age, person, refuse_portrait, spelt

TODAY = date(2026, 3, 1)
WANG_ID = "110101199003070038"
JPEG = b"\xff\xd8\xff\xe0"
PNG = b"\x89PNG\r\n\x1a\n"


def with_check_digit(first_17: str) -> str:
    """GB 11643 worked by hand: weights 2^(18-i) mod 11."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(first_17))
    return first_17 + "10X98765432"[total % 11]


def test_the_standards_own_example_is_valid() -> None:
    # GB 11643-1999, annex: 11010519491231002X.
    assert person("王小明", "11010519491231002X", today=TODAY).birth_date == date(1949, 12, 31)


def test_a_name_and_number_get_one_form() -> None:
    shown = person("  王小明 ", "11010519491231002x", today=TODAY)  # full-width spaces
    assert shown == Person("王小明", "11010519491231002X")
    wide = "110105194912310０2X"
    assert person("王小明", wide, today=TODAY).id_number == "11010519491231002X"


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("", "length"),
        ("1101051949123100", "length"),
        ("110105194912310021", "check_digit"),
        ("11010519491231002Y", "characters"),
        ("A10105194912310021", "characters"),
        (with_check_digit("11010519491331002"), "birth_date"),
        (with_check_digit("11010519490230002"), "birth_date"),
        (with_check_digit("11010520260302002"), "birth_date"),
        (with_check_digit("99010519491231002"), "region"),
    ],
)
def test_a_wrong_number_is_refused_with_the_rule_it_breaks(number: str, why: str) -> None:
    with pytest.raises(IdNumberInvalid) as refused:
        person("王小明", number, today=TODAY)
    assert refused.value.details == {"why": why}


@pytest.mark.parametrize("place", [place for place in range(17) if place not in range(6, 14)])
def test_one_wrong_digit_anywhere_is_noticed(place: int) -> None:
    wrong = WANG_ID[:place] + str((int(WANG_ID[place]) + 1) % 10) + WANG_ID[place + 1 :]
    with pytest.raises(IdNumberInvalid):
        person("王小明", wrong, today=TODAY)


def test_eighteen_is_reached_on_the_birthday_of_the_business_day() -> None:
    number = with_check_digit("11010120080302003")
    with pytest.raises(TooYoung):
        person("王小明", number, today=date(2026, 3, 1))
    assert person("王小明", number, today=date(2026, 3, 2)).id_number == number


def test_a_leap_day_child_comes_of_age_on_the_first_of_march() -> None:
    assert age(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age(date(2008, 2, 29), date(2026, 3, 1)) == 18


@pytest.mark.parametrize(
    "name", ["王小明", "欧阳娜娜", "买买提·艾力", "Li Wei", "Anne-Marie O'Neil", "𠮷田", "Wang Jr."]
)
def test_names_as_cards_carry_them_are_taken(name: str) -> None:
    assert person(name, WANG_ID, today=TODAY).name == name


@pytest.mark.parametrize("dot", ["•", "・", "‧", "·"])
def test_the_dot_of_a_name_is_one_dot(dot: str) -> None:
    assert person(f"买买提{dot}艾力", WANG_ID, today=TODAY).name == "买买提·艾力"


@pytest.mark.parametrize(
    "name", ["", "王", "王" * 51, "王1明", "王<b>", "·王明", "王明·", "  ", "王\u202e明", "😀😀"]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(NameMalformed):
        person(name, WANG_ID, today=TODAY)


def test_spellings_of_one_name_compare_equal() -> None:
    one, other = spelt("ANNE-MARIE  O'NEIL", "x"), spelt("Anne Marie O’Neil", "x")
    assert one.comparable_name == other.comparable_name
    assert spelt("王小明", "x").comparable_name != spelt("王晓明", "x").comparable_name


def test_pictures_of_both_kinds_up_to_the_size_are_taken() -> None:
    refuse_portrait(JPEG)
    refuse_portrait(PNG + b"\0" * (300_000 - len(PNG)))


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (b"", "size"),
        (JPEG + b"\0" * 300_000, "size"),
        (b"GIF89a", "format"),
        (b"\xff\xd8", "format"),
    ],
)
def test_what_is_no_portrait_is_refused(picture: bytes, why: str) -> None:
    with pytest.raises(PortraitMalformed) as refused:
        refuse_portrait(picture)
    assert refused.value.details["why"] == why
