"""ISO 8583 field 39: what the card's side answered, and how sure that leaves us.

Sources: ISO 8583:1987 and the UnionPay tables named in the domain notes (meanings in our words).
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final, Self


class Outcome(Enum):
    """What a response code says about the money."""

    APPROVED = "approved"
    """The card's bank did it."""
    DECLINED = "declined"
    """It was not done, and will not be."""
    UNCERTAIN = "uncertain"
    """It may have been done: ask, and reverse if nobody knows."""


class ResponseCode(StrEnum):
    """The codes that we understand. Any other is a malformed answer, which leaves us uncertain."""

    outcome: Outcome

    def __new__(cls, code: str, outcome: Outcome, meaning: str) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.outcome = outcome
        member.__doc__ = meaning
        return member

    @property
    def meaning(self) -> str:
        """The code in words, for people who run the bank."""
        assert self.__doc__ is not None
        return self.__doc__

    APPROVED = "00", Outcome.APPROVED, "Approved."
    REFER_TO_ISSUER = "01", Outcome.DECLINED, "The cardholder must ask the bank."
    REFER_TO_ISSUER_SPECIAL = "02", Outcome.DECLINED, "The cardholder must ask the bank (special)."
    INVALID_MERCHANT = "03", Outcome.DECLINED, "The merchant is not known."
    PICK_UP = "04", Outcome.DECLINED, "The card is to be kept."
    DO_NOT_HONOUR = "05", Outcome.DECLINED, "Declined without a reason."
    ERROR = "06", Outcome.DECLINED, "The request was not processed."
    PICK_UP_SPECIAL = "07", Outcome.DECLINED, "The card is to be kept (special)."
    IN_PROGRESS = "09", Outcome.UNCERTAIN, "The request is being processed."
    INVALID_TRANSACTION = "12", Outcome.DECLINED, "This card cannot do that."
    INVALID_AMOUNT = "13", Outcome.DECLINED, "The amount is not valid."
    INVALID_CARD = "14", Outcome.DECLINED, "There is no such card."
    NO_SUCH_ISSUER = "15", Outcome.DECLINED, "There is no such bank."
    RE_ENTER = "19", Outcome.DECLINED, "The request is to be made again."
    NO_ACTION = "21", Outcome.DECLINED, "No action was taken."
    SUSPECTED_MALFUNCTION = "22", Outcome.UNCERTAIN, "Something went wrong on the way."
    NOT_FOUND = "25", Outcome.DECLINED, "The original message was never seen."
    FORMAT_ERROR = "30", Outcome.DECLINED, "The message is not well formed."
    SUSPECTED_FRAUD_PICK_UP = "34", Outcome.DECLINED, "Fraud is suspected; the card is to be kept."
    NOT_SUPPORTED = "40", Outcome.DECLINED, "The function is not offered."
    LOST_CARD = "41", Outcome.DECLINED, "The card was reported lost."
    STOLEN_CARD = "43", Outcome.DECLINED, "The card was reported stolen."
    INSUFFICIENT_FUNDS = "51", Outcome.DECLINED, "The account does not hold enough."
    EXPIRED_CARD = "54", Outcome.DECLINED, "The card has expired."
    WRONG_PIN = "55", Outcome.DECLINED, "The card's PIN is wrong."
    NOT_PERMITTED = "57", Outcome.DECLINED, "The cardholder may not do that."
    NOT_PERMITTED_HERE = "58", Outcome.DECLINED, "This terminal may not do that."
    SUSPECTED_FRAUD = "59", Outcome.DECLINED, "Fraud is suspected."
    OVER_LIMIT = "61", Outcome.DECLINED, "The amount passes the card's limit."
    RESTRICTED_CARD = "62", Outcome.DECLINED, "The card is restricted."
    SECURITY_VIOLATION = "63", Outcome.DECLINED, "A security rule was broken."
    WRONG_ORIGINAL_AMOUNT = "64", Outcome.DECLINED, "The amount is not the original's."
    TOO_FREQUENT = "65", Outcome.DECLINED, "The card was used too often."
    LATE = "68", Outcome.UNCERTAIN, "The answer came too late."
    PIN_TRIES = "75", Outcome.DECLINED, "The card's PIN was wrong too often."
    CUT_OFF = "90", Outcome.DECLINED, "The switch is closing its day."
    ISSUER_DOWN = "91", Outcome.DECLINED, "The card's bank cannot be reached."
    NO_ROUTE = "92", Outcome.DECLINED, "There is no way to the card's bank."
    DUPLICATE = "94", Outcome.UNCERTAIN, "The message was sent before; its first answer counts."
    SYSTEM_ERROR = "96", Outcome.UNCERTAIN, "The switch has a fault."
    UNKNOWN_TERMINAL = "97", Outcome.DECLINED, "The terminal is not known."
    NO_ANSWER = "98", Outcome.UNCERTAIN, "The card's bank did not answer the switch."
    BAD_PIN_BLOCK = "99", Outcome.DECLINED, "The PIN block is not well formed."
    BAD_MAC = "A0", Outcome.DECLINED, "The message's authentication code is wrong."


_BY_CODE: Final[Mapping[str, ResponseCode]] = {code.value: code for code in ResponseCode}


def response_code(text: str) -> ResponseCode | None:
    """The code with these two characters, if it is one that we understand."""
    return _BY_CODE.get(text)
