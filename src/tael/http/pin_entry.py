"""The steps of an operation that takes a PIN: count a try, hash outside any transaction, act."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from fastapi.responses import Response
from pydantic import BaseModel

from tael import identity
from tael.http.edge import Answer, Edge
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.refusals import Refusal

Owner = Callable[[ReadSession], Awaitable[UUID]]
"""Finds whose PIN it must be, or refuses."""


@dataclass(frozen=True, slots=True)
class PinEntry:
    """A PIN as somebody entered it, and the id of what it is for."""

    owner: Owner
    pin: str = field(repr=False)
    act_id: UUID
    """A retry after a crash finishes the act of this id."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A right PIN in the transaction that acts on it."""

    session: WriteSession
    customer_id: UUID
    act_id: UUID
    now: identity.Moment


PinAct = Callable[[Confirmed], Awaitable[BaseModel | Answer | None]]


async def with_pin(edge: Edge, entry: PinEntry, act: PinAct, *, status: int = 200) -> Response:
    """Run an act for a right PIN; a wrong one costs a try, which no refusal gives back."""
    services = edge.services
    services.pins.admit()
    taken: identity.TakenTry | None = None

    async def begin(session: WriteSession, _now: datetime) -> UUID:
        nonlocal taken
        owner = await entry.owner(session)
        taken = await identity.take_pin_try(session, owner, now=machine_now())
        return entry.act_id

    async def finish(act_id: UUID) -> BaseModel | Answer | None:
        # A retry after a crash did not run `begin`: it takes a try of its own.
        if taken is None:
            async with services.database.write() as session:
                await begin(session, machine_now())
        assert taken is not None
        right = await _judge(edge, taken, entry.pin)
        return await _act(edge, right, act, act_id)

    return await edge.steps(begin, finish, status=status)


def customer_of(edge: Edge) -> Owner:
    """The customer of a full session."""

    async def owner(_session: ReadSession) -> UUID:
        return edge.customer_id

    return owner


async def _judge(edge: Edge, taken: identity.TakenTry, pin: str) -> identity.RightPin:
    services = edge.services
    try:
        return await identity.judge_pin(services.pins, taken, pin)
    except identity.PinLocked:
        async with services.database.write() as session:
            await identity.tell_locked(
                session, taken.customer_id, sealer=services.sealer, now=machine_now()
            )
        raise


async def _act(
    edge: Edge, right: identity.RightPin, act: PinAct, act_id: UUID
) -> BaseModel | Answer | None:
    """Confirm the PIN and act, in one transaction; a refused act leaves the PIN confirmed."""
    async with edge.services.database.write() as session:
        now = identity.Moment(machine=machine_now(), business=await business_now(session))
        await identity.confirm_pin(session, right)
        try:
            async with session.savepoint():
                return await act(Confirmed(session, right.customer_id, act_id, now))
        except Refusal as refusal:
            refused = refusal
    raise refused
