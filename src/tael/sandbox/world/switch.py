"""The other bank's card switch: ISO 8583 over TCP, in front of its own books.

Several acquirers' connections at once, several requests at once on each. Requests reach the books
in the order in which they came; an answer that was told to be late delays no other.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from tael.codecs.framing import Deframer, frame
from tael.codecs.iso8583_messages import (
    FinancialRequest,
    Inquiry,
    MalformedMessage,
    Message,
    NetworkRequest,
    ResponseCode,
    Reversal,
    decode,
    encode,
)
from tael.sandbox.world.books import Books, Request
from tael.sandbox.world.modes import Mode, ModeKind, Modes, Traffic, When

_READ_OCTETS: Final = 4096


class _HangUp(Exception):
    """The switch was told to close this connection."""


class SwitchServer:
    """Listens for acquirers and answers them out of the books, as the modes in force say."""

    def __init__(self, books: Books, modes: Modes) -> None:
        self._books = books
        self._modes = modes
        self._writers: set[asyncio.StreamWriter] = set()
        self._late: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self, host: str, port: int) -> AsyncIterator[int]:
        """Listen until the block ends; yields the port, which 0 leaves to the system."""
        server = await asyncio.start_server(self._serve, host, port)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in list(self._late):
                task.cancel()
            for writer in list(self._writers):
                writer.close()
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        deframer = Deframer()
        try:
            while chunk := await reader.read(_READ_OCTETS):
                for raw in deframer.feed(chunk):
                    self._answer(decode(raw), writer)
        except (_HangUp, MalformedMessage, ConnectionError, asyncio.CancelledError):
            # Whoever sends what cannot be read has lost the rhythm of the line: it starts anew.
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _answer(self, message: Message, writer: asyncio.StreamWriter) -> None:
        """Let the books do it, and answer now, later, twice or never."""
        mode = self._mode(message)
        if mode.when is When.BEFORE:
            if mode.kind is ModeKind.DROP:
                raise _HangUp
            if mode.kind is ModeKind.TIMEOUT:
                return
        reply = frame(encode(self._reply(message, mode)))
        match mode.kind:
            case ModeKind.DROP:
                raise _HangUp
            case ModeKind.TIMEOUT:
                return
            case ModeKind.DELAY:
                task = asyncio.create_task(_send_late(writer, reply, mode.seconds))
                self._late.add(task)
                task.add_done_callback(self._late.discard)
            case ModeKind.TWICE:
                writer.write(reply + reply)
            case ModeKind.APPROVE | ModeKind.DECLINE:
                writer.write(reply)

    def _mode(self, message: Message) -> Mode:
        match message:
            case FinancialRequest():
                return self._modes.take(Traffic.FINANCIAL, message.pan.reveal())
            case Reversal():
                return self._modes.take(Traffic.REVERSAL, message.pan.reveal())
            case Inquiry():
                return self._modes.take(Traffic.INQUIRY, "")
            case _:
                return self._modes.take(Traffic.NETWORK, "")

    def _reply(self, message: Message, mode: Mode) -> Message:
        forced = mode.code if mode.kind is ModeKind.DECLINE else None
        match message:
            case FinancialRequest():
                answer = self._books.perform(_request(message), forced=forced)
                return message.answer(answer.code, approval=answer.approval)
            case Reversal():
                return message.answer(forced or self._books.reverse(message.original.key))
            case Inquiry():
                if forced is not None:
                    return message.answer(forced)
                outcome = self._books.outcome(message.original.key)
                if outcome is None:
                    return message.answer(ResponseCode.NOT_FOUND)
                return message.answer(ResponseCode.APPROVED, outcome)
            case NetworkRequest():
                return message.answer()
            case _:
                raise MalformedMessage("t", "a switch is asked, not answered")


def _request(message: FinancialRequest) -> Request:
    return Request(
        key=message.key,
        processing=message.processing,
        number=message.pan.reveal(),
        amount=message.amount.minor,
        mcc=message.acceptor.mcc,
        reference=message.reference,
    )


async def _send_late(writer: asyncio.StreamWriter, reply: bytes, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if not writer.is_closing():
        writer.write(reply)
