"""The port to whoever carries our SMS, and its HTTP adapter."""

from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

import httpx

from tael.kernel import ids

TIMEOUT_S: Final = 5.0

_PASSING: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


class SmsRejected(Exception):
    """The gateway will never send this message."""


class SmsUnsure(Exception):
    """The gateway may or may not have taken the message: ask again with the same id."""


class SmsGateway(Protocol):
    """Takes messages; the same id twice sends one message."""

    async def send(self, message_id: UUID, to: str, text: str) -> None:
        """Hand a message over; raises `SmsRejected` or `SmsUnsure`."""


class HttpSmsGateway:
    """Speaks `POST {url}` with `{"id", "to", "text"}`; 2xx is taken, 4xx is never."""

    def __init__(self, url: str, client: httpx.AsyncClient) -> None:
        self._url = url
        self._client = client

    async def send(self, message_id: UUID, to: str, text: str) -> None:
        """Hand a message over. The text never reaches a log or an exception."""
        body = {"id": ids.wire("msg", message_id), "to": to, "text": text}
        try:
            reply = await self._client.post(self._url, json=body, timeout=TIMEOUT_S)
        except httpx.HTTPError as fault:
            raise SmsUnsure(type(fault).__name__) from None
        if reply.is_success:
            return
        if reply.is_client_error and reply.status_code not in _PASSING:
            raise SmsRejected(f"HTTP {reply.status_code}")
        raise SmsUnsure(f"HTTP {reply.status_code}")
