"""A client that insists: one connection, the same key until there is a definite answer.

It speaks HTTP/1.1 by itself, so that a cut reply is seen as cut, a request can be held back
before its last octet, and a thousand calls cost little.
"""

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

CALL_TIMEOUT_S: Final = 15.0
RETRY_FIRST_S: Final = 0.05
RETRY_MAX_S: Final = 0.25
_HEAD_MAX: Final = 64 * 1024
_OK: Final = 200
_REFUSED: Final = 400
_BROKEN: Final = 500


class Unanswered(Exception):
    """No whole reply came: the call may have been done or not."""


class NeverSettled(Exception):
    """No definite answer within the time that was given."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it came."""

    status: int
    body: bytes
    cookies: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return _OK <= self.status < _REFUSED

    def json(self) -> Json:
        """Its body."""
        found: Json = json.loads(self.body) if self.body else {}
        return found

    @property
    def code(self) -> str:
        """A refusal's code; nothing where it was done or is no refusal."""
        if self.ok:
            return ""
        try:
            return str(self.json().get("code", ""))
        except ValueError:
            return ""

    @property
    def is_definite(self) -> bool:
        """Whether the same key would get the same answer for ever."""
        if self.ok:
            return True
        if self.status >= _BROKEN:
            return False
        try:
            return bool(self.json().get("advice") != "same_key")
        except ValueError:
            return False


class Caller:
    """One browser: its cookies and its connection to one of the addresses."""

    def __init__(
        self, addresses: Sequence[tuple[str, int]], cookies: dict[str, str] | None = None
    ) -> None:
        self._addresses = addresses
        self._at = secrets.randbelow(len(addresses))
        self.cookies = dict(cookies or {})
        self.calls = 0
        self.unanswered = 0
        self.slowest_s = 0.0
        """The longest that one call waited, for an answer or for the end of its patience."""
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        key: str | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> Reply:
        """Ask once; raises `Unanswered` when no whole reply comes in time."""
        request = self.request(method, path, body, key=key)
        self.calls += 1
        began = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                reader, writer = await self.connected()
                writer.write(request)
                await writer.drain()
                reply = await read_reply(reader)
        except (OSError, TimeoutError, EOFError, ValueError, asyncio.LimitOverrunError) as fault:
            self.unanswered += 1
            self.hang_up()
            # The next try may find another process.
            self._at = (self._at + 1) % len(self._addresses)
            raise Unanswered(repr(fault)) from fault
        except BaseException:
            self.hang_up()
            raise
        finally:
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        self.cookies.update(reply.cookies)
        return reply

    async def settle(
        self, method: str, path: str, body: Json | None = None, *, key: str | None, within_s: float
    ) -> tuple[Reply, int]:
        """Ask with the same key until the answer is definite; it and the number of tries."""
        deadline = asyncio.get_running_loop().time() + within_s
        tries, pause, last = 0, RETRY_FIRST_S, "nothing"
        while asyncio.get_running_loop().time() < deadline:
            tries += 1
            try:
                reply = await self.call(method, path, body, key=key)
            except Unanswered as lost:
                last = str(lost)
            else:
                if reply.is_definite:
                    return reply, tries
                last = f"{reply.status} {reply.body[:200]!r}"
            await asyncio.sleep(pause)
            pause = min(pause * 2, RETRY_MAX_S)
        raise NeverSettled(f"{method} {path} key {key}: {tries} tries in {within_s} s, last {last}")

    def request(
        self, method: str, path: str, body: Json | None = None, *, key: str | None = None
    ) -> bytes:
        """The octets of a request, for those who send them their own way."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        lines = [f"{method} /api{path} HTTP/1.1", "Host: localhost"]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()))
        if key is not None:
            lines.append(f"Idempotency-Key: {key}")
        if content:
            lines += ["Content-Type: application/json"]
        if content or method != "GET":
            lines.append(f"Content-Length: {len(content)}")
        return "\r\n".join([*lines, "", ""]).encode() + content

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection, opened if there is none."""
        if self._stream is None:
            host, port = self._addresses[self._at % len(self._addresses)]
            self._stream = await asyncio.open_connection(host, port, limit=_HEAD_MAX)
        return self._stream

    def move(self, addresses: Sequence[tuple[str, int]]) -> None:
        """Ask elsewhere from now on."""
        self.hang_up()
        self._addresses = addresses

    def hang_up(self) -> None:
        """Close the connection; the next call opens another."""
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(OSError, RuntimeError):
                stream[1].close()


async def read_reply(reader: asyncio.StreamReader) -> Reply:
    """One whole reply; raises `EOFError` or `ValueError` on anything less."""
    head = await reader.readuntil(b"\r\n\r\n")
    status_line, *lines = head[:-4].decode("latin-1").split("\r\n")
    status = int(status_line.split(" ", 2)[1])
    length = 0
    cookies = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
        elif name.lower() == "set-cookie":
            cookie, _, text = value.split(";")[0].strip().partition("=")
            cookies.append((cookie, text.strip('"')))
    body = await reader.readexactly(length) if length else b""
    return Reply(status, body, tuple(cookies))


def new_key() -> str:
    """An idempotency key."""
    return secrets.token_hex(16)


def money(minor: int) -> Json:
    """An amount of fen on the wire."""
    return {"value": minor, "currency": "CNY"}
