"""Standing orders: money sent later, once or again and again."""

from datetime import date, datetime
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from tael import customers, identity, transfers
from tael.http.edge import CREATED
from tael.http.guards import SignedIn
from tael.http.problems import problems
from tael.http.transfers_wire import Memo, PersonPayeeWire, TimetableWire
from tael.http.wire import Identifier, Instant, MoneyWire, PositiveMoney, Wire
from tael.kernel import ids
from tael.kernel.database import WriteSession

router: Final = APIRouter(tags=["standing orders"])

_PREFIX: Final = "sor"
_EXAMPLE: Final = "sor_01j9z3k4m5n6p7q8r9s0t1v2w3"


class StandingOrderAsked(Wire):
    """Send this amount to this person on these days, as authorised with the PIN."""

    payee: Identifier = Field(examples=["cus_01j9z3k4m5n6p7q8r9s0t1v2w3"])
    amount: PositiveMoney
    memo: Memo = ""
    timetable: TimetableWire
    authorisation: Identifier = Field(examples=["aut_01j9z3k4m5n6p7q8r9s0t1v2w3"])


class StandingRunWire(Wire):
    """How one day ended. Where it failed, `refusal` is the code of what was refused all day."""

    due_on: date
    state: transfers.RunState
    transfer: Identifier | None
    movement: Identifier | None
    refusal: str | None = Field(examples=["ledger.insufficient_funds"])
    at: Instant

    @classmethod
    def of(cls, run: transfers.StandingRun) -> "StandingRunWire":
        return cls.model_construct(
            due_on=run.due_on,
            state=run.state,
            transfer=ids.wire("trf", run.transfer_id) if run.transfer_id else None,
            movement=ids.wire("mov", run.movement_id) if run.movement_id else None,
            refusal=run.refusal,
            at=run.at,
        )


class StandingOrderWire(Wire):
    """A standing order of yours. It sends on `next_on`, from 8 in the morning in Shanghai."""

    standing_order: Identifier = Field(examples=[_EXAMPLE])
    payee: PersonPayeeWire
    amount: MoneyWire
    memo: str
    timetable: TimetableWire
    state: transfers.StandingState
    next_on: date | None
    created_at: Instant
    runs: list[StandingRunWire] = Field(description="The newest first; in lists only that.")

    @classmethod
    def of(cls, order: transfers.StandingOrder) -> "StandingOrderWire":
        return cls.model_construct(
            standing_order=ids.wire(_PREFIX, order.id),
            payee=PersonPayeeWire.of(order.payee),
            amount=MoneyWire.of(order.amount),
            memo=order.memo,
            timetable=TimetableWire.of(order.timetable),
            state=order.state,
            next_on=order.next_on,
            created_at=order.created_at,
            runs=[StandingRunWire.of(run) for run in order.runs],
        )


class StandingOrdersBody(Wire):
    """Active ones first, by their next day."""

    standing_orders: list[StandingOrderWire]


@router.post(
    "/standing-orders",
    status_code=CREATED,
    response_model=StandingOrderWire,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.AuthorisationInvalid,
        customers.errors.WalletFrozen,
        customers.errors.WalletClosed,
        transfers.errors.SelfTransfer,
        transfers.errors.PayeeNotFound,
        transfers.standing_errors.StandingDaysInvalid,
        transfers.standing_errors.StandingOrdersFull,
    ),
)
async def make(edge: SignedIn, asked: StandingOrderAsked) -> Response:
    """Have money sent on later days. Nothing moves before the first of them."""
    new = transfers.NewStandingOrder(
        id=transfers.StandingOrderId(ids.new_id()),
        payee=ids.parse("cus", asked.payee),
        amount=asked.amount.money(),
        memo=transfers.clean_memo(asked.memo),
        timetable=asked.timetable.timetable(),
        authorisation=identity.AuthorisationId(ids.parse("aut", asked.authorisation)),
        bearer=edge.bearer,
    )

    async def act(session: WriteSession, now: datetime) -> StandingOrderWire:
        return StandingOrderWire.of(await transfers.make_standing_order(session, new, now=now))

    return await edge.once(act, status=CREATED)


@router.get("/standing-orders", responses=problems(identity.SignedOut, identity.PinRequired))
async def see_all(edge: SignedIn) -> StandingOrdersBody:
    """Your standing orders, ended ones too."""
    async with edge.services.database.read() as session:
        found = await transfers.standing_orders(session, edge.customer_id)
    return StandingOrdersBody(standing_orders=[StandingOrderWire.of(each) for each in found])


@router.get(
    "/standing-orders/{standing_order}",
    responses=problems(
        identity.SignedOut, identity.PinRequired, transfers.standing_errors.StandingOrderNotFound
    ),
)
async def see(edge: SignedIn, standing_order: str) -> StandingOrderWire:
    """One of them, with how its days ended."""
    order_id = transfers.StandingOrderId(ids.parse(_PREFIX, standing_order))
    async with edge.services.database.read() as session:
        found = await transfers.standing_order(session, edge.customer_id, order_id)
    return StandingOrderWire.of(found)


@router.delete(
    "/standing-orders/{standing_order}",
    response_model=StandingOrderWire,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        transfers.standing_errors.StandingOrderNotFound,
        transfers.standing_errors.StandingOrderEnded,
    ),
)
async def cancel(edge: SignedIn, standing_order: str) -> Response:
    """Stop one for good. No PIN: stopping is always easy."""
    order_id = transfers.StandingOrderId(ids.parse(_PREFIX, standing_order))

    async def act(session: WriteSession, now: datetime) -> StandingOrderWire:
        return StandingOrderWire.of(
            await transfers.cancel_standing_order(session, edge.customer_id, order_id, now=now)
        )

    return await edge.once(act)
