"""When an order can be paid, by whom and how much."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tael.kernel.money import CNY, Money
from tael.ledger import AccountNumber
from tael.merchants import MerchantId, Store, StoreId, StoreState
from tael.payments import errors
from tael.payments.rules import (
    Order,
    OrderId,
    PaymentId,
    refuses_amount,
    refuses_payer,
    refuses_paying,
)
from tael.payments.states import (
    ORDER_TRANSITIONS,
    PAYMENT_TRANSITIONS,
    Capture,
    OrderState,
    PaymentState,
)

DEADLINE = datetime(2026, 11, 22, 12, tzinfo=UTC)
EARLIER = DEADLINE - timedelta(microseconds=1)


def an_order(state: OrderState) -> Order:
    taken = state in {OrderState.PAYING, OrderState.HELD, OrderState.PAID}
    return Order(
        id=OrderId(UUID(int=1)),
        store_id=StoreId(UUID(int=2)),
        merchant_id=MerchantId(UUID(int=3)),
        amount=Money(2350, CNY),
        description="noodles",
        token="T",
        state=state,
        expires_at=DEADLINE,
        payment_id=PaymentId(UUID(int=4)) if taken else None,
        paid_at=EARLIER if state is OrderState.PAID else None,
        capture=Capture.MANUAL if state is OrderState.HELD else Capture.AUTOMATIC,
    )


def a_store(owner: UUID | None) -> Store:
    return Store(
        id=StoreId(UUID(int=2)),
        merchant_id=MerchantId(UUID(int=3)),
        owner_id=owner,
        account=AccountNumber(100_001),
        name="DEMO NOODLES",
        name_zh=None,
        city="BEIJING",
        mcc="5812",
        static_code="A1",
        state=StoreState.OPEN,
    )


@pytest.mark.parametrize(
    ("state", "now", "refusal"),
    [
        (OrderState.OPEN, EARLIER, None),
        (OrderState.OPEN, DEADLINE, errors.OrderExpired),
        (OrderState.PAYING, EARLIER, errors.OrderBeingPaid),
        # What has begun before the deadline may end after it.
        (OrderState.PAYING, DEADLINE, errors.OrderBeingPaid),
        (OrderState.HELD, DEADLINE, errors.OrderAlreadyPaid),
        (OrderState.PAID, EARLIER, errors.OrderAlreadyPaid),
        (OrderState.PAID, DEADLINE, errors.OrderAlreadyPaid),
        (OrderState.CLOSED, EARLIER, errors.OrderClosed),
        (OrderState.EXPIRED, EARLIER, errors.OrderExpired),
    ],
)
def test_an_order_is_paid_once_and_before_its_deadline(
    state: OrderState, now: datetime, refusal: type[Exception] | None
) -> None:
    found = refuses_paying(an_order(state), now)
    assert (None if found is None else type(found)) is refusal


def test_an_order_is_paid_exactly() -> None:
    order = an_order(OrderState.OPEN)
    assert refuses_amount(order, Money(2350, CNY)) is None
    for minor in (2349, 2351):
        refusal = refuses_amount(order, Money(minor, CNY))
        assert refusal is not None
        assert refusal.details == {"amount": Money(2350, CNY)}


def test_an_owner_does_not_pay_himself() -> None:
    owner = uuid4()
    assert isinstance(refuses_payer(a_store(owner), owner), errors.SelfPayment)
    assert refuses_payer(a_store(owner), uuid4()) is None
    assert refuses_payer(a_store(None), owner) is None


def test_states_are_tables_with_ends() -> None:
    assert set(ORDER_TRANSITIONS) == set(OrderState)
    assert set(PAYMENT_TRANSITIONS) == set(PaymentState)
    for end in (OrderState.PAID, OrderState.EXPIRED, OrderState.CLOSED):
        assert ORDER_TRANSITIONS[end] == frozenset()
    for final in (PaymentState.REVERSED, PaymentState.DECLINED):
        assert PAYMENT_TRANSITIONS[final] == frozenset()
