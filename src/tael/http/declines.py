"""Why a card's bank did not do it, in words for customers."""

from typing import Final

from tael.http.wire import Wire
from tael.rails import DeclineReason, decline_reason

TITLES: Final = {
    DeclineReason.FUNDS: "The card does not hold enough; nothing was moved.",
    DeclineReason.CARD: "The card cannot be used: ask the bank that issued it.",
    DeclineReason.NOT_PERMITTED: "The card's bank does not allow this with this card.",
    DeclineReason.LIMIT: "The amount is above what the card's bank allows.",
    DeclineReason.UNAVAILABLE: "The card's bank cannot be reached: try again later.",
    DeclineReason.DECLINED: "The card's bank said no: ask it for the reason.",
}


class Decline(Wire):
    """Why the card's bank did not do it."""

    code: DeclineReason
    title: str

    @classmethod
    def of(cls, response_code: str | None) -> "Decline":
        """In the group of a response code of the card switch (ISO 8583, field 39)."""
        reason = decline_reason(response_code)
        return cls(code=reason, title=TITLES[reason])
