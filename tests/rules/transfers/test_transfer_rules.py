"""New payees, receive codes and memos."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.kernel.money import CNY, Money
from tael.transfers import errors
from tael.transfers.cooling import PACKAGED, cooling_at, load_cooling
from tael.transfers.rules import (
    MEMO_LENGTH_MAX,
    Acquaintance,
    ReceiveCode,
    clean_memo,
    refuses_new_payee,
    refuses_receive_code,
    serves_again,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
COOLING = cooling_at(NOW)
PAYEE = uuid4()


def yuan(amount: int) -> Money:
    return Money(amount * 100, CNY)


def known(first: timedelta, sent: int) -> Acquaintance:
    return Acquaintance(NOW - first, yuan(sent))


@pytest.mark.parametrize(
    ("acquaintance", "amount", "left"),
    [
        (None, 5_000, None),
        (None, 5_001, 5_000),
        (known(timedelta(hours=1), 4_000), 1_000, None),
        (known(timedelta(hours=1), 4_000), 1_001, 1_000),
        (known(timedelta(hours=1), 5_000), 1, 0),
        (known(timedelta(hours=2), 5_000), 50_000, None),
    ],
)
def test_little_goes_to_a_payee_while_new(
    acquaintance: Acquaintance | None, amount: int, left: int | None
) -> None:
    refusal = refuses_new_payee(
        acquaintance, yuan(amount), cooling=COOLING, held_back_until=None, now=NOW
    )
    if left is None:
        assert refusal is None
        return
    assert isinstance(refusal, errors.NewPayeeLimitExceeded)
    assert refusal.details["left"] == yuan(left)
    until = refusal.details["until"]
    expected = acquaintance.first_at + timedelta(hours=2) if acquaintance else None
    assert until == expected


def test_nothing_goes_to_a_new_payee_after_a_change_of_secrets() -> None:
    until = NOW + timedelta(hours=3)
    for acquaintance in (None, known(timedelta(minutes=5), 1)):
        refusal = refuses_new_payee(
            acquaintance, yuan(1), cooling=COOLING, held_back_until=until, now=NOW
        )
        assert isinstance(refusal, errors.NewPayeeHeldBack)
        assert refusal.details == {"until": until}
    friend = known(timedelta(days=30), 1)
    assert (
        refuses_new_payee(friend, yuan(1), cooling=COOLING, held_back_until=until, now=NOW) is None
    )


def a_code(**changes: object) -> ReceiveCode:
    said: dict[str, object] = {
        "token": "T",
        "customer_id": PAYEE,
        "amount": yuan(20),
        "memo": "",
        "expires_at": NOW + timedelta(minutes=10),
        "used_at": None,
    }
    return ReceiveCode(**{**said, **changes})  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("code", "amount", "refusal"),
    [
        (a_code(), yuan(20), None),
        (a_code(), None, None),
        (a_code(amount=None), yuan(7), None),
        (None, yuan(20), errors.ReceiveCodeUnknown),
        (a_code(customer_id=uuid4()), yuan(20), errors.ReceiveCodeUnknown),
        (a_code(used_at=NOW), yuan(20), errors.ReceiveCodeUsed),
        (a_code(expires_at=NOW), yuan(20), errors.ReceiveCodeExpired),
        (a_code(), yuan(21), errors.AmountChanged),
    ],
)
def test_a_receive_code_leads_to_its_transfer_and_no_other(
    code: ReceiveCode | None, amount: Money | None, refusal: type[Exception] | None
) -> None:
    found = refuses_receive_code(code, PAYEE, amount, NOW)
    assert (None if found is None else type(found)) is refusal


@pytest.mark.parametrize(
    ("code", "memo", "again"),
    [
        (a_code(), "", True),
        (a_code(), "other", False),
        (a_code(used_at=NOW), "", False),
        (a_code(expires_at=NOW + timedelta(minutes=5)), "", False),
        (a_code(expires_at=NOW + timedelta(minutes=5, seconds=1)), "", True),
    ],
)
def test_a_code_is_shown_again_while_it_has_minutes_left(
    code: ReceiveCode, memo: str, again: bool
) -> None:
    assert serves_again(code, memo, NOW) is again


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("午饭 AA", "午饭 AA"),
        ("  two \t\n lines ", "two lines"),
        ("pay\u202eeno", "payeno"),
        ("zero\u200bwidth\u0000", "zerowidth"),
        ("e\u0301", "\u00e9"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\ue000private", "private"),
        ("", ""),
    ],
)
def test_a_memo_holds_what_can_be_seen(typed: str, kept: str) -> None:
    assert clean_memo(typed) == kept


@given(st.text())
def test_a_memo_fits_and_cleaning_it_again_changes_nothing(typed: str) -> None:
    kept = clean_memo(typed)
    assert len(kept) <= MEMO_LENGTH_MAX
    assert clean_memo(kept) == kept


def test_the_figures_of_a_day_are_those_in_force(tmp_path: Path) -> None:
    [packaged] = load_cooling(PACKAGED)
    assert cooling_at(datetime(1990, 1, 1, tzinfo=UTC)) == packaged
    later = tmp_path / "cooling.toml"
    block = PACKAGED.read_text(encoding="utf-8")
    later.write_text(block + block[block.index("[[") :].replace("2026", "2027"), "utf-8")
    assert [each.effective_from.year for each in load_cooling(later)] == [2026, 2027]
