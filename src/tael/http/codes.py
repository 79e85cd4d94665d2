"""What a scanned code leads to."""

from typing import Final, Literal

from fastapi import APIRouter
from pydantic import Field

from tael import identity, merchants, payments, transfers
from tael.codecs import qr_errors
from tael.http.guards import SignedInAsking
from tael.http.payments_wire import PayeeWire
from tael.http.problems import problems
from tael.http.wire import Identifier, Instant, MoneyWire, Wire
from tael.kernel.clock import business_now
from tael.kernel.ids import wire

router: Final = APIRouter(tags=["codes"])

PAYLOAD_LENGTH_MAX: Final = 2048


class Scanned(Wire):
    """The text of a QR code, as the scanner gave it."""

    payload: str = Field(min_length=1, max_length=PAYLOAD_LENGTH_MAX)


class CodeOrderWire(Wire):
    """What an order asks for."""

    order: Identifier
    description: str
    expires_at: Instant
    capture: payments.Capture = Field(
        description="`manual`: the amount is set aside, and the shop takes it later."
    )


class NoticeWire(Wire):
    """Something about the code that its payer should see."""

    code: Literal["not_by_standard", "payee_name_differs"]
    where: str = Field(description="The EMVCo tag.", examples=["59"])
    rule: str


class ResolvedWire(Wire):
    """Whom a code pays, from our own records, not from the code."""

    kind: Literal["order", "store", "person"]
    payee: PayeeWire
    amount: MoneyWire | None = Field(description="Null where the payer enters it.")
    order: CodeOrderWire | None
    memo: str | None
    receive_code: str | None = Field(description="Of a person's code: send it with the transfer.")
    level: Literal["B", "D"] | None = Field(
        description="D is a printed code: a small amount a day. B is a dynamic one."
    )
    expires_at: Instant | None
    warnings: list[NoticeWire]


@router.post(
    "/codes/resolve",
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        qr_errors.NotEmvco,
        qr_errors.CrcMismatch,
        payments.errors.SchemeNotRoutable,
        payments.errors.CodeUnknown,
        payments.errors.CodeAltered,
        payments.errors.AmountChanged,
        payments.errors.SelfPayment,
        payments.errors.OrderAlreadyPaid,
        payments.errors.OrderBeingPaid,
        payments.errors.OrderExpired,
        payments.errors.OrderClosed,
        merchants.errors.StoreClosed,
        transfers.errors.SelfTransfer,
        transfers.errors.ReceiveCodeUnknown,
        transfers.errors.ReceiveCodeExpired,
        transfers.errors.ReceiveCodeUsed,
    ),
)
async def resolve(edge: SignedInAsking, body: Scanned) -> ResolvedWire:
    """Say whom and what a scanned code would pay. Moves nothing and promises nothing."""
    async with edge.services.database.read() as session:
        now = await business_now(session)
        payer = edge.customer_id
        found = await payments.resolve(session, body.payload, payer=payer, now=now)
        if isinstance(found, payments.StoreCode):
            return _store(found)
        code = await transfers.read_receive_code(session, found.token, now=now)
        payee = await transfers.payee_by_id(session, payer, code.customer_id)
        return _person(code, payee, found.notices)


def _store(found: payments.StoreCode) -> ResolvedWire:
    order = found.order
    return ResolvedWire(
        kind="store" if order is None else "order",
        payee=PayeeWire.of_store(found.store),
        amount=None if order is None else MoneyWire.of(order.amount),
        order=None
        if order is None
        else CodeOrderWire(
            order=wire("ord", order.id),
            description=order.description,
            expires_at=order.expires_at,
            capture=order.capture,
        ),
        memo=None,
        receive_code=None,
        level="D" if order is None else "B",
        expires_at=None if order is None else order.expires_at,
        warnings=[_notice(notice) for notice in found.notices],
    )


def _person(
    code: transfers.ReceiveCode,
    payee: transfers.Payee,
    notices: tuple[payments.CodeNotice, ...],
) -> ResolvedWire:
    return ResolvedWire(
        kind="person",
        payee=PayeeWire.of_person(payee),
        amount=None if code.amount is None else MoneyWire.of(code.amount),
        order=None,
        memo=code.memo or None,
        receive_code=code.token,
        level=None,
        expires_at=code.expires_at,
        warnings=[_notice(notice) for notice in notices],
    )


def _notice(notice: payments.CodeNotice) -> NoticeWire:
    return NoticeWire(code=notice.code, where=notice.where, rule=notice.rule)
