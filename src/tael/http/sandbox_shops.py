"""The sandbox's shops: what stands at the other side of the counter."""

import secrets
from base64 import b32encode
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from tael import merchants, payments
from tael.http.edge import CREATED
from tael.http.guards import Device, services_of
from tael.http.problems import problems
from tael.http.wire import Identifier, Instant, MoneyWire, PositiveMoney, Text, Whole, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import WriteSession

router: Final = APIRouter(prefix="/sandbox", tags=["sandbox"])

TOKEN_BYTES: Final = 15
LIFE_MAX_S: Final = int(payments.ORDER_LIFE_MAX.total_seconds())


class Shop(Wire):
    """A shop with the payload of its printed code."""

    store: Identifier
    name: str
    name_zh: str | None
    city: str
    mcc: str
    static_payload: str

    @classmethod
    def of(cls, store: merchants.Store) -> "Shop":
        return cls(
            store=ids.wire("sto", store.id),
            name=store.name,
            name_zh=store.name_zh,
            city=store.city,
            mcc=store.mcc,
            static_payload=payments.static_payload(store),
        )


class Shops(Wire):
    """All shops of the sandbox."""

    shops: list[Shop]


class OrderRequest(Wire):
    """What a shop asks to be paid."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "amount": {"value": 2350, "currency": "CNY"},
                    "description": "牛肉面 ×1",
                    "expires_in_s": 900,
                }
            ]
        }
    )

    amount: PositiveMoney
    description: Annotated[Text, Field(min_length=1, max_length=50)]
    expires_in_s: Whole | None = Field(default=None, ge=1, le=LIFE_MAX_S)
    capture: payments.Capture = Field(
        default=payments.Capture.AUTOMATIC,
        description="`manual`: paying sets the amount aside, for the shop to take later.",
    )


class OpenedOrder(Wire):
    """An order with the payload of its code."""

    order: Identifier
    payload: str
    expires_at: Instant


class OrderStanding(Wire):
    """How an order stands, as the shop's till shows it."""

    order: Identifier
    state: Literal["open", "paying", "held", "paid", "expired", "closed"]
    amount: MoneyWire
    paid_at: Instant | None


@router.get("/shops")
async def shops(request: Request) -> Shops:
    """List the shops and their printed codes."""
    async with services_of(request).database.read() as session:
        return Shops(shops=[Shop.of(store) for store in await merchants.list_stores(session)])


@router.post(
    "/shops/{store}/orders",
    status_code=CREATED,
    response_model=OpenedOrder,
    responses=problems(merchants.errors.StoreNotFound, merchants.errors.StoreClosed),
)
async def open_order(edge: Device, store: str, body: OrderRequest) -> Response:
    """Have a shop ask for an amount, and show the code to be scanned."""
    life = timedelta(seconds=body.expires_in_s) if body.expires_in_s else None
    new = payments.NewOrder(
        id=payments.OrderId(ids.new_id()),
        store_id=merchants.StoreId(ids.parse("sto", store)),
        amount=body.amount.money(),
        description=body.description,
        token=b32encode(secrets.token_bytes(TOKEN_BYTES)).decode(),
        life=life or payments.ORDER_LIFE_DEFAULT,
        capture=body.capture,
    )

    async def act(session: WriteSession, now: datetime) -> OpenedOrder:
        order = await payments.open_order(session, new, now=now)
        seller = (await merchants.stores(session, [order.store_id]))[order.store_id]
        payload = payments.order_payload(seller, order)
        return OpenedOrder(
            order=ids.wire("ord", order.id), payload=payload, expires_at=order.expires_at
        )

    return await edge.once(act, status=CREATED)


@router.post(
    "/shops/{store}/orders/{order}/close",
    response_model=OrderStanding,
    responses=problems(
        payments.errors.OrderNotFound,
        payments.errors.OrderAlreadyPaid,
        payments.errors.OrderBeingPaid,
        payments.errors.OrderClosed,
        payments.errors.OrderExpired,
    ),
)
async def close_order(edge: Device, store: str, order: str) -> Response:
    """Have a shop withdraw an order that nobody has paid."""
    store_id = merchants.StoreId(ids.parse("sto", store))
    order_id = payments.OrderId(ids.parse("ord", order))

    async def act(session: WriteSession, now: datetime) -> OrderStanding:
        return _standing(await payments.close_order(session, store_id, order_id, now=now), now)

    return await edge.once(act)


@router.get("/orders/{order}", responses=problems(payments.errors.OrderNotFound))
async def see_order(request: Request, order: str) -> OrderStanding:
    """How an order stands, as the shop's till shows it."""
    order_id = payments.OrderId(ids.parse("ord", order))
    async with services_of(request).database.read() as session:
        now = await business_now(session)
        return _standing(await payments.order_by_id(session, order_id), now)


def _standing(order: payments.Order, now: datetime) -> OrderStanding:
    return OrderStanding(
        order=ids.wire("ord", order.id),
        state=order.state_at(now).value,
        amount=MoneyWire.of(order.amount),
        paid_at=order.paid_at,
    )
