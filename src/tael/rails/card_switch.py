"""The port to the card switch. The sandbox's switch and a real one are reached the same way."""

from typing import Protocol

from tael.codecs.iso8583_messages import (
    FinancialRequest,
    FinancialResponse,
    Inquiry,
    InquiryResponse,
    Reversal,
    ReversalResponse,
)


class NeverSent(Exception):
    """Not one octet of the message left: what it asked for is certainly not done."""


class NoAnswer(Exception):
    """The message may have arrived, and no answer came in time: it may or may not be done."""


class CardSwitch(Protocol):
    """Who moves money from and to cards. Every method raises `NeverSent` or `NoAnswer`."""

    @property
    def timeout_s(self) -> float:
        """How long any one message waits for its answer, connecting included."""
        ...

    async def pay(self, request: FinancialRequest) -> FinancialResponse:
        """Move the money; the same request again moves nothing more and is answered alike."""
        ...

    async def undo(self, reversal: Reversal) -> ReversalResponse:
        """Undo a request, or see that it will never be done."""
        ...

    async def inquire(self, inquiry: Inquiry) -> InquiryResponse:
        """Learn what became of a request."""
        ...
