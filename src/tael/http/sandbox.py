"""The sandbox's own operations: what a person who tries the bank needs from its outside world."""

from datetime import timedelta
from typing import Annotated, Any, Final, Literal

import httpx
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field, Strict

from tael.http.errors import Busy
from tael.http.guards import Device, services_of
from tael.http.problems import problems
from tael.http.wire import Instant, Text, Whole, Wire
from tael.kernel.clock import advance, business_day, business_now, machine_now
from tael.kernel.idempotency import KeyMissing
from tael.kernel.refusals import InvalidRequest
from tael.sandbox import invent, move_world

CLOCK_STEP_MAX_S: Final = 400 * 24 * 3600
REFUSED: Final = 422
"""How the world says that an order makes no sense to it."""
CARD_BALANCE_MINOR: Final = 10_000_000
"""What an invented card holds: 100,000 yuan."""

router = APIRouter(prefix="/sandbox", tags=["sandbox"])

Digits = Annotated[str, Field(pattern=r"^\+?\d{5,20}$")]


class InboxMessage(Wire):
    """An SMS that a phone in the sandbox has got."""

    to: str
    text: str
    sent_at: str


class Inbox(Wire):
    """What a phone has got, oldest first."""

    messages: list[InboxMessage]


class Clock(Wire):
    """The bank's time."""

    business_time: Instant


class Advance(Wire):
    """How far to move the bank's time forward."""

    advance_s: Whole = Field(ge=0, le=CLOCK_STEP_MAX_S, examples=[86_400])


class SandboxCard(Wire):
    """A card that the sandbox's banks know, with the four elements that bind it."""

    number: str
    bank: str
    kind: Literal["debit", "credit"]
    name: str
    id_number: str
    phone: str


class SandboxCards(Wire):
    """All cards of the sandbox's banks."""

    cards: list[SandboxCard]


class NewCard(Wire):
    """Have a bank issue a card to somebody; who is left out is invented."""

    phone: Digits
    kind: Literal["debit", "credit"] = "debit"
    bank: Annotated[Text, Field(max_length=20)] = "demo"
    name: Annotated[Text, Field(min_length=1, max_length=40)] | None = None
    id_number: Annotated[Text, Field(min_length=18, max_length=18)] | None = None


class SwitchOrder(Wire):
    """How the other bank's card switch shall behave for the next requests."""

    mode: Literal["approve", "decline", "delay", "timeout", "twice", "drop"]
    card: Annotated[str, Field(pattern=r"^\d{4,19}$")] | None = Field(
        default=None, description="Only for this card: its number or last four."
    )
    count: Whole | None = Field(default=1, ge=1, le=1_000, description="null: until told otherwise")
    seconds: Annotated[float, Strict()] = Field(default=2.0, ge=0, le=120, allow_inf_nan=False)


class SwitchOrders(Wire):
    """What stands ordered."""

    standing: list[dict[str, Any]]


async def _world(request: Request, method: str, path: str, **content: Any) -> Any:  # noqa: ANN401 - JSON has no narrower type
    world = services_of(request).world
    if world is None:
        raise Busy(retry_after_s=1)
    try:
        answer = await world.request(method, path, **content)
        if answer.status_code == REFUSED:
            raise InvalidRequest(errors=[{"where": "body", "message": answer.json()["error"]}])
        answer.raise_for_status()
    except httpx.HTTPError as fault:
        raise Busy(retry_after_s=1) from fault
    return answer.json()


@router.get("/inbox", responses=problems(Busy))
async def inbox(request: Request, to: Annotated[Digits, Query()]) -> Inbox:
    """Read the messages that a phone has got: the codes are in them."""
    found = await _world(request, "GET", "/sms/inbox", params={"to": to})
    return Inbox.model_validate(found)


@router.get("/clock")
async def clock(request: Request) -> Clock:
    """Read the bank's time."""
    async with services_of(request).database.read() as session:
        return Clock(business_time=await business_now(session))


@router.post("/clock", responses=problems(KeyMissing, Busy))
async def move_clock(body: Advance, edge: Device) -> Response:
    """Move the whole bank forward: limits reset, codes and holds expire."""

    async def act(session: Any, _now: Any) -> Clock:  # noqa: ANN401 - bound by `once`
        return Clock(business_time=await advance(session, timedelta(seconds=body.advance_s)))

    moved = await edge.once(act)
    world = edge.services.world
    if world is not None:
        async with edge.services.database.read() as session:
            ahead = await business_now(session) - machine_now()
        try:
            await move_world(world, ahead)
        except httpx.HTTPError as fault:
            raise Busy(retry_after_s=1) from fault
    return moved


@router.get("/cards", responses=problems(Busy))
async def cards(request: Request) -> SandboxCards:
    """List the cards that can be bound, with their holders' four elements."""
    known = (await _world(request, "GET", "/cards"))["cards"]
    shown = [{name: card[name] for name in SandboxCard.model_fields} for card in known]
    return SandboxCards.model_validate({"cards": shown})


@router.post("/cards", status_code=201, responses=problems(Busy))
async def issue_card(body: NewCard, request: Request) -> SandboxCard:
    """Have a bank of the sandbox issue a card, to an invented person unless one is named."""
    someone = invent.person(business_day(machine_now()))
    holder = {
        "name": body.name or someone.name,
        "id_number": body.id_number or someone.id_number,
        "phone": body.phone,
    }
    asked = {"bank": body.bank, "kind": body.kind, "balance": CARD_BALANCE_MINOR, **holder}
    issued = await _world(request, "POST", "/cards", json=asked)
    return SandboxCard(number=issued["number"], bank=body.bank, kind=body.kind, **holder)


@router.post("/switch", responses=problems(Busy))
async def order_switch(body: SwitchOrder, request: Request) -> SwitchOrders:
    """Have the other bank's switch decline, delay, time out, answer twice or drop."""
    asked = body.model_dump()
    return SwitchOrders.model_validate(await _world(request, "POST", "/control", json=asked))
