"""What every operation has in common, added to the OpenAPI document in one place."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tael import identity, staff
from tael.http import guards
from tael.http.cookies import SESSION_COOKIE, STAFF_COOKIE
from tael.http.errors import BodyTooLarge, Busy, DeviceMissing, ForeignOrigin
from tael.http.guards import SAFE_METHODS
from tael.http.problems import MEDIA_TYPE, describe
from tael.http.statuses import STATUS
from tael.kernel.idempotency import InProgress, KeyMissing, KeyReused
from tael.kernel.refusals import MalformedId, Refusal

KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": (
        "Made by the client for this act and kept until a definite answer; the same key with "
        "the same request gets the same reply again."
    ),
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    "example": "3f0e9b8a7d6c5b4a39281706",
}

_ROLES = {guards.Clerk, guards.ClerkAsking, guards.Checker, guards.Overseer}
_STAFF = {guards.StaffSigned, guards.StaffAsking} | _ROLES
_KEYED = {
    *(guards.Device, guards.Signed, guards.SignedIn, guards.StaffEntering, guards.StaffSigned),
    *(guards.Clerk, guards.Checker, guards.Overseer),
}
_SIGNED = {guards.Signed, guards.SignedIn, guards.SignedInAsking}
_SIGNED_IN = {guards.SignedIn, guards.SignedInAsking}

_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def install(app: FastAPI, routers: Sequence[APIRouter], *, prefix: str) -> None:
    """Let the app describe keys and sessions as well as what FastAPI sees."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = describe()
        document.setdefault("components", {})["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
            "staff": {"type": "apiKey", "in": "cookie", "name": STAFF_COOKIE},
        }
        for route in _routes(routers):
            for method in route.methods or ():
                operation = document["paths"][prefix + route.path][method.lower()]
                _complete(operation, route, method)
        return document

    app.openapi = described  # type: ignore[method-assign]  # FastAPI documents this way


def _routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    """What the routers hold: an app keeps an included router whole, not its routes."""
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    held = _guards(route.dependant)
    unsafe = method not in SAFE_METHODS
    keyed = unsafe and _held(held, _KEYED)
    if _held(held, _SIGNED):
        operation["security"] = [{"session": []}]
    if _held(held, _STAFF):
        operation["security"] = [{"staff": []}]
    if keyed:
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    elif unsafe:
        operation["x-changes-nothing"] = True
    common: list[type[Refusal]] = []
    common += [identity.SignedOut] if _held(held, _SIGNED) else []
    common += [identity.PinRequired] if _held(held, _SIGNED_IN) else []
    common += [staff.SignedOut, staff.PasswordChangeDue] if _held(held, _STAFF) else []
    common += [staff.RoleMissing] if _held(held, _ROLES) else []
    common += [KeyMissing, DeviceMissing, KeyReused, InProgress, Busy] if keyed else []
    common += [ForeignOrigin, BodyTooLarge] if unsafe else []
    common += [MalformedId] if route.dependant.path_params else []
    _add(operation["responses"], common)


def _add(responses: dict[str, Any], refusals: Sequence[type[Refusal]]) -> None:
    """Document what the perimeter and the guards refuse, and that a refusal is a problem."""
    for refusal in refusals:
        entry = responses.setdefault(str(STATUS[refusal.code]), {"description": "", "content": {}})
        problem = entry["content"].setdefault(MEDIA_TYPE, {})
        describe(refusal, problem.setdefault("examples", {}), entry)
    for entry in responses.values():
        if MEDIA_TYPE in entry.get("content", {}):
            entry["content"].pop("application/json", None)
            entry["content"][MEDIA_TYPE]["schema"] = _PROBLEM


def _held(held: set[Any], some: set[Any]) -> bool:
    return bool(held & {_call(guard) for guard in some})


def _guards(dependant: Dependant) -> set[Any]:
    return {inner.call for inner in dependant.dependencies}


def _call(guard: Any) -> Any:  # noqa: ANN401 - the metadata of Annotated is untyped
    return guard.__metadata__[0].dependency
