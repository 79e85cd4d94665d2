"""What every operation has in common, added to the OpenAPI document in one place."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tael.http import guards
from tael.http.cookies import SESSION_COOKIE
from tael.http.guards import SAFE_METHODS

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

_KEYED = {guards.Device, guards.Signed, guards.SignedIn}
_SIGNED = {guards.Signed, guards.SignedIn, guards.SignedInAsking}


def install(app: FastAPI, routers: Sequence[APIRouter], *, prefix: str) -> None:
    """Let the app describe keys and sessions as well as what FastAPI sees."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = describe()
        document.setdefault("components", {})["securitySchemes"] = {
            "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE}
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
    if held & {_call(guard) for guard in _SIGNED}:
        operation["security"] = [{"session": []}]
    if method in SAFE_METHODS:
        return
    if held & {_call(guard) for guard in _KEYED}:
        operation.setdefault("parameters", []).append(KEY_PARAMETER)
    else:
        operation["x-changes-nothing"] = True


def _guards(dependant: Dependant) -> set[Any]:
    return {inner.call for inner in dependant.dependencies}


def _call(guard: Any) -> Any:  # noqa: ANN401 - the metadata of Annotated is untyped
    return guard.__metadata__[0].dependency
