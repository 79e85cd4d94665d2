"""Refusals on the wire: RFC 9457 problem details with a code and advice."""

from datetime import datetime
from typing import Any, Final

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from tael.http.addresses import Addresses
from tael.http.errors import Busy, MethodNotAllowed, NotFound
from tael.http.statuses import STATUS
from tael.kernel.money import Money
from tael.kernel.refusals import Advice, DatabaseAway, Detail, InvalidRequest, Refusal

MEDIA_TYPE: Final = "application/problem+json"
ERRORS_MAX: Final = 20
INTERNAL_ERROR: Final = 500

_log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """What a refused request gets back (RFC 9457), with a code and advice for programs."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/docs/errors/ledger.insufficient_funds"])
    title: str = Field(examples=["The account cannot cover this amount."])
    status: int = Field(examples=[409])
    code: str = Field(examples=["ledger.insufficient_funds"])
    advice: Advice = Field(description="never: change the request; same_key: ask again with it;")
    request_id: str | None = Field(default=None, description="Tell us this when you ask us.")


def body(refusal: Refusal, *, request_id: str | None) -> bytes:
    """The problem document of a refusal."""
    document: dict[str, Any] = {
        "type": f"/docs/errors/{refusal.code}",
        "title": refusal.meaning(),
        "status": STATUS[refusal.code],
        "code": refusal.code,
        "advice": refusal.advice.value,
        "request_id": request_id,
    }
    document.update({name: on_the_wire(value) for name, value in refusal.details.items()})
    return orjson.dumps(document)


def on_the_wire(value: Detail) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """A refusal's detail as JSON: money as minor units with its currency."""
    match value:
        case Money():
            return {"value": value.minor, "currency": value.currency.code}
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case list():
            return [on_the_wire(item) for item in value]
        case dict():
            return {name: on_the_wire(item) for name, item in value.items()}
        case _:
            return value


def response(refusal: Refusal, *, request_id: str | None) -> Response:
    """The problem as a reply."""
    headers = {}
    after = refusal.details.get("retry_after_s")
    if isinstance(after, int):
        headers["Retry-After"] = str(after)
    return Response(
        body(refusal, request_id=request_id),
        status_code=STATUS[refusal.code],
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def failure(request_id: str) -> Response:
    """The reply when we are at fault: it may or may not have been done."""
    document = {
        "type": "about:blank",
        "title": "Something went wrong on our side.",
        "status": INTERNAL_ERROR,
        "code": "kernel.failure",
        "advice": Advice.SAME_KEY.value,
        "request_id": request_id,
    }
    return Response(orjson.dumps(document), status_code=INTERNAL_ERROR, media_type=MEDIA_TYPE)


def problems(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """Document an operation's refusals: one entry a status, each code with its meaning."""
    documented: dict[int | str, dict[str, Any]] = {}
    every: tuple[type[Refusal], ...] = (InvalidRequest, *refusals)
    for refusal in every:
        entry = documented.setdefault(
            STATUS[refusal.code],
            {"model": Problem, "description": "", "content": {MEDIA_TYPE: {"examples": {}}}},
        )
        describe(refusal, entry["content"][MEDIA_TYPE]["examples"], entry)
    return documented


def describe(refusal: type[Refusal], examples: dict[str, Any], entry: dict[str, Any]) -> None:
    """Add one refusal to what an operation's document says of its status."""
    if refusal.code in examples:
        return
    entry["description"] += f"`{refusal.code}`: {refusal.meaning()}\n\n"
    examples[refusal.code] = {
        "value": {
            "type": f"/docs/errors/{refusal.code}",
            "title": refusal.meaning(),
            "status": STATUS[refusal.code],
            "code": refusal.code,
            "advice": refusal.advice.value,
        }
    }


def install(app: FastAPI, addresses: Addresses) -> None:
    """Make every fault of a request end in a problem body."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> Response:
        return response(refusal, request_id=request_id_of(request))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, fault: RequestValidationError) -> Response:
        # What was sent is not echoed: it may hold a PIN or a card number.
        errors: list[Detail] = [
            {"where": ".".join(str(part) for part in error["loc"]), "message": str(error["msg"])}
            for error in fault.errors()[:ERRORS_MAX]
        ]
        return response(InvalidRequest(errors=errors), request_id=request_id_of(request))

    @app.exception_handler(HTTPException)
    async def unroutable(request: Request, fault: HTTPException) -> Response:
        refusal = _unroutable(request, fault, addresses)
        reply = response(refusal, request_id=request_id_of(request))
        if isinstance(refusal, MethodNotAllowed):
            allowed = addresses.methods(request.scope["path"])
            reply.headers["Allow"] = ", ".join(sorted(allowed))
        return reply

    @app.exception_handler(asyncpg.DataError)
    async def unstorable(request: Request, fault: asyncpg.DataError) -> Response:
        # A text that PostgreSQL cannot hold, e.g. one with a NUL: the sender's fault.
        _log.warning("request.unstorable", fault=type(fault).__name__)
        errors: list[Detail] = [{"where": "body", "message": "holds a value that cannot be kept"}]
        return response(InvalidRequest(errors=errors), request_id=request_id_of(request))

    @app.exception_handler(asyncpg.LockNotAvailableError)
    @app.exception_handler(asyncpg.QueryCanceledError)
    async def busy(request: Request, fault: asyncpg.PostgresError) -> Response:
        _log.warning("database.busy", fault=type(fault).__name__)
        return response(Busy(retry_after_s=1), request_id=request_id_of(request))

    for kind in _AWAY:
        app.add_exception_handler(kind, _away)


_AWAY: Final = (
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # The driver's, when a connection dies between two statements.
    ConnectionError,
    FileNotFoundError,  # The database's socket, when its server is gone.
)


async def _away(request: Request, fault: Exception) -> Response:
    """The database is gone, or cannot write: it may or may not have been done."""
    if isinstance(fault, asyncpg.InterfaceError) and "closed" not in str(fault):
        raise fault  # A slip of ours with the driver.
    _log.warning("database.away", fault=type(fault).__name__)
    return response(DatabaseAway(retry_after_s=1), request_id=request_id_of(request))


def _unroutable(request: Request, fault: HTTPException, addresses: Addresses) -> Refusal:
    """What the framework's own fault is among ours."""
    if isinstance(fault.__cause__, Refusal):
        return fault.__cause__  # Reading the body was refused, and the framework wrapped it.
    if fault.status_code not in {STATUS[NotFound.code], STATUS[MethodNotAllowed.code]}:
        return InvalidRequest(errors=[{"where": "body", "message": fault.detail}])
    allowed = addresses.methods(request.scope["path"])
    return MethodNotAllowed() if allowed and request.method not in allowed else NotFound()


def request_id_of(request: Request) -> str | None:
    """The id that the outermost middleware gave this request."""
    found: str | None = request.scope.get("tael.request_id")
    return found
