"""Paying stores, and reading the receipt again."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from tael import customers, identity, ledger, merchants, payments
from tael.http.edge import CREATED, Edge
from tael.http.guards import SignedIn
from tael.http.payments_wire import PaymentRequest, PaymentWire
from tael.http.problems import problems
from tael.kernel import ids

router: Final = APIRouter(tags=["payments"])


@router.post(
    "/payments",
    status_code=CREATED,
    response_model=PaymentWire,
    responses=problems(
        identity.AuthorisationInvalid,
        customers.errors.WalletFrozen,
        customers.errors.LimitExceeded,
        ledger.errors.InsufficientFunds,
        merchants.errors.StoreNotFound,
        merchants.errors.StoreClosed,
        payments.errors.OrderNotFound,
        payments.errors.OrderAlreadyPaid,
        payments.errors.OrderBeingPaid,
        payments.errors.OrderExpired,
        payments.errors.OrderClosed,
        payments.errors.AmountChanged,
        payments.errors.SelfPayment,
        payments.errors.SamePaymentPending,
        payments.errors.CardCannotPay,
    ),
)
async def pay(edge: SignedIn, body: PaymentRequest) -> Response:
    """Pay an order, or a store by its printed code, as authorised with the PIN.

    Settled when the reply says `succeeded`; a payment from a card may be `pending`.
    """
    return await edge.settle(edge.services.payments, _command(edge, body))


@router.get("/payments/{payment}", responses=problems(payments.errors.PaymentNotFound))
async def payment(edge: SignedIn, payment: str) -> PaymentWire:
    """A payment of yours."""
    payment_id = payments.PaymentId(ids.parse("pay", payment))
    async with edge.services.database.read() as session:
        return PaymentWire.of(await payments.receipt(session, edge.customer_id, payment_id))


def _command(edge: Edge, body: PaymentRequest) -> payments.Pay:
    order = payments.OrderId(ids.parse("ord", body.order)) if body.order else None
    return payments.Pay(
        payment_id=payments.PaymentId(ids.new_id()),
        movement_id=ledger.MovementId(ids.new_id()),
        store_id=merchants.StoreId(ids.parse("sto", body.payee)),
        order_id=order,
        amount=body.amount.money(),
        authorisation=identity.AuthorisationId(ids.parse("aut", body.authorisation)),
        bearer=edge.bearer,
    )
