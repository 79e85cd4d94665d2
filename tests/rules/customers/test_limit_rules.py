"""What each class may spend and receive, to the fen, and what a refusal says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tael.customers.caps import NO_CAP, LimitBlock, Period
from tael.customers.errors import (
    BalanceCapExceeded,
    LimitExceeded,
    PayeeCannotReceive,
    WalletClosed,
    WalletFrozen,
)
from tael.customers.limit_table import load_limits
from tael.customers.rules import (
    Use,
    all_figures,
    fits,
    raised_by,
    refuses_credit,
    refuses_spend,
    resets_at,
)
from tael.customers.states import LimitKind, SpendAct, WalletClass, WalletStatus
from tael.kernel.money import CNY, Money

TODAY = date(2026, 3, 1)
PERIOD = Period(TODAY, datetime(2026, 3, 1, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC))
BLOCK: LimitBlock = load_limits().on(TODAY)

FOUR, THREE, TWO, ONE = (
    WalletClass.PHONE_ONLY,
    WalletClass.ID_PROVEN,
    WalletClass.CARD_PROVEN,
    WalletClass.FACE_TO_FACE,
)
COUNTED = (SpendAct.TRANSFER, SpendAct.WITHDRAWAL)


def a_use(wallet_class: WalletClass = FOUR, status: WalletStatus = WalletStatus.ACTIVE) -> Use:
    return Use(status, wallet_class, TODAY, 0, 0, 0, 0, 0, TODAY.year, 0, 0)


def refusal(use: Use, act: SpendAct, minor: int) -> LimitExceeded:
    refused = refuses_spend(use, BLOCK, act, minor, PERIOD)
    assert isinstance(refused, LimitExceeded)
    return refused


@pytest.mark.parametrize("act", COUNTED)
@pytest.mark.parametrize(
    ("wallet_class", "cap"), [(FOUR, 2_000_00), (THREE, 5_000_00), (TWO, 50_000_00)]
)
def test_one_payment_may_be_the_cap_and_not_a_fen_more(
    wallet_class: WalletClass, cap: int, act: SpendAct
) -> None:
    use = a_use(wallet_class)
    assert refuses_spend(use, BLOCK, act, cap, PERIOD) is None
    refused = refusal(use, act, cap + 1)
    assert refused.details["limit"] == "per_payment"
    assert refused.details["cap"] == Money(cap, CNY)
    assert refused.details["left"] == Money(cap, CNY)
    assert refused.details["asked"] == Money(cap + 1, CNY)
    assert refused.details["resets_at"] is None


@pytest.mark.parametrize("act", COUNTED)
@pytest.mark.parametrize(
    ("wallet_class", "cap"), [(FOUR, 5_000_00), (THREE, 10_000_00), (TWO, 100_000_00)]
)
def test_a_day_holds_its_cap_and_not_a_fen_more(
    wallet_class: WalletClass, cap: int, act: SpendAct
) -> None:
    use = a_use(wallet_class)
    use.day_used = cap - 100
    assert refuses_spend(use, BLOCK, act, 100, PERIOD) is None
    refused = refusal(use, act, 101)
    assert refused.details["limit"] == "day"
    assert refused.details["used"] == Money(cap - 100, CNY)
    assert refused.details["left"] == Money(100, CNY)
    assert refused.details["resets_at"] == PERIOD.day_ends


def test_a_class_4_year_holds_fifty_thousand_and_not_a_fen_more() -> None:
    use = a_use()
    use.year_used = 50_000_00 - 1
    assert refuses_spend(use, BLOCK, SpendAct.PAYMENT, 1, PERIOD) is None
    refused = refusal(use, SpendAct.PAYMENT, 2)
    assert refused.details["limit"] == "year"
    assert refused.details["left"] == Money(1, CNY)
    assert refused.details["resets_at"] == PERIOD.year_ends


@pytest.mark.parametrize("wallet_class", [THREE, TWO, ONE])
def test_better_classes_have_no_yearly_cap(wallet_class: WalletClass) -> None:
    use = a_use(wallet_class)
    use.year_used = 10**12
    assert refuses_spend(use, BLOCK, SpendAct.PAYMENT, 1_00, PERIOD) is None


def test_class_1_spends_whatever_it_has() -> None:
    use = a_use(ONE)
    use.day_used = use.year_used = 10**14
    assert refuses_spend(use, BLOCK, SpendAct.TRANSFER, 10**13, PERIOD) is None


@pytest.mark.parametrize("wallet_class", list(WalletClass))
def test_printed_codes_take_five_hundred_a_day_in_every_class(wallet_class: WalletClass) -> None:
    use = a_use(wallet_class)
    use.day_used = use.static_day_used = 499_00
    assert refuses_spend(use, BLOCK, SpendAct.STATIC_PAYMENT, 1_00, PERIOD) is None
    refused = refusal(use, SpendAct.STATIC_PAYMENT, 1_01)
    assert refused.details["limit"] == "static_code_day"
    assert refused.details["left"] == Money(1_00, CNY)
    assert refused.details["raise_to_class"] is None, "no class has a wider one"
    assert refuses_spend(use, BLOCK, SpendAct.PAYMENT, 1_01, PERIOD) is None


def test_printed_codes_from_cards_count_apart_from_the_balance() -> None:
    use = a_use()
    use.add(SpendAct.STATIC_PAYMENT, 500_00)
    assert refuses_spend(use, BLOCK, SpendAct.STATIC_CARD_PAYMENT, 500_00, PERIOD) is None
    use.add(SpendAct.STATIC_CARD_PAYMENT, 500_00)
    refused = refusal(use, SpendAct.STATIC_CARD_PAYMENT, 1)
    assert refused.details["limit"] == "static_code_cards_day"
    assert use.day_used == 500_00, "what cards pay is no use of the wallet"


def test_card_payments_pass_every_cap_of_the_balance() -> None:
    use = a_use()
    use.day_used = 5_000_00
    assert refuses_spend(use, BLOCK, SpendAct.CARD_PAYMENT, 5_000_00, PERIOD) is None
    use.add(SpendAct.CARD_PAYMENT, 5_000_00)
    assert use.day_used == 5_000_00


@pytest.mark.parametrize("wallet_class", [ONE, TWO, THREE])
def test_dynamic_codes_take_five_thousand_a_day_in_every_class(wallet_class: WalletClass) -> None:
    use = a_use(wallet_class)
    use.add(SpendAct.PAYMENT, 4_999_00)
    assert refuses_spend(use, BLOCK, SpendAct.PAYMENT, 1_00, PERIOD) is None
    refused = refusal(use, SpendAct.PAYMENT, 1_01)
    assert refused.details["limit"] == "dynamic_code_day"
    assert refused.details["left"] == Money(1_00, CNY)
    assert refused.details["resets_at"] == PERIOD.day_ends
    assert refused.details["raise_to_class"] is None, "no class has a wider one"
    for other in (SpendAct.TRANSFER, SpendAct.STATIC_PAYMENT, SpendAct.CARD_PAYMENT):
        assert refuses_spend(use, BLOCK, other, 500_00, PERIOD) is None


def test_dynamic_codes_from_cards_count_apart_from_the_balance() -> None:
    use = a_use()
    use.add(SpendAct.CARD_PAYMENT, 5_000_00)
    refused = refusal(use, SpendAct.CARD_PAYMENT, 1)
    assert refused.details["limit"] == "dynamic_code_cards_day"
    assert refuses_spend(use, BLOCK, SpendAct.PAYMENT, 2_000_00, PERIOD) is None
    assert refuses_spend(use, BLOCK, SpendAct.STATIC_CARD_PAYMENT, 500_00, PERIOD) is None


def test_of_several_broken_limits_the_tightest_is_named() -> None:
    use = a_use()
    use.day_used = use.year_used = 4_999_00
    assert refusal(use, SpendAct.PAYMENT, 3_000_00).details["limit"] == "day"
    use.year_used = 50_000_00
    assert refusal(use, SpendAct.PAYMENT, 3_000_00).details["limit"] == "year"


def test_a_cap_that_was_lowered_below_its_use_leaves_nothing() -> None:
    use = a_use()
    use.day_used = 7_000_00
    assert refusal(use, SpendAct.PAYMENT, 1).details["left"] == Money(0, CNY)


@pytest.mark.parametrize(
    ("wallet_class", "to_class", "how"),
    [(FOUR, 3, "identity"), (THREE, 2, "bank_card"), (TWO, 1, "branch")],
)
def test_a_refusal_says_how_to_raise_the_limit(
    wallet_class: WalletClass, to_class: int, how: str
) -> None:
    use = a_use(wallet_class)
    refused = refusal(use, SpendAct.TRANSFER, BLOCK.classes[wallet_class].per_payment + 1)
    assert refused.details["raise_to_class"] == to_class
    assert refused.details["how"] == how


def test_nothing_raises_what_has_no_cap() -> None:
    assert raised_by(ONE, LimitKind.DAY, BLOCK) == (None, None)
    assert raised_by(THREE, LimitKind.YEAR, BLOCK) == (None, None)


@pytest.mark.parametrize("act", list(SpendAct))
def test_nothing_leaves_a_frozen_or_closed_wallet(act: SpendAct) -> None:
    frozen = refuses_spend(a_use(status=WalletStatus.FROZEN), BLOCK, act, 1, PERIOD)
    assert isinstance(frozen, WalletFrozen)
    closed = refuses_spend(a_use(status=WalletStatus.CLOSED), BLOCK, act, 1, PERIOD)
    assert isinstance(closed, WalletClosed)


@pytest.mark.parametrize(
    ("wallet_class", "cap"), [(FOUR, 10_000_00), (THREE, 20_000_00), (TWO, 500_000_00)]
)
def test_a_wallet_holds_its_balance_cap_and_not_a_fen_more(
    wallet_class: WalletClass, cap: int
) -> None:
    use = a_use(wallet_class)
    assert refuses_credit(use, BLOCK, cap, 0, for_payer=False) is None
    assert refuses_credit(use, BLOCK, 1, cap - 1, for_payer=False) is None
    refused = refuses_credit(use, BLOCK, 2, cap - 1, for_payer=False)
    assert isinstance(refused, BalanceCapExceeded)
    assert refused.details["left"] == Money(1, CNY)
    assert refused.details["raise_to_class"] == wallet_class - 1


def test_class_1_holds_whatever_arrives() -> None:
    assert refuses_credit(a_use(ONE), BLOCK, 10**13, 10**14, for_payer=False) is None


def test_money_on_its_way_takes_room_under_the_balance_cap() -> None:
    use = a_use()
    use.credit_reserved = 9_000_00
    assert refuses_credit(use, BLOCK, 1_000_00, 0, for_payer=False) is None
    refused = refuses_credit(use, BLOCK, 1_000_01, 0, for_payer=False)
    assert isinstance(refused, BalanceCapExceeded)
    assert refused.details["used"] == Money(9_000_00, CNY)


def test_a_payer_learns_nothing_of_the_payees_balance_or_class() -> None:
    refused = refuses_credit(a_use(), BLOCK, 10_000_01, 0, for_payer=True)
    assert isinstance(refused, PayeeCannotReceive)
    assert refused.details == {}
    closed = refuses_credit(a_use(status=WalletStatus.CLOSED), BLOCK, 1, 0, for_payer=True)
    assert isinstance(closed, PayeeCannotReceive)


def test_a_frozen_wallet_receives_and_a_closed_one_does_not() -> None:
    frozen, closed = a_use(status=WalletStatus.FROZEN), a_use(status=WalletStatus.CLOSED)
    assert refuses_credit(frozen, BLOCK, 1, 0, for_payer=False) is None
    assert isinstance(refuses_credit(closed, BLOCK, 1, 0, for_payer=False), WalletClosed)


def test_a_new_day_begins_at_zero_and_the_year_goes_on() -> None:
    use = a_use()
    use.add(SpendAct.STATIC_PAYMENT, 300_00)
    use.add(SpendAct.STATIC_CARD_PAYMENT, 200_00)
    use.roll_to(TODAY + timedelta(days=1))
    assert (use.day_used, use.static_day_used, use.static_cards_day_used) == (0, 0, 0)
    assert use.year_used == 300_00


def test_a_new_year_begins_at_zero() -> None:
    use = a_use()
    use.add(SpendAct.PAYMENT, 300_00)
    use.roll_to(date(2027, 1, 1))
    assert (use.day_used, use.year_used, use.year) == (0, 0, 2027)


def test_a_clock_that_is_behind_never_gives_use_back() -> None:
    use = a_use()
    use.add(SpendAct.PAYMENT, 300_00)
    use.roll_to(TODAY - timedelta(days=1))
    use.roll_to(date(2025, 12, 31))
    assert (use.day, use.day_used, use.year_used) == (TODAY, 300_00, 300_00)


@pytest.mark.parametrize("act", list(SpendAct))
def test_what_did_not_happen_is_given_back_on_its_day(act: SpendAct) -> None:
    use, before = a_use(), a_use()
    use.add(act, 123_45)
    use.give_back(act, 123_45, TODAY)
    assert use == before


def test_the_day_after_only_the_year_is_given_back() -> None:
    use = a_use()
    use.add(SpendAct.WITHDRAWAL, 100_00)
    use.roll_to(TODAY + timedelta(days=1))
    use.add(SpendAct.PAYMENT, 40_00)
    use.give_back(SpendAct.WITHDRAWAL, 100_00, TODAY)
    assert (use.day_used, use.year_used) == (40_00, 40_00)


def test_the_year_after_nothing_is_given_back() -> None:
    use = a_use()
    use.add(SpendAct.WITHDRAWAL, 100_00)
    use.roll_to(date(2027, 1, 1))
    use.add(SpendAct.PAYMENT, 40_00)
    use.give_back(SpendAct.WITHDRAWAL, 100_00, TODAY)
    assert (use.day_used, use.year_used) == (40_00, 40_00)


def test_giving_back_twice_is_a_bug_and_not_a_discount() -> None:
    use = a_use()
    use.add(SpendAct.WITHDRAWAL, 100_00)
    use.give_back(SpendAct.WITHDRAWAL, 100_00, TODAY)
    with pytest.raises(AssertionError):
        use.give_back(SpendAct.WITHDRAWAL, 100_00, TODAY)


def test_the_screen_shows_each_limit_once_with_what_is_left() -> None:
    use = a_use()
    use.add(SpendAct.STATIC_PAYMENT, 100_00)
    use.credit_reserved = 50_00
    figures = {figure.limit: figure for figure in all_figures(use, BLOCK.classes[FOUR], 900_00)}
    assert list(figures) == list(LimitKind)
    assert figures[LimitKind.PER_PAYMENT].left == 2_000_00
    assert figures[LimitKind.DAY].left == 4_900_00
    assert figures[LimitKind.YEAR].left == 49_900_00
    assert figures[LimitKind.BALANCE].used == 950_00
    assert figures[LimitKind.STATIC_CODE_DAY].left == 400_00
    assert figures[LimitKind.STATIC_CODE_CARDS_DAY].left == 500_00


def test_a_class_without_caps_shows_none() -> None:
    figures = {figure.limit: figure for figure in all_figures(a_use(ONE), BLOCK.classes[ONE], 0)}
    assert figures[LimitKind.DAY].cap is None
    assert figures[LimitKind.DAY].left is None


def test_limits_that_have_no_period_never_reset() -> None:
    assert resets_at(LimitKind.PER_PAYMENT, PERIOD) is None
    assert resets_at(LimitKind.BALANCE, PERIOD) is None
    assert resets_at(LimitKind.STATIC_CODE_DAY, PERIOD) == PERIOD.day_ends


def test_no_cap_is_beyond_every_sum() -> None:
    caps = replace(BLOCK.classes[ONE], static_code_day=NO_CAP)
    use = a_use(ONE)
    use.static_day_used = use.day_used = use.year_used = 10**15
    assert fits(use, caps, SpendAct.STATIC_PAYMENT, 10**15)
