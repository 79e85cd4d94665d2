"""Passwords are refused for what they say, never for what they are made of; guessers wait."""

from datetime import UTC, datetime, timedelta

import pytest

from tael.staff.people import generate_password
from tael.staff.rules import normal_form, password_weakness, take_sign_in_try
from tael.staff.states import PasswordWeakness

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)


def weakness(password: str) -> PasswordWeakness | None:
    return password_weakness(normal_form(password), login="carla.w", name="Carla Weiss")


@pytest.mark.parametrize(
    "password",
    [
        "silver boats at noon",
        "河边两盏灯照着银色的船在正午时",
        "                x",
        "🐎🔋📎✅🐎🔋📎✅🌧🌤🐎🔋📎🌊🍵",
        "#?!$%&/()=^°<>|",
        "x" * 14 + "quiet hills",
        "a" + "bcdefgh jumble of words " * 5,
    ],
)
def test_any_characters_make_a_good_password(password: str) -> None:
    assert weakness(password) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("fourteen chars", PasswordWeakness.SHORT),
        ("é" * 14, PasswordWeakness.SHORT),
        ("long sentence " * 10, PasswordWeakness.LONG),
        ("silver boats\nat noon", PasswordWeakness.CONTROL),
        ("aaaaaaaaaaaaaaa", PasswordWeakness.COMMON),
        ("abcabcabcabcabc", PasswordWeakness.COMMON),
        ("123456789012345", PasswordWeakness.COMMON),
        ("password-password", PasswordWeakness.COMMON),
        ("Qwertyuiop12345", PasswordWeakness.COMMON),
        ("Welcome 2026 Welcome", PasswordWeakness.COMMON),
        ("correct horse battery staple", PasswordWeakness.COMMON),
        ("woaini-zhongguo-1314", PasswordWeakness.COMMON),
        ("Tael Bank Console 2026", PasswordWeakness.CONTEXT),
        ("carla.w.carla.w!", PasswordWeakness.CONTEXT),
        ("CarlaWeissPassword1234", PasswordWeakness.CONTEXT),
    ],
)
def test_what_everybody_would_guess_is_refused(password: str, why: PasswordWeakness) -> None:
    assert weakness(password) is why


def test_the_same_word_in_two_spellings_is_one_password() -> None:
    assert normal_form("ｓｉｌｖｅｒ") == normal_form("silver")
    assert normal_form("e\u0301") == normal_form("é")


def test_generated_passwords_are_taken_and_never_the_same() -> None:
    made = {generate_password() for _ in range(100)}
    assert len(made) == 100
    assert {weakness(password) for password in made} == {None}


def test_the_wait_doubles_to_an_hour_and_goes_on_for_ever() -> None:
    waits, tries, retry_at, now = [], 0, None, NOON
    for _ in range(14):
        after = take_sign_in_try(tries, retry_at, now, now)
        assert after is not None
        tries, retry_at = after.tries, after.retry_at
        waits.append(0 if retry_at is None else int((retry_at - now) / timedelta(minutes=1)))
        if retry_at is not None:
            assert take_sign_in_try(tries, retry_at, now, retry_at - timedelta(seconds=1)) is None
            now = retry_at
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_a_day_without_a_try_begins_afresh() -> None:
    after = take_sign_in_try(9, NOON, NOON, NOON + timedelta(days=1))
    assert after is not None
    assert (after.tries, after.retry_at) == (1, None)
