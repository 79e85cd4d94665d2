"""One connection as the server speaks it: who is slow, too long or no HTTP is sent away.

uvicorn waits without end for a request that was begun, and answers what it cannot read in plain
text. Hundreds of such callers would hold sockets that customers need.
"""

import asyncio
import secrets
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tael.http import problems
from tael.http.errors import BodyTooLarge, MalformedHttp
from tael.http.statuses import STATUS
from tael.kernel.refusals import Overloaded, Refusal

HEAD_S: Final = 10
"""From the connection, or a request's first byte, until its headers must be there."""
REQUEST_S: Final = 30
"""From a request's first byte until its body must be there: a portrait on a slow line."""
HEAD_MAX: Final = 32 * 1024
REQUESTS_MAX: Final = 10_000
"""Requests in hand at once, open event streams among them."""
LOOK_EVERY_S: Final = 2.5


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with an end to its patience."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*args, **kwargs)
        self._begun_at: float | None = None
        """When what we wait for began; None while the client waits for us."""
        self._in_head = True
        self._head_bytes = 0
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._begun_at = self.loop.time()
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, octets: bytes) -> None:
        """Take what came, unless the headers have grown too long."""
        if self._in_head:
            self._head_bytes += len(octets)
        super().data_received(octets)
        if self._in_head and self._head_bytes > HEAD_MAX and not self.transport.is_closing():
            self._send_away(BodyTooLarge(bytes_max=HEAD_MAX))

    def on_message_begin(self) -> None:
        """Note when a request began."""
        super().on_message_begin()
        self._begun_at = self.loop.time()

    def on_headers_complete(self) -> None:
        """Hand the request over, unless too many are in hand."""
        self._in_head = False
        full = len(self.tasks) >= REQUESTS_MAX
        self.app = _overloaded if full else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """From here on the client waits for us."""
        self._begun_at = None
        self._in_head = True
        self._head_bytes = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says it in a problem
        """Say that this was no HTTP."""
        self._send_away(MalformedHttp())

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        patience = HEAD_S if self._in_head else REQUEST_S
        if self._begun_at is not None and self.loop.time() - self._begun_at > patience:
            self.transport.close()
        self._looking = self.loop.call_later(LOOK_EVERY_S, self._look)

    def _send_away(self, refusal: Refusal) -> None:
        """Answer with a problem and hang up; nothing of the request was carried out."""
        body = problems.body(refusal, request_id=secrets.token_hex(8))
        head = (
            f"content-type: {problems.MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[STATUS[refusal.code]] + head.encode() + body)
        self.transport.close()


async def _overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    reply = problems.response(Overloaded(retry_after_s=1), request_id=secrets.token_hex(8))
    await reply(scope, receive, send)
