"""The messages that our bank and the card switch exchange, typed.

=====  ==================================================  ====  ========================
asks   meaning                                             reply message
=====  ==================================================  ====  ========================
0200   pull from a card (purchase) or push to it (credit)  0210  `FinancialRequest`
0220   give a purchase back, whole or in part (refund)     0230  `FinancialRequest`
0400   undo that one, whatever became of it                0410  `Reversal`
0420   the same again, until it is answered                0430  `Reversal`, `repeat`
0100   what became of that one? (DE3 380000)               0110  `Inquiry`
0800   sign on, sign off, are you there?                   0810  `NetworkRequest`
=====  ==================================================  ====  ========================
"""

from collections.abc import Callable, Mapping
from typing import Final

from tael.codecs import iso8583
from tael.codecs.iso8583 import MalformedMessage
from tael.codecs.iso8583_control import (
    Inquiry,
    InquiryResponse,
    NetworkFunction,
    NetworkRequest,
    NetworkResponse,
    OriginalOutcome,
)
from tael.codecs.iso8583_money import (
    FinancialRequest,
    FinancialResponse,
    Processing,
    Reversal,
    ReversalResponse,
)
from tael.codecs.iso8583_parts import Acceptor, LocalTime, MessageKey, Original, Pan
from tael.codecs.response_codes import Outcome, ResponseCode

__all__ = [
    "Acceptor",
    "FinancialRequest",
    "FinancialResponse",
    "Inquiry",
    "InquiryResponse",
    "LocalTime",
    "MalformedMessage",
    "Message",
    "MessageKey",
    "NetworkFunction",
    "NetworkRequest",
    "NetworkResponse",
    "Original",
    "OriginalOutcome",
    "Outcome",
    "Pan",
    "Processing",
    "ResponseCode",
    "Reversal",
    "ReversalResponse",
    "decode",
    "encode",
    "message_type",
]

Message = (
    FinancialRequest
    | FinancialResponse
    | Reversal
    | ReversalResponse
    | Inquiry
    | InquiryResponse
    | NetworkRequest
    | NetworkResponse
)

_READERS: Final[Mapping[str, Callable[[str, Mapping[int, str]], Message]]] = {
    "0100": Inquiry.read,
    "0110": InquiryResponse.read,
    "0200": FinancialRequest.read,
    "0210": FinancialResponse.read,
    "0220": FinancialRequest.read,
    "0230": FinancialResponse.read,
    "0400": Reversal.read,
    "0410": ReversalResponse.read,
    "0420": Reversal.read,
    "0430": ReversalResponse.read,
    "0800": NetworkRequest.read,
    "0810": NetworkResponse.read,
}
_TYPES: Final[Mapping[type[Message], str]] = {
    Inquiry: "0100",
    InquiryResponse: "0110",
    NetworkRequest: "0800",
    NetworkResponse: "0810",
}


def message_type(message: Message) -> str:
    """The four digits of this message's type."""
    match message:
        case FinancialRequest() | FinancialResponse():
            return message.mti
        case Reversal():
            return "0420" if message.repeat else "0400"
        case ReversalResponse():
            return "0430" if message.repeat else "0410"
        case _:
            return _TYPES[type(message)]


def encode(message: Message) -> bytes:
    """This message as octets, without the length that goes before it on a stream."""
    return iso8583.write(message_type(message), message.fields())


def decode(raw: bytes) -> Message:
    """The message that these octets are; refuses with `MalformedMessage`, and nothing else.

    Known fields that a message has no use for are let pass: other switches send more than we do.
    """
    mti, fields = iso8583.read(raw)
    reader = _READERS.get(mti)
    if reader is None:
        raise MalformedMessage("t", f"{mti} is not a message of this switch")
    return reader(mti, fields)
