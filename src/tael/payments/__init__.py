"""Payments: orders of stores, the codes that lead to them, and paying them.

Invariants: an order is paid by one payment or none, exactly its amount, before its deadline;
it becomes paid in the transaction that moves the money. Names and amounts in a scanned code
are never believed. A refused payment moves nothing and uses up no limit, authorisation or
order. Accounts touched: `CUSTOMER_CASH` or `CARD_CLEARING` to `MERCHANT_PAYABLE`.
"""

from tael.payments import errors
from tael.payments.card import (
    PayByCard,
    begin_card_payment,
    finish_card_payment,
    perform_card_payment,
)
from tael.payments.closing import closing_obstacles
from tael.payments.codes import (
    CodeNotice,
    PersonCode,
    StoreCode,
    order_payload,
    resolve,
    static_payload,
)
from tael.payments.jobs import SUBSCRIBERS
from tael.payments.orders import NewOrder, close_order, open_order, order_by_id
from tael.payments.pay import Pay, pay
from tael.payments.receipts import Receipt, receipt
from tael.payments.rules import ORDER_LIFE_DEFAULT, ORDER_LIFE_MAX, Order, OrderId, PaymentId
from tael.payments.states import FundingKind, OrderState, PaymentState

__all__ = [
    "ORDER_LIFE_DEFAULT",
    "ORDER_LIFE_MAX",
    "SUBSCRIBERS",
    "CodeNotice",
    "FundingKind",
    "NewOrder",
    "Order",
    "OrderId",
    "OrderState",
    "Pay",
    "PayByCard",
    "PaymentId",
    "PaymentState",
    "PersonCode",
    "Receipt",
    "StoreCode",
    "begin_card_payment",
    "close_order",
    "closing_obstacles",
    "errors",
    "finish_card_payment",
    "open_order",
    "order_by_id",
    "order_payload",
    "pay",
    "perform_card_payment",
    "receipt",
    "resolve",
    "static_payload",
]
