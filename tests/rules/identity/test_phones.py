"""A phone number has one spelling, and is shown masked."""

import pytest

from tael.identity import Phone, PhoneInvalid


@pytest.mark.parametrize(
    "text",
    ["13800001234", "138 0000 1234", "138-0000-1234", "+8613800001234", "008613800001234"],
)
def test_however_it_is_typed_a_number_is_the_same(text: str) -> None:
    assert Phone.parse(text) == Phone("+8613800001234")


def test_foreign_mobiles_are_allowed_with_their_prefix() -> None:
    assert Phone.parse("+852 6123 4567").e164 == "+85261234567"


@pytest.mark.parametrize(
    "text", ["", "110", "10000000000", "02112345678", "+86", "abc", "1" * 33, "13800001234 ext 5"]
)
def test_what_receives_no_code_is_refused(text: str) -> None:
    with pytest.raises(PhoneInvalid):
        Phone.parse(text)


def test_no_repr_shows_a_number() -> None:
    phone = Phone.parse("13800001234")
    assert "13800001234" not in repr(phone)
    assert phone.masked == "138****1234"
