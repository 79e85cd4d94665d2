"""What can follow a sale: refunds, captures and reversals, and what refuses each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from tael.kernel.money import CNY, Money
from tael.ledger import MovementId
from tael.merchants import StoreId
from tael.payments import after_sale_errors as errors
from tael.payments.after_sale_states import REFUND_TRANSITIONS, RefundState
from tael.payments.after_sale_terms import AfterSale, after_sale_at
from tael.payments.rules import (
    OrderId,
    Payment,
    PaymentId,
    refuses_refund,
    refuses_release,
    refuses_reversal,
)
from tael.payments.states import PAYMENT_TRANSITIONS, FundingKind, Level, PaymentState

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = AfterSale(
    effective_from=date(2026, 1, 1),
    refund_within=timedelta(days=365),
    refund_parts=50,
    hold_life=timedelta(days=7),
)
NOTHING, TEN, ALL = Money(0, CNY), Money(10, CNY), Money(100, CNY)
PAID = Payment(
    id=PaymentId(UUID(int=1)),
    payer_id=UUID(int=2),
    store_id=StoreId(UUID(int=3)),
    order_id=OrderId(UUID(int=4)),
    level=Level.B,
    funding=FundingKind.BALANCE,
    card_id=None,
    state=PaymentState.SUCCEEDED,
    amount=ALL,
    fee=NOTHING,
    captured=NOTHING,
    refunded=NOTHING,
    refunded_fee=NOTHING,
    refunds=0,
    held_until=None,
    movement_id=MovementId(UUID(int=5)),
    at=AT,
)
HELD = replace(PAID, state=PaymentState.HELD, held_until=AT + TERMS.hold_life, movement_id=None)


def test_the_packaged_terms_are_a_year_fifty_parts_and_a_week() -> None:
    terms = after_sale_at(AT)
    assert (terms.refund_within, terms.refund_parts) == (timedelta(days=365), 50)
    assert terms.hold_life == timedelta(days=7)
    assert after_sale_at(datetime(2020, 1, 1, tzinfo=UTC)) == terms


@pytest.mark.parametrize(
    ("payment", "amount", "days", "refusal"),
    [
        (PAID, ALL, 364, None),
        (PAID, ALL, 365, errors.RefundTooLate),
        (replace(PAID, refunded=TEN, refunds=1), ALL - TEN, 0, None),
        (replace(PAID, refunded=TEN, refunds=1), ALL, 0, errors.RefundExceedsPayment),
        (replace(PAID, refunded=ALL, refunds=1), TEN, 0, errors.RefundExceedsPayment),
        (replace(PAID, refunded=TEN, refunds=50), TEN, 0, errors.RefundsExhausted),
        (replace(PAID, refunded=TEN, refunds=49), TEN, 0, None),
        (replace(PAID, state=PaymentState.REVERSED), TEN, 0, errors.PaymentReversed),
        (replace(PAID, state=PaymentState.PENDING), TEN, 0, errors.NotRefundable),
        (HELD, TEN, 0, errors.NotRefundable),
        (replace(HELD, captured=TEN), TEN, 0, None),
        (replace(HELD, captured=TEN), TEN + TEN, 0, errors.RefundExceedsPayment),
    ],
)
def test_a_refund_is_of_what_the_shop_took_in_its_time_and_parts(
    payment: Payment, amount: Money, days: int, refusal: type[Exception] | None
) -> None:
    found = refuses_refund(payment, amount, TERMS, AT + timedelta(days=days))
    assert type(found) is (refusal or type(None))


@pytest.mark.parametrize(
    ("payment", "after", "shown"),
    [
        (HELD, timedelta(days=7, microseconds=-1), PaymentState.HELD),
        (HELD, timedelta(days=7), PaymentState.EXPIRED),
        (replace(HELD, captured=TEN), timedelta(days=7), PaymentState.SUCCEEDED),
        (PAID, timedelta(days=7), PaymentState.SUCCEEDED),
    ],
)
def test_held_money_is_free_at_its_deadline_for_every_reader(
    payment: Payment, after: timedelta, shown: PaymentState
) -> None:
    assert payment.state_at(AT + after) is shown


def test_only_what_was_held_can_be_taken_or_let_go() -> None:
    assert refuses_release(HELD) is None
    assert isinstance(refuses_release(PAID), errors.PaymentNotHeld)
    reversed_ = replace(PAID, state=PaymentState.REVERSED)
    assert isinstance(refuses_release(reversed_), errors.PaymentReversed)


@pytest.mark.parametrize(
    ("payment", "why"),
    [
        (replace(PAID, refunded=TEN, refunds=1), "refunded"),
        (replace(PAID, funding=FundingKind.CARD), "card"),
        (HELD, "held"),
        (replace(HELD, state=PaymentState.SUCCEEDED, captured=TEN), "held"),
    ],
)
def test_what_has_a_way_of_its_own_is_not_undone(payment: Payment, why: str) -> None:
    refusal = refuses_reversal(payment)
    assert isinstance(refusal, errors.ReversalUnfit)
    assert refusal.details["why"] == why
    assert refuses_reversal(PAID) is None


def test_what_has_ended_stays_as_it_is() -> None:
    ended = {PaymentState.DECLINED, PaymentState.VOIDED, PaymentState.EXPIRED}
    assert all(not PAYMENT_TRANSITIONS[state] for state in ended | {PaymentState.REVERSED})
    assert set(PAYMENT_TRANSITIONS) == set(PaymentState)
    assert set(REFUND_TRANSITIONS) == set(RefundState)
