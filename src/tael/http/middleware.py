"""What happens to every request before a handler sees it: plain ASGI, since it is on each path."""

import secrets
from codecs import BOM_UTF8
from typing import Final

import structlog
from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tael.http import problems
from tael.http.errors import BodyTooLarge, ForeignOrigin
from tael.kernel.refusals import Detail, InvalidRequest, Refusal

BODY_MAX: Final = 16 * 1024
"""What a request may weigh; a portrait has more room."""
PORTRAIT_BODY_MAX: Final = 480 * 1024
FILE_BODY_MAX: Final = 2 * 1024 * 1024
"""A file of payouts: 8,000 rows, Chinese in three octets a character."""
FILE_PATHS: Final = frozenset({"/api/staff/payouts", "/api/staff/payouts/check"})
PORTRAIT_PATHS: Final = frozenset({"/api/upgrades/identity", "/api/pin/reset"})

_HEAD: Final = 4
"""Bytes that tell UTF-16 and UTF-32 from UTF-8, which is all that JSON between systems may be
(RFC 8259, 8.1): Python's parser would guess and take them."""

_SAFE: Final = frozenset({"GET", "HEAD"})
_SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(self), clipboard-write=(self), geolocation=(), microphone=()",
}
_API_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_log = structlog.get_logger(__name__)


class Perimeter:
    """Names the request, refuses foreign origins and oversized bodies, adds security headers.

    Cross-site forgery: cookies are SameSite=Strict, an unsafe call needs a header that a
    foreign form cannot send, and one whose Origin or Sec-Fetch-Site is not ours is refused.
    """

    def __init__(self, app: ASGIApp, *, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope["tael.request_id"] = request_id
        trace.get_current_span().set_attribute("tael.request_id", request_id)
        api = scope["path"].startswith("/api/")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if api:
                    for name, value in _API_HEADERS.items():
                        headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            answer = problems.response(refusal, request_id=request_id)
            await answer(scope, receive, send_guarded)
            return
        await self._guarded(scope, _Bounded(receive, _body_max(scope)), send_guarded)

    async def _guarded(self, scope: Scope, receive: "_Bounded", send: Send) -> None:
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except BodyTooLarge as refusal:
            if started:
                raise
            answer = problems.response(refusal, request_id=scope["tael.request_id"])
            await answer(scope, receive, send)
        except Exception as fault:
            # A bug of ours. What it was stands in the log, under the id that the client gets.
            request_id = scope["tael.request_id"]
            _log.critical("request.failed", request_id=request_id, exc_info=fault)
            if started:
                raise
            await problems.failure(request_id)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        if scope["method"] in _SAFE:
            return None
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            return ForeignOrigin()
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return ForeignOrigin()
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _body_max(scope):
            return BodyTooLarge(bytes_max=_body_max(scope))
        return None


class _Bounded:
    """Reads a body that may be chunked; stops when it is too large or no UTF-8."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._limit = limit
        self._head = b""

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            chunk = message.get("body", b"")
            self._left -= len(chunk)
            if self._left < 0:
                raise BodyTooLarge(bytes_max=self._limit)
            if len(self._head) < _HEAD:
                self._head += chunk[:_HEAD]
                if b"\x00" in self._head or self._head.startswith(BOM_UTF8):
                    errors: list[Detail] = [{"where": "body", "message": "is not UTF-8 text"}]
                    raise InvalidRequest(errors=errors)
        return message


def _body_max(scope: Scope) -> int:
    if scope["path"] in FILE_PATHS:
        return FILE_BODY_MAX
    return PORTRAIT_BODY_MAX if scope["path"] in PORTRAIT_PATHS else BODY_MAX
