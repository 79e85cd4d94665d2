"""Laws of tries and authorisations: they hold for every course of events."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tael.identity.rules import (
    PIN_LOCK,
    PIN_TRIES,
    AuthorisationTerms,
    PinFacts,
    pin_weakness,
    take_pin_try,
)
from tael.kernel.money import CNY, PTS, Money

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)

texts = st.sampled_from(["", "a", "b", "ab", '","']) | st.text(max_size=12)
terms = st.builds(
    AuthorisationTerms,
    texts,
    texts,
    st.builds(Money, st.integers(0, 10**6), st.sampled_from([CNY, PTS])),
    texts,
)
pins = st.integers(0, 999_999).map("{:06}".format)


@given(terms, terms)
def test_two_acts_have_one_digest_only_if_they_are_the_same(
    first: AuthorisationTerms, second: AuthorisationTerms
) -> None:
    assert (first.digest() == second.digest()) == (first == second)


@given(terms, terms, st.sampled_from([field.name for field in fields(AuthorisationTerms)]))
def test_an_act_that_differs_in_one_thing_alone_has_another_digest(
    act: AuthorisationTerms, other: AuthorisationTerms, name: str
) -> None:
    """Acts drawn at random differ in everything, and would not notice a thing left out."""
    near = replace(act, **{name: getattr(other, name)})
    assert (near.digest() == act.digest()) == (near == act)


@given(st.lists(st.integers(0, 26 * 3600), max_size=60))
def test_wrong_guesses_never_come_faster_than_five_a_day(pauses_s: list[int]) -> None:
    """Whatever the pauses, no sixth guess is looked at within a day of the five before."""
    tries, locked_until, now = 0, None, START
    looked_at: list[datetime] = []
    for pause_s in pauses_s:
        now += timedelta(seconds=pause_s)
        taken = take_pin_try(tries, locked_until, now)
        if taken is not None:
            tries, locked_until = taken.tries, taken.locked_until
            looked_at.append(now)
    for fifth in range(PIN_TRIES - 1, len(looked_at) - 1, PIN_TRIES):
        assert looked_at[fifth + 1] - looked_at[fifth] >= PIN_LOCK


@given(st.lists(st.booleans(), max_size=40))
def test_the_counter_stays_in_its_range_and_locks_exactly_at_its_end(right: list[bool]) -> None:
    tries: int = 0
    locked_until: datetime | None = None
    for hit in right:
        taken = take_pin_try(tries, locked_until, START)
        if taken is None:
            assert tries == PIN_TRIES
            continue
        tries, locked_until = (0, None) if hit else (taken.tries, taken.locked_until)
        assert 0 <= tries <= PIN_TRIES
        assert (tries == PIN_TRIES) == (locked_until is not None)


@given(pins, st.dates(date(1920, 1, 1), date(2020, 12, 31)))
def test_knowing_more_of_a_person_only_ever_forbids_more(pin: str, born: date) -> None:
    stranger = PinFacts(phone="+8613800001234")
    known = PinFacts(phone="+8613800001234", id_number=f"110101{born:%Y%m%d}003X", birth_date=born)
    if pin_weakness(pin, stranger) is not None:
        assert pin_weakness(pin, known) is not None


def test_most_pins_are_free_to_choose() -> None:
    """The blocklist takes the guessable few, not the customer's freedom."""
    nobody = PinFacts(phone="+8613800001234")
    weak = sum(pin_weakness(f"{pin:06}", nobody) is not None for pin in range(0, 1_000_000, 7))
    assert weak / (1_000_000 / 7) < 0.01
