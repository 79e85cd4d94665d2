"""Session, sign-in by phone and PIN, sign-out."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from tael import customers, identity
from tael.http.code_entry import (
    ACCEPTED,
    CodeSent,
    CodeTyped,
    SixDigits,
    send_code,
    with_code,
)
from tael.http.cookies import device, new_device, set_device
from tael.http.edge import NO_CONTENT, Answer, Edge
from tael.http.errors import DeviceMissing
from tael.http.guards import Device
from tael.http.pin_entry import Confirmed, PinEntry, with_pin
from tael.http.problems import problems
from tael.http.wire import Instant, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.refusals import Overloaded, TooMany

router: Final = APIRouter(tags=["identity"])

Language = Literal["zh-CN", "en"]
PhoneTyped = Annotated[str, StringConstraints(min_length=1, max_length=32), Field(repr=False)]


class Terms(Wire):
    """The terms in force, to be accepted by their version."""

    version: str = Field(examples=["2026-01"])
    url: str = Field(examples=["/terms"])


class SessionBody(Wire):
    """Who this browser speaks for, and what it needs to begin."""

    stage: Literal["anonymous", "phone_verified", "full"]
    registered: bool | None = Field(
        description="Whether the verified number has a wallet; null before it is verified."
    )
    customer: str | None = Field(examples=["cus_01h455vb4pex5vsknk084sn02q"])
    phone_masked: str | None = Field(examples=["138****1234"])
    language: Language | None
    sandbox: bool
    terms: Terms
    machine_time: Instant
    business_time: Instant


class PhoneGiven(Wire):
    """A number to send a code to."""

    phone: PhoneTyped = Field(examples=["13800001234"])
    language: Language = "zh-CN"


class PinGiven(Wire):
    """The payment PIN."""

    pin: SixDigits = Field(examples=["804219"])


async def session_body(
    edge: Edge, session: ReadSession, view: identity.SessionView | None
) -> SessionBody:
    """The session as the app sees it."""
    customer_id = view.customer_id if view else None
    registered: bool | None = None
    phone_masked = language = None
    if view is not None:
        phone_masked = (await identity.phone_of(session, view, sealer=edge.services.sealer)).masked
        owner = customer_id or await identity.customer_by_phone_hash(session, view.phone_hash)
        registered = owner is not None
    if customer_id is not None:
        language = await identity.language_of(session, customer_id)
    return SessionBody.model_construct(
        stage=view.stage.value if view else "anonymous",
        registered=registered,
        customer=ids.wire("cus", customer_id) if customer_id else None,
        phone_masked=phone_masked,
        language=language,
        sandbox=edge.services.settings.sandbox,
        terms=Terms(version=customers.TERMS_VERSION, url=customers.TERMS_URL),
        machine_time=machine_now(),
        business_time=await business_now(session),
    )


async def signed_in(edge: Edge, session: WriteSession, signed: identity.SignedIn) -> Answer:
    """The session with its new token."""
    return Answer(model=await session_body(edge, session, signed.view), token=signed.token)


@router.get("/session")
async def read_session(edge: Device, response: Response) -> SessionBody:
    """Say who this browser speaks for; gives a new browser the cookie that it needs first."""
    if device(edge.request) is None:
        set_device(response, new_device())
    async with edge.services.database.read() as session:
        return await session_body(edge, session, edge.session)


@router.post(
    "/sign-in/codes",
    status_code=ACCEPTED,
    response_model=CodeSent,
    responses=problems(identity.PhoneInvalid, identity.CodeTooSoon, TooMany),
)
async def ask_for_code(edge: Device, given: PhoneGiven) -> Response:
    """Send a code to a number, to sign up or in; nothing tells whether the number is known."""
    phone = identity.Phone.parse(given.phone)
    return await send_code(edge, phone, identity.CodePurpose.SIGN_IN, given.language)


@router.post(
    "/sign-in",
    response_model=SessionBody,
    responses=problems(identity.CodeWrong, identity.CodeSpent, TooMany),
)
async def enter_code(edge: Device, typed: CodeTyped) -> Response:
    """Confirm the number; `registered` tells whether the PIN or a new wallet comes next."""
    sealer = edge.services.sealer

    async def act(session: WriteSession, right: identity.RightCode, now: identity.Moment) -> Answer:
        signed = await identity.confirm_phone(
            session, right, edge.device_id, sealer=sealer, now=now.machine
        )
        return await signed_in(edge, session, signed)

    return await with_code(edge, typed, identity.CodePurpose.SIGN_IN, act)


@router.post(
    "/sign-in/pin",
    response_model=SessionBody,
    responses=problems(
        identity.SignedOut,
        identity.NotRegistered,
        identity.PinWrong,
        identity.PinLocked,
        Overloaded,
    ),
)
async def enter_pin(edge: Device, given: PinGiven) -> Response:
    """Sign in with the PIN of the confirmed number's wallet; gives a new session cookie."""

    async def owner(session: ReadSession) -> UUID:
        return await owner_of(edge, session)

    async def act(confirmed: Confirmed) -> Answer:
        session, now = confirmed.session, confirmed.now.machine
        signed = await identity.sign_in(session, edge.view, confirmed.customer_id, now=now)
        return await signed_in(edge, session, signed)

    return await with_pin(edge, PinEntry(owner, given.pin, ids.new_id()), act)


async def owner_of(edge: Edge, session: ReadSession) -> UUID:
    """Whose number the session confirmed.

    The guard lets strangers through to here, so that a replay whose first reply was lost with
    its new cookie finds that reply; everybody else is refused.
    """
    if edge.session is None:
        raise identity.SignedOut
    customer_id = await identity.customer_by_phone_hash(session, edge.session.phone_hash)
    if customer_id is None:
        raise identity.NotRegistered
    return customer_id


@router.post("/sign-out", status_code=NO_CONTENT, responses=problems(DeviceMissing))
async def leave(edge: Device) -> Response:
    """End this session; signing out twice is no fault."""

    async def act(session: WriteSession, _now: datetime) -> Answer:
        if edge.session is not None:
            await identity.sign_out(session, edge.session.session_id, now=machine_now())
        return Answer(model=None, sign_out=True)

    return await edge.once(act)
