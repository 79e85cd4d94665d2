"""Pure decisions about orders and payments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.merchants import MerchantId, Store, StoreId
from tael.payments.errors import (
    AmountChanged,
    OrderAlreadyPaid,
    OrderBeingPaid,
    OrderClosed,
    OrderExpired,
    SelfPayment,
)
from tael.payments.states import OrderState

OrderId = NewType("OrderId", UUID)
PaymentId = NewType("PaymentId", UUID)

ORDER_LIFE_DEFAULT: Final = timedelta(minutes=15)
ORDER_LIFE_MAX: Final = timedelta(days=1)


@dataclass(slots=True)
class Order:
    """An order as its row stands, or as the commands so far leave it."""

    id: OrderId
    store_id: StoreId
    merchant_id: MerchantId
    amount: Money
    description: str
    token: str
    state: OrderState
    expires_at: datetime
    payment_id: PaymentId | None
    paid_at: datetime | None

    def state_at(self, now: datetime) -> OrderState:
        """The state as anybody should see it: an open order is dead at its deadline."""
        if self.state is OrderState.OPEN and self.expires_at <= now:
            return OrderState.EXPIRED
        return self.state


_UNPAYABLE: Final[Mapping[OrderState, type[Refusal]]] = {
    OrderState.PAYING: OrderBeingPaid,
    OrderState.PAID: OrderAlreadyPaid,
    OrderState.EXPIRED: OrderExpired,
    OrderState.CLOSED: OrderClosed,
}


def refuses_paying(order: Order, now: datetime) -> Refusal | None:
    """Why this order cannot be paid now, if so."""
    state = order.state_at(now)
    return None if state is OrderState.OPEN else _UNPAYABLE[state]()


def refuses_amount(order: Order, amount: Money) -> Refusal | None:
    """An order is paid exactly: what the payer confirmed is what the store asked."""
    return None if amount == order.amount else AmountChanged(amount=order.amount)


def refuses_payer(store: Store, payer: UUID) -> Refusal | None:
    """An owner who pays his own shop moves money in a circle (and out of a credit card)."""
    return SelfPayment() if store.owner_id == payer else None
