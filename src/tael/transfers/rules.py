"""Pure decisions about transfers between persons."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NewType
from uuid import UUID

from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.transfers.cooling import Cooling
from tael.transfers.errors import (
    AmountChanged,
    NewPayeeHeldBack,
    NewPayeeLimitExceeded,
    ReceiveCodeExpired,
    ReceiveCodeUnknown,
    ReceiveCodeUsed,
)

TransferId = NewType("TransferId", UUID)

MEMO_LENGTH_MAX: Final = 50
RECEIVE_CODE_LIFE: Final = timedelta(minutes=10)
RECEIVE_CODE_FRESH: Final = timedelta(minutes=5)
"""A code with more life left than this is shown again instead of being replaced."""

_EMOJI_JOINER: Final = "\u200d"


@dataclass(slots=True)
class Acquaintance:
    """What has gone from one customer to one payee so far."""

    first_at: datetime
    sent_while_new: Money

    def is_new(self, cooling: Cooling, now: datetime) -> bool:
        return now < self.first_at + cooling.new_payee


@dataclass(slots=True)
class ReceiveCode:
    """A personal code as its row stands, or as the commands so far leave it."""

    token: str
    customer_id: UUID
    amount: Money | None
    memo: str
    expires_at: datetime
    used_at: datetime | None


def refuses_new_payee(
    known: Acquaintance | None,
    amount: Money,
    *,
    cooling: Cooling,
    held_back_until: datetime | None,
    now: datetime,
) -> Refusal | None:
    """Why this much may not go to this payee yet, if he is new to the payer.

    `held_back_until` is when a change of PIN or phone number stops mattering, if it does.
    """
    if known is not None and not known.is_new(cooling, now):
        return None
    if held_back_until is not None:
        return NewPayeeHeldBack(until=held_back_until)
    sent = known.sent_while_new.minor if known else 0
    left = max(0, cooling.new_payee_cap.minor - sent)
    if amount.minor <= left:
        return None
    return NewPayeeLimitExceeded(
        cap=cooling.new_payee_cap,
        left=Money(left, amount.currency),
        until=known.first_at + cooling.new_payee if known else None,
    )


def refuses_receive_code(
    code: ReceiveCode | None, payee: UUID, amount: Money | None, now: datetime
) -> Refusal | None:
    """Why this code does not lead to this transfer (or, without amount, to any), if so."""
    if code is None or code.customer_id != payee:
        return ReceiveCodeUnknown()
    if code.used_at is not None:
        return ReceiveCodeUsed()
    if code.expires_at <= now:
        return ReceiveCodeExpired()
    if amount is not None and code.amount is not None and amount != code.amount:
        return AmountChanged(amount=code.amount)
    return None


def serves_again(code: ReceiveCode, memo: str, now: datetime) -> bool:
    """Whether a code can be shown again instead of being replaced."""
    return code.used_at is None and code.memo == memo and code.expires_at > now + RECEIVE_CODE_FRESH


def clean_memo(text: str) -> str:
    """A memo as it is kept: composed, no control or direction marks, single spaces.

    What cannot be seen could make a memo read differently from what its payer meant.
    """
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(character for character in composed if _is_visible(character))
    return " ".join(visible.split())[:MEMO_LENGTH_MAX].strip()


def _is_visible(character: str) -> bool:
    if character.isspace() or character == _EMOJI_JOINER:
        return True
    # Controls, formats (direction marks among them), surrogates, private use, unassigned.
    return not unicodedata.category(character).startswith("C")
