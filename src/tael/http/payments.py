"""Paying stores, and reading the receipt again."""

from datetime import datetime
from typing import Final, Literal, TypedDict
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from tael import customers, identity, instruments, ledger, merchants, payments
from tael.http.edge import CREATED, Edge
from tael.http.guards import SignedIn
from tael.http.payments_wire import CardFunding, PaymentRequest, PaymentsWire, PaymentWire
from tael.http.problems import problems
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import WriteSession
from tael.kernel.money import Money

router: Final = APIRouter(tags=["payments"])


class Target(TypedDict):
    """What both ways of funding have in common."""

    payment_id: payments.PaymentId
    movement_id: ledger.MovementId
    store_id: merchants.StoreId
    order_id: payments.OrderId | None
    amount: Money
    authorisation: identity.AuthorisationId
    bearer: identity.Bearer


@router.post(
    "/payments",
    status_code=CREATED,
    response_model=PaymentWire,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
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
        payments.after_sale_errors.HoldNeedsBalance,
        instruments.errors.CardUnknown,
    ),
)
async def pay(edge: SignedIn, body: PaymentRequest) -> Response:
    """Pay an order, or a store by its printed code, as authorised with the PIN.

    Settled when the reply says `succeeded`; a payment from a card may be `pending`.
    """
    if isinstance(body.funding, CardFunding):
        return await _pay_by_card(edge, _target(edge, body), body.funding)
    return await edge.settle(edge.services.payments, payments.Pay(**_target(edge, body)))


@router.get(
    "/payments/{payment}",
    responses=problems(identity.SignedOut, identity.PinRequired, payments.errors.PaymentNotFound),
)
async def payment(edge: SignedIn, payment: str) -> PaymentWire:
    """A payment of yours."""
    payment_id = payments.PaymentId(ids.parse("pay", payment))
    async with edge.services.database.read() as session:
        now = await business_now(session)
        found = await payments.receipt(session, edge.customer_id, payment_id, now=now)
        return PaymentWire.of(found)


@router.get("/payments", responses=problems(identity.SignedOut, identity.PinRequired))
async def held(edge: SignedIn, state: Literal["held"]) -> PaymentsWire:
    """What is set aside in your wallet for shops, the newest first."""
    assert state == "held", "nothing else is listed here: the history has what moved"
    async with edge.services.database.read() as session:
        now = await business_now(session)
        found = await payments.held_payments(session, edge.customer_id, now=now)
    return PaymentsWire(payments=[PaymentWire.of(each) for each in found])


async def _pay_by_card(edge: Edge, target: Target, funding: CardFunding) -> Response:
    """Begin, ask the card's bank, and answer with what is certain by then."""
    services = edge.services
    card = instruments.CardId(ids.parse("crd", funding.card))
    command = payments.PayByCard(**target, card_id=card)

    async def begin(session: WriteSession, now: datetime) -> UUID:
        return await payments.begin_card_payment(session, command, sealer=services.sealer, now=now)

    async def finish(begun: UUID) -> PaymentWire:
        receipt = await payments.perform_card_payment(
            services.database,
            services.switch,
            payments.PaymentId(begun),
            sealer=services.sealer,
        )
        return PaymentWire.of(receipt)

    return await edge.steps(begin, finish, status=CREATED)


def _target(edge: Edge, body: PaymentRequest) -> Target:
    order = payments.OrderId(ids.parse("ord", body.order)) if body.order else None
    return Target(
        payment_id=payments.PaymentId(ids.new_id()),
        movement_id=ledger.MovementId(ids.new_id()),
        store_id=merchants.StoreId(ids.parse("sto", body.payee)),
        order_id=order,
        amount=body.amount.money(),
        authorisation=identity.AuthorisationId(ids.parse("aut", body.authorisation)),
        bearer=edge.bearer,
    )
