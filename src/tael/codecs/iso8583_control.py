"""Messages of the card switch that move nothing: what became of it, and are you there.

**Inquiry.** ISO 8583:1987 has no message that asks for an outcome. A repeat (0201) would
carry the payment out if its first copy was lost, which is no question. So we use an
authorisation-class request, which moves no money, with a processing code of the private
range (38), and field 90 for the original. DE39 answers the question itself: 00 found, 25 never
seen, 09 still in progress; the original's outcome stands in DE44: its response code and
whether it was reversed since. *Never seen* is no promise, for the original may still be on its
way: reverse it. A switch refuses an original that comes after its reversal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tael.codecs.iso8583 import MalformedMessage
from tael.codecs.iso8583_parts import MessageKey, Original, needed, read_code
from tael.codecs.response_codes import ResponseCode, response_code

_INQUIRY: Final = "380000"
Fields = Mapping[int, str]


class NetworkFunction(StrEnum):
    """Field 70: what a network message is about."""

    SIGN_ON = "001"
    """We are open for requests."""
    SIGN_OFF = "002"
    """We shall not answer until the next sign-on."""
    ECHO = "301"
    """Are you there?"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """0100 with processing code 380000: asks what became of that message."""

    key: MessageKey
    original: Original

    def answer(
        self, code: ResponseCode, outcome: "OriginalOutcome | None" = None
    ) -> "InquiryResponse":
        """The switch's answer: 00 with the outcome, or why there is none."""
        return InquiryResponse(key=self.key, original=self.original, code=code, outcome=outcome)

    def fields(self) -> dict[int, str]:
        return {**self.key.fields(), **self.original.fields(), 3: _INQUIRY}

    @classmethod
    def read(cls, _mti: str, fields: Fields) -> "Inquiry":
        _check_inquiry(fields)
        return cls(key=MessageKey.read(fields), original=Original.read(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalOutcome:
    """What became of the original: field 44, its response code and `N` or `R` for reversed."""

    code: ResponseCode
    reversed: bool = False

    def text(self) -> str:
        return f"{self.code}{'R' if self.reversed else 'N'}"

    @classmethod
    def read(cls, text: str) -> "OriginalOutcome":
        code, state = response_code(text[:2]), text[2:]
        if code is None or state not in {"N", "R"}:
            raise MalformedMessage("44", "not a response code and N or R")
        return cls(code=code, reversed=state == "R")


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryResponse:
    """0110: the answer to an inquiry, with the original's outcome exactly when DE39 is 00."""

    key: MessageKey
    original: Original
    code: ResponseCode
    outcome: OriginalOutcome | None = None

    def __post_init__(self) -> None:
        if (self.code is ResponseCode.APPROVED) != (self.outcome is not None):
            raise MalformedMessage("44", "an outcome stands exactly with response code 00")

    def answers(self, inquiry: Inquiry) -> bool:
        """Whether this is about that inquiry."""
        return (self.key, self.original) == (inquiry.key, inquiry.original)

    def fields(self) -> dict[int, str]:
        about = {**self.key.fields(), **self.original.fields(), 3: _INQUIRY, 39: self.code}
        return about if self.outcome is None else {**about, 44: self.outcome.text()}

    @classmethod
    def read(cls, _mti: str, fields: Fields) -> "InquiryResponse":
        _check_inquiry(fields)
        outcome = fields.get(44)
        return cls(
            key=MessageKey.read(fields),
            original=Original.read(fields),
            code=read_code(fields),
            outcome=None if outcome is None else OriginalOutcome.read(outcome),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRequest:
    """0800: about the connection, not about money."""

    key: MessageKey
    function: NetworkFunction

    def answer(self, code: ResponseCode = ResponseCode.APPROVED) -> "NetworkResponse":
        """The other side's answer."""
        return NetworkResponse(key=self.key, function=self.function, code=code)

    def fields(self) -> dict[int, str]:
        return {**self.key.fields(), 70: self.function}

    @classmethod
    def read(cls, _mti: str, fields: Fields) -> "NetworkRequest":
        return cls(key=MessageKey.read(fields), function=_function(fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkResponse:
    """0810: the other side is there."""

    key: MessageKey
    function: NetworkFunction
    code: ResponseCode

    def fields(self) -> dict[int, str]:
        return {**self.key.fields(), 39: self.code, 70: self.function}

    @classmethod
    def read(cls, _mti: str, fields: Fields) -> "NetworkResponse":
        return cls(key=MessageKey.read(fields), function=_function(fields), code=read_code(fields))


def _check_inquiry(fields: Fields) -> None:
    if needed(fields, 3) != _INQUIRY:
        raise MalformedMessage("3", f"the only authorisation request is {_INQUIRY}, an inquiry")


def _function(fields: Fields) -> NetworkFunction:
    value = needed(fields, 70)
    if value not in set(NetworkFunction):
        raise MalformedMessage("70", f"network function {value} is not one of ours")
    return NetworkFunction(value)
