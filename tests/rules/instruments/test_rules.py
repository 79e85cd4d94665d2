"""Card numbers, banks, and what a card may do."""

import pytest

from tael.instruments import errors
from tael.instruments.banks import banks, parse_banks, ranges
from tael.instruments.rules import (
    bare,
    checked,
    has_valid_check_digit,
    recognised,
    refuses_use,
    uses,
)
from tael.instruments.states import BINDING_CHANGES, BindingState, CardKind, CardUse
from tael.sandbox.world.people import ISSUERS, card_number
from tael.sandbox.world.people import CardKind as TheirKind

DEBIT = card_number(ISSUERS["demo"], TheirKind.DEBIT, 1)
CREDIT = card_number(ISSUERS["farsail"], TheirKind.CREDIT, 7)


def test_a_number_tells_its_bank_and_kind() -> None:
    assert checked(DEBIT, ranges()).kind is CardKind.DEBIT
    found = checked(CREDIT, ranges())
    assert (found.bank.name_en, found.kind) == ("Farsail Bank", CardKind.CREDIT)


@pytest.mark.parametrize("place", range(6, 19))
def test_a_wrong_digit_is_found(place: int) -> None:
    wrong = DEBIT[:place] + str((int(DEBIT[place]) + 1) % 10) + DEBIT[place + 1 :]
    with pytest.raises(errors.CardNumberInvalid):
        checked(wrong, ranges())


def test_neighbours_that_changed_places_are_found() -> None:
    number = card_number(ISSUERS["demo"], TheirKind.DEBIT, 1_234_567)
    swapped = number[:15] + number[16] + number[15] + number[17:]
    assert swapped != number
    with pytest.raises(errors.CardNumberInvalid):
        checked(swapped, ranges())


@pytest.mark.parametrize("number", ["", "999101", "9" * 20, "99910100000000000１6", "abc"])
def test_what_has_not_the_form_is_refused(number: str) -> None:
    with pytest.raises(errors.CardNumberInvalid):
        checked(number, ranges())


def test_a_bank_that_we_do_not_know_is_refused() -> None:
    with pytest.raises(errors.BankUnknown):
        recognised("411111", ranges())


def test_spaces_and_hyphens_do_not_matter() -> None:
    assert bare("9991 0100-0000") == "999101000000"


@pytest.mark.parametrize(
    ("number", "kind", "valid"),
    [
        (DEBIT, CardKind.DEBIT, True),
        (DEBIT[:-1] + str((int(DEBIT[-1]) + 1) % 10), CardKind.DEBIT, False),
        (DEBIT[:6], CardKind.DEBIT, None),
        (DEBIT[:12], CardKind.DEBIT, None),
        (CREDIT, CardKind.DEBIT, True),
        (CREDIT[:-1] + str((int(CREDIT[-1]) + 1) % 10), CardKind.DEBIT, None),
        (DEBIT + "0", CardKind.DEBIT, False),
    ],
)
def test_a_number_is_not_called_wrong_while_digits_are_missing(
    number: str, kind: CardKind, valid: bool | None
) -> None:
    assert has_valid_check_digit(number, kind) is valid


def test_credit_pays_and_debit_fills_and_empties_if_own() -> None:
    everything = frozenset(CardUse)
    assert uses(CardKind.DEBIT, own=True) == everything
    assert uses(CardKind.DEBIT, own=False) == everything - {CardUse.WITHDRAW}
    assert uses(CardKind.CREDIT, own=True) == uses(CardKind.CREDIT, own=False) == {CardUse.PAY}


@pytest.mark.parametrize("kind", CardKind)
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("use", CardUse)
def test_what_a_card_may_not_do_is_refused(kind: CardKind, own: bool, use: CardUse) -> None:
    refusal = refuses_use(kind, use, own=own)
    assert (refusal is None) == (use in uses(kind, own=own))
    if refusal is not None:
        assert refusal.code == f"instruments.card_cannot_{use.value}"


def test_our_table_and_the_sandboxs_issuers_agree() -> None:
    assert set(banks()) == set(ISSUERS)
    for issuer in ISSUERS.values():
        assert ranges()[issuer.debit_bin].kind is CardKind.DEBIT
        assert ranges()[issuer.credit_bin].kind is CardKind.CREDIT


def test_a_table_with_a_number_in_two_places_is_refused() -> None:
    bank = '[[bank]]\ncode="{0}"\nname_zh="甲"\nname_en="A"\ndebit=["999101"]\ncredit=[]\n'
    with pytest.raises(AssertionError, match="two banks"):
        parse_banks(bank.format("a") + bank.format("b"))


def test_a_binding_ends_once() -> None:
    ends = {BindingState.BOUND, BindingState.REFUSED, BindingState.ENDED}
    assert {state for state, after in BINDING_CHANGES.items() if not after} == ends
