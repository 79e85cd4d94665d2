"""Payments: orders of stores, the codes that lead to them, and paying them.

Invariants: an order is paid by one payment or none, exactly its amount, before its deadline;
it becomes paid in the transaction that moves the money. Names and amounts in a scanned code
are never believed. A refused payment moves nothing and uses up no limit, authorisation or
order. A shop takes no more than it holds, and gives back no more than it took; what it gave
back arrives. Accounts touched: `CUSTOMER_CASH` or `CARD_CLEARING` to `MERCHANT_PAYABLE` and
back, `FEES` and `SUSPENSE`.
"""

from tael.payments import after_sale_errors, errors
from tael.payments.after_sale_states import RefundDestination, RefundState
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
from tael.payments.held import CapturePayment, VoidPayment, capture, void
from tael.payments.held_jobs import SCHEDULES
from tael.payments.jobs import SUBSCRIBERS
from tael.payments.orders import NewOrder, close_order, open_order, order_by_id
from tael.payments.pay import Pay, pay
from tael.payments.receipts import (
    Receipt,
    held_payments,
    latest_at_store,
    receipt,
    receipt_for_shop,
)
from tael.payments.refund import REASON_LENGTH_MAX, RefundPayment, refund
from tael.payments.refund_card import finish_refund, perform_refund
from tael.payments.refunds import Refund, refund_by_id
from tael.payments.reverse import reverse_movement
from tael.payments.rules import (
    ORDER_LIFE_DEFAULT,
    ORDER_LIFE_MAX,
    Order,
    OrderId,
    PaymentId,
    RefundId,
)
from tael.payments.sold import Sold, sold
from tael.payments.states import Capture, FundingKind, OrderState, PaymentState

__all__ = [
    "ORDER_LIFE_DEFAULT",
    "ORDER_LIFE_MAX",
    "REASON_LENGTH_MAX",
    "SCHEDULES",
    "SUBSCRIBERS",
    "Capture",
    "CapturePayment",
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
    "Refund",
    "RefundDestination",
    "RefundId",
    "RefundPayment",
    "RefundState",
    "Sold",
    "StoreCode",
    "VoidPayment",
    "after_sale_errors",
    "begin_card_payment",
    "capture",
    "close_order",
    "closing_obstacles",
    "errors",
    "finish_card_payment",
    "finish_refund",
    "held_payments",
    "latest_at_store",
    "open_order",
    "order_by_id",
    "order_payload",
    "pay",
    "perform_card_payment",
    "perform_refund",
    "receipt",
    "receipt_for_shop",
    "refund",
    "refund_by_id",
    "resolve",
    "reverse_movement",
    "sold",
    "static_payload",
    "void",
]
