"""Messages of the card switch that move money, and those that undo it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tael.codecs.iso8583 import MalformedMessage
from tael.codecs.iso8583_parts import (
    Acceptor,
    LocalTime,
    MessageKey,
    Original,
    Pan,
    amount_fields,
    check,
    check_amount,
    check_time,
    needed,
    read_amount,
    read_code,
)
from tael.codecs.response_codes import ResponseCode
from tael.kernel.money import Money

Fields = Mapping[int, str]


class Processing(StrEnum):
    """Field 3: which way the money goes."""

    PURCHASE = "000000"
    """From the card: a top-up, or a payment by card."""
    ORIGINAL_CREDIT = "260000"
    """To the card: a withdrawal."""
    REFUND = "200000"
    """Back to the card that paid a shop: an advice, repeated until it is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancialRequest:
    """0200, and 0220 for a refund: move money from or to a card."""

    key: MessageKey
    pan: Pan
    processing: Processing
    amount: Money
    local: LocalTime
    acceptor: Acceptor
    reference: str
    """Retrieval reference number: twelve letters and digits, ours."""
    expiry: str | None = None
    """`YYMM`"""
    entry_mode: str = "012"
    """Field 22: typed in, no PIN pad."""
    condition: str = "00"
    """Field 25: a normal request."""

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check(37, self.reference)
        check(22, self.entry_mode)
        check(25, self.condition)
        if self.expiry is not None:
            check(14, self.expiry)
            check_time(13, f"{self.expiry[2:]}01", "%m%d")

    @property
    def mti(self) -> str:
        """A refund is an advice: it tells what the shop has given already."""
        return "0220" if self.processing is Processing.REFUND else "0200"

    @property
    def original(self) -> Original:
        """How a reversal or an inquiry names this request."""
        return Original(self.mti, self.key)

    def answer(self, code: ResponseCode, *, approval: str | None = None) -> "FinancialResponse":
        """The switch's answer to this request."""
        return FinancialResponse(
            key=self.key,
            processing=self.processing,
            amount=self.amount,
            reference=self.reference,
            code=code,
            approval=approval,
        )

    def fields(self) -> dict[int, str]:
        return {
            **self.key.fields(),
            **self.local.fields(),
            **self.acceptor.fields(),
            **amount_fields(self.amount),
            **({} if self.expiry is None else {14: self.expiry}),
            2: self.pan.reveal(),
            3: self.processing,
            22: self.entry_mode,
            25: self.condition,
            37: self.reference,
        }

    @classmethod
    def read(cls, mti: str, fields: Fields) -> "FinancialRequest":
        return cls(
            key=MessageKey.read(fields),
            pan=Pan(needed(fields, 2)),
            processing=_processing(fields, refund=mti == "0220"),
            amount=read_amount(fields),
            local=LocalTime.read(fields),
            acceptor=Acceptor.read(fields),
            reference=needed(fields, 37),
            expiry=fields.get(14),
            entry_mode=needed(fields, 22),
            condition=needed(fields, 25),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancialResponse:
    """0210, and 0230 for a refund: what became of it."""

    key: MessageKey
    processing: Processing
    amount: Money
    reference: str
    code: ResponseCode
    approval: str | None = None
    """Field 38: six letters and digits of the card's bank."""

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check(37, self.reference)
        if self.approval is not None:
            check(38, self.approval)

    @property
    def mti(self) -> str:
        """The answer to an advice has a type of its own."""
        return "0230" if self.processing is Processing.REFUND else "0210"

    def answers(self, request: FinancialRequest) -> bool:
        """Whether this is about that request, amount and all: the trace number alone is reused."""
        mine = (self.key, self.processing, self.amount, self.reference)
        return mine == (request.key, request.processing, request.amount, request.reference)

    def fields(self) -> dict[int, str]:
        return {
            **self.key.fields(),
            **amount_fields(self.amount),
            **({} if self.approval is None else {38: self.approval}),
            3: self.processing,
            37: self.reference,
            39: self.code,
        }

    @classmethod
    def read(cls, mti: str, fields: Fields) -> "FinancialResponse":
        return cls(
            key=MessageKey.read(fields),
            processing=_processing(fields, refund=mti == "0230"),
            amount=read_amount(fields),
            reference=needed(fields, 37),
            code=read_code(fields),
            approval=fields.get(38),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """0400, and 0420 when repeated: undo the original, or see that it never happens."""

    key: MessageKey
    """Its own; every repeat carries it again."""
    original: Original
    pan: Pan
    processing: Processing
    """The original's."""
    amount: Money
    local: LocalTime
    acceptor: Acceptor
    reference: str
    """The original's."""
    repeat: bool = False
    """Sent before without an answer."""

    def __post_init__(self) -> None:
        check_amount(self.amount)
        check(37, self.reference)

    def answer(self, code: ResponseCode) -> "ReversalResponse":
        """The switch's answer to this reversal."""
        return ReversalResponse(
            key=self.key,
            original=self.original,
            amount=self.amount,
            code=code,
            repeat=self.repeat,
        )

    def fields(self) -> dict[int, str]:
        return {
            **self.key.fields(),
            **self.original.fields(),
            **self.local.fields(),
            **self.acceptor.fields(),
            **amount_fields(self.amount),
            2: self.pan.reveal(),
            3: self.processing,
            37: self.reference,
        }

    @classmethod
    def read(cls, mti: str, fields: Fields) -> "Reversal":
        return cls(
            key=MessageKey.read(fields),
            original=Original.read(fields),
            pan=Pan(needed(fields, 2)),
            processing=_processing(fields),
            amount=read_amount(fields),
            local=LocalTime.read(fields),
            acceptor=Acceptor.read(fields),
            reference=needed(fields, 37),
            repeat=mti == "0420",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversalResponse:
    """0410 or 0430: 00 when the original is undone or will never be done."""

    key: MessageKey
    original: Original
    amount: Money
    code: ResponseCode
    repeat: bool = False

    def __post_init__(self) -> None:
        check_amount(self.amount)

    def answers(self, reversal: Reversal) -> bool:
        """Whether this is about that reversal; an answer to its first sending counts as well."""
        mine = (self.key, self.original, self.amount)
        return mine == (reversal.key, reversal.original, reversal.amount)

    def fields(self) -> dict[int, str]:
        about = {**self.key.fields(), **self.original.fields(), **amount_fields(self.amount)}
        return {**about, 39: self.code}

    @classmethod
    def read(cls, mti: str, fields: Fields) -> "ReversalResponse":
        return cls(
            key=MessageKey.read(fields),
            original=Original.read(fields),
            amount=read_amount(fields),
            code=read_code(fields),
            repeat=mti == "0430",
        )


def _processing(fields: Fields, *, refund: bool | None = None) -> Processing:
    """Field 3; where the message's type says whether it is a refund, both must say the same."""
    value = needed(fields, 3)
    if value not in set(Processing):
        raise MalformedMessage("3", f"processing code {value} is not one of ours")
    processing = Processing(value)
    if refund is not None and refund != (processing is Processing.REFUND):
        raise MalformedMessage("3", f"processing code {value} does not fit the type")
    return processing
