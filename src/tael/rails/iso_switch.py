"""The card switch over ISO 8583 on TCP: one lasting connection, many requests at once on it.

An answer is matched to its request by its type and the request's own key (fields 11, 7 and 32)
and must repeat its amount. What cannot be read, or answers nothing that is asked, is logged and
left: the request that it may have been meant for ends as unanswered, which is safe. A financial
answer that comes too late goes to `on_late`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

import structlog

from tael.codecs.framing import Deframer, frame
from tael.codecs.iso8583_messages import (
    FinancialRequest,
    FinancialResponse,
    Inquiry,
    InquiryResponse,
    MalformedMessage,
    Message,
    MessageKey,
    NetworkFunction,
    NetworkRequest,
    NetworkResponse,
    Reversal,
    ReversalResponse,
    decode,
    encode,
)
from tael.kernel.clock import machine_now
from tael.rails.card_switch import NeverSent, NoAnswer
from tael.rails.messages import ACQUIRER

ECHO_EVERY_S: Final = 30.0
CONNECT_TIMEOUT_S: Final = 3.0
RECONNECT_FIRST_S: Final = 0.2
RECONNECT_MAX_S: Final = 10.0
IN_FLIGHT_MAX: Final = 500
"""Requests that wait for answers on the line at one time; the next is refused before it leaves."""

_READ_OCTETS: Final = 4096
_NETWORK_STAN: Final = 0
"""Network messages move no money and need no trace number of their own; business starts at 1."""

_log = structlog.get_logger(__name__)

Reply = TypeVar("Reply", FinancialResponse, ReversalResponse, InquiryResponse, NetworkResponse)
OnLate = Callable[[FinancialResponse], Awaitable[object]]


class _Line:
    """One TCP connection and the requests that wait on it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, on_late: OnLate
    ) -> None:
        self._writer = writer
        self._on_late = on_late
        self._waiting: dict[tuple[type[Message], MessageKey], asyncio.Future[Message]] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read(reader), name="card switch line")

    @property
    def is_up(self) -> bool:
        """Whether something written now may arrive."""
        return not (self._reading.done() or self._writer.is_closing())

    async def ask(self, message: Message, key: MessageKey, expected: type[Reply]) -> Reply:
        """Send and wait; the caller sets the time limit. Raises `NeverSent` or `NoAnswer`."""
        slot = (expected, key)
        if not self.is_up or slot in self._waiting or len(self._waiting) >= IN_FLIGHT_MAX:
            raise NeverSent
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[slot] = answer
        try:
            self._writer.write(frame(encode(message)))
            await self._writer.drain()
            reply = await answer
        except ConnectionError:
            raise NoAnswer from None
        finally:
            del self._waiting[slot]
        assert isinstance(reply, expected), "replies are filed by their type"
        return reply

    async def hang_up(self) -> None:
        """Close, and record what came in late before we go."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        if self._late:
            await asyncio.wait(self._late)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        deframer = Deframer()
        try:
            while chunk := await reader.read(_READ_OCTETS):
                for raw in deframer.feed(chunk):
                    self._receive(raw)
        except (ConnectionError, MalformedMessage) as fault:
            _log.warning("switch.line_lost", fault=type(fault).__name__)
        finally:
            self._writer.close()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(NoAnswer())

    def _receive(self, raw: bytes) -> None:
        try:
            message = decode(raw)
        except MalformedMessage as fault:
            _log.warning("switch.unreadable", field=fault.field, reason=fault.reason)
            return
        answer = self._waiting.get((type(message), message.key))
        if answer is not None and not answer.done():
            answer.set_result(message)
        elif isinstance(message, FinancialResponse):
            task = asyncio.create_task(self._record_late(message))
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _record_late(self, response: FinancialResponse) -> None:
        _log.info("switch.late_answer", stan=response.key.stan, code=response.code)
        try:
            await self._on_late(response)
        except Exception as fault:  # noqa: BLE001 - the resolver finds the outcome without it
            _log.warning("switch.late_answer_not_recorded", exc_info=fault)


class IsoCardSwitch:
    """The port over one line that is opened when needed and again when it was lost."""

    def __init__(self, address: str | None, *, timeout_s: float, on_late: OnLate) -> None:
        self._address = address
        self._timeout_s = timeout_s
        self._on_late = on_late
        self._line: _Line | None = None
        self._opening = asyncio.Lock()
        self._failures = 0
        self._retry_at = 0.0

    @property
    def timeout_s(self) -> float:
        """How long any one message waits for its answer, connecting included."""
        return self._timeout_s

    @property
    def is_up(self) -> bool:
        """Whether the line stands; an idle one is tried every `ECHO_EVERY_S`."""
        return self._line is not None and self._line.is_up

    async def pay(self, request: FinancialRequest) -> FinancialResponse:
        """Move the money (0200)."""
        response = await self._exchange(request, request.key, FinancialResponse)
        if not response.answers(request):
            _log.error("switch.answer_differs", stan=request.key.stan)
            raise NoAnswer
        return response

    async def undo(self, reversal: Reversal) -> ReversalResponse:
        """Undo it (0400, repeated as 0420)."""
        response = await self._exchange(reversal, reversal.key, ReversalResponse)
        if not response.answers(reversal):
            _log.error("switch.answer_differs", stan=reversal.key.stan)
            raise NoAnswer
        return response

    async def inquire(self, inquiry: Inquiry) -> InquiryResponse:
        """Ask what became of it (0100)."""
        response = await self._exchange(inquiry, inquiry.key, InquiryResponse)
        if not response.answers(inquiry):
            _log.error("switch.answer_differs", stan=inquiry.key.stan)
            raise NoAnswer
        return response

    async def echo(self) -> None:
        """Ask whether the other side is there (0800); opens the line if need be."""
        await self._exchange(*_network(NetworkFunction.ECHO), NetworkResponse)

    async def keep_up(self) -> None:
        """Keep the line open for ever: try it when it idles, reopen it when it does not answer."""
        while True:
            try:
                await self.echo()
            except NoAnswer:
                _log.warning("switch.no_echo")
                await self.close()
            except NeverSent:
                await asyncio.sleep(RECONNECT_MAX_S)
                continue
            await asyncio.sleep(ECHO_EVERY_S)

    async def close(self) -> None:
        """Hang up."""
        line, self._line = self._line, None
        if line is not None:
            await line.hang_up()

    async def _exchange(self, message: Message, key: MessageKey, expected: type[Reply]) -> Reply:
        sent = False
        try:
            async with asyncio.timeout(self._timeout_s):
                line = await self._standing_line()
                sent = True
                return await line.ask(message, key, expected)
        except TimeoutError:
            raise (NoAnswer if sent else NeverSent) from None

    async def _standing_line(self) -> _Line:
        async with self._opening:
            if self._line is not None and self._line.is_up:
                return self._line
            await self.close()
            loop = asyncio.get_running_loop()
            if loop.time() < self._retry_at:
                raise NeverSent
            try:
                self._line = await self._open()
            except (OSError, TimeoutError, NeverSent, NoAnswer):
                pause = min(RECONNECT_FIRST_S * 2**self._failures, RECONNECT_MAX_S)
                self._failures += 1
                self._retry_at = loop.time() + pause
                _log.warning("switch.unreachable", retry_in_s=pause)
                raise NeverSent from None
            self._failures = 0
            return self._line

    async def _open(self) -> _Line:
        """Connect and sign on: a line that does not answer gets no request that moves money."""
        if self._address is None:
            raise NeverSent
        host, _, port = self._address.rpartition(":")
        async with asyncio.timeout(min(CONNECT_TIMEOUT_S, self._timeout_s)):
            reader, writer = await asyncio.open_connection(host, int(port))
            line = _Line(reader, writer, self._on_late)
            try:
                await line.ask(*_network(NetworkFunction.SIGN_ON), NetworkResponse)
            except BaseException:
                await line.hang_up()
                raise
            return line


def _network(function: NetworkFunction) -> tuple[NetworkRequest, MessageKey]:
    key = MessageKey.of(_NETWORK_STAN, machine_now(), ACQUIRER)
    return NetworkRequest(key=key, function=function), key


@asynccontextmanager
async def open_iso_switch(
    address: str | None, *, timeout_s: float, on_late: OnLate
) -> AsyncIterator[IsoCardSwitch]:
    """The switch at HOST:PORT, kept up until the block ends. It need not be there yet.

    Without an address nothing is ever sent, so that every operation is declined as such.
    """
    switch = IsoCardSwitch(address, timeout_s=timeout_s, on_late=on_late)
    keeping = asyncio.create_task(switch.keep_up(), name="card switch echo")
    try:
        yield switch
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        await switch.close()
