"""Messages on a byte stream: two octets of length, big-endian, then that many octets.

The card switch's TCP framing, as pure functions: who owns the socket feeds what it reads.
"""

from typing import Final

from tael.codecs.iso8583 import MalformedMessage

LENGTH_OCTETS: Final = 2
FRAME_MAX: Final = 4096
"""Octets of one message: ours have some 250, so what is longer is not for us."""


def frame(message: bytes) -> bytes:
    """This message with its length before it."""
    assert 0 < len(message) <= FRAME_MAX, f"a frame of {len(message)} octets"
    return len(message).to_bytes(LENGTH_OCTETS, "big") + message


class Deframer:
    """Cuts a byte stream into messages, however the network cut it.

    Holds at most one unfinished frame. After a refusal the stream has lost its rhythm and every
    later call refuses too: close the connection.
    """

    def __init__(self, *, maximum: int = FRAME_MAX) -> None:
        self._maximum = maximum
        self._buffer = bytearray()
        self._broken: str | None = None

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that this chunk completes, in order, perhaps none.

        Refuses with `MalformedMessage` a frame that is empty or longer than the maximum. Messages
        completed before it in the same chunk are lost with the connection.
        """
        self._buffer += chunk
        messages = []
        at = 0
        while self._broken is None and len(self._buffer) - at >= LENGTH_OCTETS:
            length = int.from_bytes(self._buffer[at : at + LENGTH_OCTETS], "big")
            if not 0 < length <= self._maximum:
                self._broken = f"a frame of {length} octets, not 1 to {self._maximum}"
                break
            end = at + LENGTH_OCTETS + length
            if end > len(self._buffer):
                break
            messages.append(bytes(self._buffer[at + LENGTH_OCTETS : end]))
            at = end
        del self._buffer[:at]
        if self._broken is not None:
            self._buffer.clear()
            raise MalformedMessage("frame", self._broken)
        return messages

    @property
    def waiting(self) -> int:
        """Octets of a frame that is not complete yet."""
        return len(self._buffer)
