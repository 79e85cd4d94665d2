"""Guards: who may call an operation, and that an unsafe call carries its key.

`Device` needs a known browser, `Signed` a verified phone number, `SignedIn` the PIN as well.
Staff have a cookie of their own: `StaffSigned` needs somebody of the bank, `Clerk`, `Checker` and
`Overseer` one with such a role. Each reads the Idempotency-Key of an unsafe method.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request

from tael import identity, staff
from tael.http.cookies import SESSION_COOKIE, STAFF_COOKIE, device, session_token
from tael.http.edge import Edge
from tael.http.errors import DeviceMissing
from tael.http.services import Services
from tael.kernel.clock import machine_now
from tael.kernel.idempotency import Key, KeyMissing

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")


def services_of(request: Request) -> Services:
    """What the composition root gave the app."""
    found: Services = request.app.state.services
    return found


async def session_of(request: Request, services: Services) -> identity.SessionView | None:
    """The live session that this browser shows, in one indexed read."""
    token = session_token(request)
    if token is None:
        return None
    now = machine_now()
    async with services.database.read() as session:
        view = await identity.session_by_token(session, token, now)
    if view is not None and view.needs_touch(now):
        async with services.database.write() as session:
            await identity.touch_session(session, view.session_id, now)
    return view


async def staff_of(request: Request, services: Services) -> staff.StaffView | None:
    """The live session of staff that this browser shows, in one read."""
    token = session_token(request, STAFF_COOKIE)
    if token is None:
        return None
    now = machine_now()
    async with services.database.read() as session:
        view = await staff.session_by_token(session, token, now)
    if view is not None and view.needs_touch(now):
        async with services.database.write() as session:
            await staff.touch_session(session, view.session_id, now)
    return view


async def _edge(
    request: Request,
    view: identity.SessionView | None,
    *,
    colleague: staff.StaffView | None = None,
    cookie: str = SESSION_COOKIE,
    keyed: bool = True,
) -> Edge:
    known = device(request)
    safe = request.method in SAFE_METHODS or not keyed
    if known is None:
        if not safe:
            raise DeviceMissing
        known = UUID(int=0)
    scope = view.customer_id if view is not None and view.customer_id is not None else known
    scope = colleague.staff_id if colleague is not None else scope
    return Edge(
        services=services_of(request),
        request=request,
        device_id=known,
        session=view,
        key=None if safe else await _key(request, scope),
        staff=colleague,
        cookie=cookie,
    )


async def _key(request: Request, scope: UUID) -> Key:
    keys = request.headers.getlist("idempotency-key")
    given = keys[0] if len(keys) == 1 else ""  # Of two, nobody could say which one counts.
    if not _KEY.fullmatch(given):
        raise KeyMissing
    operation = f"{request.method} {request.url.path}"
    # The hash is kept, and bodies hold PINs, codes and card numbers: without a key it could be
    # turned back by trying them all.
    body = (await request.body()).decode("latin-1")
    sealed = services_of(request).sealer.keyed_hash(body, purpose="http.request")
    return Key.of(scope=scope, operation=operation, key=given, request=sealed)


async def _device(request: Request) -> Edge:
    return await _edge(request, await session_of(request, services_of(request)))


async def _phone_session(request: Request) -> identity.SessionView:
    """A session of any stage; refuses `identity.signed_out`."""
    view = await session_of(request, services_of(request))
    if view is None:
        raise identity.SignedOut
    return view


async def _full_session(request: Request) -> identity.SessionView:
    """A session with the PIN entered; refuses `identity.pin_required` as well."""
    view = await _phone_session(request)
    if view.stage is not identity.Stage.FULL:
        raise identity.PinRequired
    return view


async def _signed(request: Request) -> Edge:
    return await _edge(request, await _phone_session(request))


async def _signed_in(request: Request) -> Edge:
    return await _edge(request, await _full_session(request))


async def _signed_in_asking(request: Request) -> Edge:
    return await _edge(request, await _full_session(request), keyed=False)


async def _staff_session(request: Request) -> staff.StaffView:
    """Somebody of the bank; refuses `staff.signed_out`."""
    view = await staff_of(request, services_of(request))
    if view is None:
        raise staff.SignedOut
    return view


async def _staff_entering(request: Request) -> Edge:
    view = await staff_of(request, services_of(request))
    # Before sign-in the device is the scope; after it too, so that a replay finds its reply.
    edge = await _edge(request, None, cookie=STAFF_COOKIE)
    return replace(edge, staff=view)


def _staff(*roles: staff.Role, keyed: bool = True) -> Callable[[Request], Awaitable[Edge]]:
    """A guard for staff who have one of these roles; without any, for all of them."""

    async def guard(request: Request) -> Edge:
        view = await _staff_session(request)
        if view.password_change_due:
            raise staff.PasswordChangeDue
        if roles and not view.roles & frozenset(roles):
            raise staff.RoleMissing(needs=[role.value for role in roles])
        return await _edge(request, None, colleague=view, cookie=STAFF_COOKIE, keyed=keyed)

    return guard


Device = Annotated[Edge, Depends(_device)]
"""Anybody, from a browser that has asked for its session before."""

Signed = Annotated[Edge, Depends(_signed)]
"""Somebody whose phone number is verified; the PIN may still be missing."""

SignedIn = Annotated[Edge, Depends(_signed_in)]
"""A customer who has entered the PIN."""

SignedInAsking = Annotated[Edge, Depends(_signed_in_asking)]
"""A customer whose POST only asks: it changes nothing, so it needs no key."""

StaffEntering = Annotated[Edge, Depends(_staff_entering)]
"""Anybody at the console's door: to sign in or out, or to change a password that is due."""

StaffSigned = Annotated[Edge, Depends(_staff())]
"""Somebody of the bank, in whatever role."""

StaffAsking = Annotated[Edge, Depends(_staff(keyed=False))]
"""Somebody of the bank whose POST only asks: it changes nothing, so it needs no key."""

Clerk = Annotated[Edge, Depends(_staff(staff.Role.CLERK))]
"""Somebody of the bank who may propose."""

ClerkAsking = Annotated[Edge, Depends(_staff(staff.Role.CLERK, keyed=False))]
"""Somebody who may propose, and only asks."""

Checker = Annotated[Edge, Depends(_staff(staff.Role.CHECKER))]
"""Somebody of the bank who may decide what another proposed."""

Overseer = Annotated[Edge, Depends(_staff(staff.Role.AUDITOR, staff.Role.ADMINISTRATOR))]
"""Somebody of the bank who sees what the others did."""
