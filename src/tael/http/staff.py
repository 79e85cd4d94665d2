"""The console's door: who of our staff this browser speaks for, sign-in, password, sign-out."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from tael import staff
from tael.http.cookies import device, new_device, set_device
from tael.http.edge import NO_CONTENT, Answer, Edge
from tael.http.errors import DeviceMissing
from tael.http.guards import StaffEntering
from tael.http.problems import problems, request_id_of
from tael.http.wire import Instant, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.refusals import Overloaded, TooMany
from tael.staff import Role

router: Final = APIRouter(prefix="/staff", tags=["staff"])

SIGN_IN_WINDOW_S: Final = 900
SIGN_INS_AN_ADDRESS: Final = 60
"""More sign-ins than this from one network address in a quarter of an hour are a guesser's."""

Password = Annotated[str, StringConstraints(min_length=1, max_length=512), Field(repr=False)]
"""As it was typed; it shows in no log and no error."""


class StaffSessionBody(Wire):
    """Who of our staff this browser speaks for."""

    stage: Literal["anonymous", "password_change", "full"]
    staff: str | None = Field(examples=["stf_01h455vb4pex5vsknk084sn02q"])
    login: str | None = Field(examples=["clerk"])
    name: str | None = Field(examples=["陈静"])
    roles: list[Role]
    sandbox: bool
    machine_time: Instant
    business_time: Instant


class StaffSignIn(Wire):
    """A log-in and its password."""

    login: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        examples=["clerk"]
    )
    password: Password = Field(examples=["a long sentence only I know"])


class PasswordChosen(Wire):
    """The present password, and the one that is to take its place."""

    present: Password
    chosen: Password = Field(examples=["a long sentence only I know"])


async def _body(edge: Edge, session: ReadSession, view: staff.StaffView | None) -> StaffSessionBody:
    stage: Literal["anonymous", "password_change", "full"] = "anonymous"
    if view is not None:
        stage = "password_change" if view.password_change_due else "full"
    return StaffSessionBody.model_construct(
        stage=stage,
        staff=ids.wire("stf", view.staff_id) if view else None,
        login=view.login if view else None,
        name=view.name if view else None,
        roles=sorted(view.roles) if view else [],
        sandbox=edge.services.settings.sandbox,
        machine_time=machine_now(),
        business_time=await business_now(session),
    )


@router.get("/session")
async def read_staff_session(edge: StaffEntering, response: Response) -> StaffSessionBody:
    """Say who of our staff this browser speaks for; gives a new browser the cookie it needs."""
    if device(edge.request) is None:
        set_device(response, new_device())
    async with edge.services.database.read() as session:
        return await _body(edge, session, edge.staff)


async def _right_password(
    edge: Edge, login: str, password: str, taken: staff.TakenTry | None
) -> staff.RightPassword:
    services = edge.services
    if taken is None:  # A retry after a crash did not run `begin`: it takes a try of its own.
        async with services.database.write() as session:
            taken = await staff.take_try(
                session, login, edge.device_id, sealer=services.sealer, now=machine_now()
            )
    return await staff.judge_password(services.pins, taken, password)


@router.post(
    "/sign-in",
    response_model=StaffSessionBody,
    responses=problems(staff.SignInWrong, staff.SignInDelayed, TooMany, Overloaded),
)
async def staff_sign_in(edge: StaffEntering, given: StaffSignIn) -> Response:
    """Sign in to the console. Known and unknown log-ins are answered alike, and wait alike."""
    login = given.login.strip().lower()
    await edge.limit(
        f"staff.sign_in:{edge.address}", limit=SIGN_INS_AN_ADDRESS, window_s=SIGN_IN_WINDOW_S
    )
    edge.services.pins.admit()
    taken: staff.TakenTry | None = None

    async def begin(session: WriteSession, _now: datetime) -> UUID:
        nonlocal taken
        taken = await staff.take_try(
            session, login, edge.device_id, sealer=edge.services.sealer, now=machine_now()
        )
        return ids.new_id()

    async def finish(_subject: UUID) -> Answer:
        right = await _right_password(edge, login, given.password, taken)
        return await _enter(edge, right)

    return await edge.steps(begin, finish)


async def _enter(edge: Edge, right: staff.RightPassword) -> Answer:
    async with edge.services.database.write() as session:
        signed = await staff.sign_in(
            session,
            right,
            edge.device_id,
            request_id=request_id_of(edge.request),
            now=machine_now(),
        )
        return Answer(model=await _body(edge, session, signed.view), token=signed.token)


@router.post(
    "/password",
    response_model=StaffSessionBody,
    responses=problems(
        staff.SignedOut,
        staff.SignInWrong,
        staff.SignInDelayed,
        staff.PasswordWeak,
        staff.PasswordUnchanged,
        Overloaded,
    ),
)
async def change_staff_password(edge: StaffEntering, given: PasswordChosen) -> Response:
    """Choose another password: at least 15 characters, whatever they are; all else signs out."""
    edge.services.pins.admit()
    taken: staff.TakenTry | None = None

    async def begin(session: WriteSession, _now: datetime) -> UUID:
        nonlocal taken
        if edge.staff is None:
            raise staff.SignedOut
        taken = await staff.take_try(
            session,
            edge.staff.login,
            edge.device_id,
            sealer=edge.services.sealer,
            now=machine_now(),
        )
        return ids.new_id()

    async def finish(_subject: UUID) -> Answer:
        if edge.staff is None:
            raise staff.SignedOut
        right = await _right_password(edge, edge.staff.login, given.present, taken)
        return await _replace(edge, right, given)

    return await edge.steps(begin, finish)


async def _replace(edge: Edge, right: staff.RightPassword, given: PasswordChosen) -> Answer:
    hasher = edge.services.pins
    chosen = await staff.hash_new_password(hasher, edge.colleague, given.present, given.chosen)
    async with edge.services.database.write() as session:
        signed = await staff.change_password(
            session, right, chosen, edge.device_id, actor=edge.actor, now=machine_now()
        )
        return Answer(model=await _body(edge, session, signed.view), token=signed.token)


@router.post("/sign-out", status_code=NO_CONTENT, responses=problems(DeviceMissing))
async def staff_sign_out(edge: StaffEntering) -> Response:
    """End this session of the console; signing out twice is no fault."""

    async def act(session: WriteSession, _now: datetime) -> Answer:
        if edge.staff is not None:
            await staff.end_session(session, edge.staff, edge.actor, now=machine_now())
        return Answer(model=None, sign_out=True)

    return await edge.once(act)
