"""The sandbox's shops after a sale: what was paid, refunds, captures of what is held."""

from datetime import datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tael import ledger, merchants, payments
from tael.http.after_sale_wire import (
    CaptureAsked,
    CaptureOutcome,
    CapturesAsked,
    CapturesDone,
    RefundAsked,
    RefundWire,
    TillPayment,
    TillPayments,
)
from tael.http.edge import CREATED
from tael.http.guards import Device, services_of
from tael.http.problems import problems
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import WriteSession
from tael.kernel.refusals import Refusal

router: Final = APIRouter(prefix="/sandbox", tags=["sandbox"])

SHOWN_MAX: Final = 30


@router.get("/shops/{store}/payments")
async def see_payments(request: Request, store: str) -> TillPayments:
    """The newest payments at a shop, with what it gave back of them."""
    store_id = merchants.StoreId(ids.parse("sto", store))
    async with services_of(request).database.read() as session:
        now = await business_now(session)
        found = await payments.latest_at_store(session, store_id, limit=SHOWN_MAX, now=now)
    return TillPayments(payments=[TillPayment.of(each) for each in found])


@router.post(
    "/payments/{payment}/refunds",
    status_code=CREATED,
    response_model=RefundWire,
    responses=problems(
        payments.errors.PaymentNotFound,
        payments.after_sale_errors.NotRefundable,
        payments.after_sale_errors.PaymentReversed,
        payments.after_sale_errors.RefundExceedsPayment,
        payments.after_sale_errors.RefundsExhausted,
        payments.after_sale_errors.RefundTooLate,
        payments.after_sale_errors.ShopShortOfMoney,
    ),
)
async def refund(edge: Device, payment: str, body: RefundAsked) -> Response:
    """Have a shop give a payment back, whole or in part, to where it came from.

    Done when the reply says `succeeded`; a refund to a card may be `pending`.
    """
    services = edge.services
    command = _command(payment, body)

    async def begin(session: WriteSession, now: datetime) -> UUID:
        [outcome] = await payments.refund(session, [command], sealer=services.sealer, now=now)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome.id

    async def finish(begun: UUID) -> RefundWire:
        given = await payments.perform_refund(
            services.database, services.switch, payments.RefundId(begun), sealer=services.sealer
        )
        return RefundWire.of(given)

    return await edge.steps(begin, finish, status=CREATED)


_NOT_CAPTURED: Final = (
    payments.errors.PaymentNotFound,
    payments.after_sale_errors.PaymentNotHeld,
    payments.after_sale_errors.PaymentReversed,
    ledger.errors.HoldNotOpen,
    ledger.errors.HoldExpired,
)


@router.post(
    "/payments/{payment}/captures",
    response_model=TillPayment,
    responses=problems(*_NOT_CAPTURED, ledger.errors.CaptureExceedsHold),
)
async def capture(edge: Device, payment: str, body: CaptureAsked) -> Response:
    """Have a shop take what is held for it, or a part; more can follow unless it is final."""
    command = _capture(payment, body)

    async def act(session: WriteSession, now: datetime) -> TillPayment:
        [outcome] = await payments.capture(session, [command], now)
        if isinstance(outcome, Refusal):
            raise outcome
        return TillPayment.of(outcome)

    return await edge.once(act)


@router.post(
    "/payments/{payment}/void", response_model=TillPayment, responses=problems(*_NOT_CAPTURED)
)
async def void(edge: Device, payment: str) -> Response:
    """Have a shop let go of what is still held for it."""
    command = payments.VoidPayment(payment_id=payments.PaymentId(ids.parse("pay", payment)))

    async def act(session: WriteSession, now: datetime) -> TillPayment:
        [outcome] = await payments.void(session, [command], now)
        if isinstance(outcome, Refusal):
            raise outcome
        return TillPayment.of(outcome)

    return await edge.once(act)


@router.post("/captures", response_model=CapturesDone)
async def capture_many(edge: Device, body: CapturesAsked) -> Response:
    """Have shops take what is held for them in many payments at once, each by itself."""
    commands = [_capture(each.payment, each) for each in body.captures]

    async def act(session: WriteSession, now: datetime) -> CapturesDone:
        outcomes = await payments.capture(session, commands, now)
        told = zip(body.captures, outcomes, strict=True)
        return CapturesDone(captures=[CaptureOutcome.of(*each) for each in told])

    return await edge.once(act)


def _capture(payment: str, body: CaptureAsked) -> payments.CapturePayment:
    return payments.CapturePayment(
        payment_id=payments.PaymentId(ids.parse("pay", payment)),
        movement_id=ledger.MovementId(ids.new_id()),
        amount=None if body.amount is None else body.amount.money(),
        final=body.final,
    )


def _command(payment: str, body: RefundAsked) -> payments.RefundPayment:
    return payments.RefundPayment(
        refund_id=payments.RefundId(ids.new_id()),
        movement_id=ledger.MovementId(ids.new_id()),
        payment_id=payments.PaymentId(ids.parse("pay", payment)),
        amount=None if body.amount is None else body.amount.money(),
        reason=body.reason,
    )
