"""Card numbers and what a card may do: pure decisions."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from stdnum import luhn

from tael.instruments.banks import BIN_DIGITS, Range
from tael.instruments.errors import (
    BankUnknown,
    CardCannotTopUp,
    CardCannotWithdraw,
    CardNumberInvalid,
)
from tael.instruments.states import CardKind, CardUse
from tael.kernel.refusals import Refusal

CARDS_MAX: Final = 10
"""How many cards one wallet may have bound at a time."""

BINDINGS_A_DAY: Final = 10
"""How many bindings one customer may begin a day: nobody tries out other people's cards here."""

CARD_TRIES_A_DAY: Final = 5
"""How many bindings of one card may be begun a day, by whomever."""

BINDINGS_AN_ADDRESS: Final = 200
"""How many bindings may be begun a day from one network address, which many may share."""

CONFIRMATIONS_MAX: Final = 5
"""How many codes may be tried for one binding."""

BINDING_LIFE: Final = timedelta(minutes=5)
"""As long as the bank's code is good."""

RESEND_AFTER: Final = timedelta(seconds=60)
"""When the app offers to begin anew for another code."""

DIGITS: Final = {CardKind.DEBIT: 19, CardKind.CREDIT: 16}
"""How long card numbers usually are, the check digit included."""

DIGITS_MIN: Final = 13

_NUMBER: Final = re.compile(r"[0-9]{13,19}")
_SEPARATORS: Final = re.compile(r"[ -]")


def bare(number: str) -> str:
    """A card number without the spaces and hyphens that people type."""
    return _SEPARATORS.sub("", number)


def recognised(number: str, table: Mapping[str, Range]) -> Range:
    """The bank and kind of a card by its first digits; refuses `instruments.bank_unknown`."""
    found = table.get(number[:BIN_DIGITS])
    if found is None:
        raise BankUnknown
    return found


def checked(number: str, table: Mapping[str, Range]) -> Range:
    """The same for a whole number, whose check digit (ISO/IEC 7812-1, Luhn) must be right."""
    if not _NUMBER.fullmatch(number) or not luhn.is_valid(number):
        raise CardNumberInvalid
    return recognised(number, table)


def has_valid_check_digit(number: str, kind: CardKind) -> bool | None:
    """Whether the number typed so far is right; None while digits are missing.

    A number that is shorter than usual for its kind is never called wrong while it is typed.
    """
    if len(number) >= DIGITS[kind]:
        return luhn.is_valid(number) and _NUMBER.fullmatch(number) is not None
    return True if len(number) >= DIGITS_MIN and luhn.is_valid(number) else None


def uses(kind: CardKind, *, own: bool) -> frozenset[CardUse]:
    """What a card may do: credit only pays, and money leaves only to the holder's own card."""
    if kind is CardKind.CREDIT:
        return frozenset({CardUse.PAY})
    if own:
        return frozenset(CardUse)
    return frozenset({CardUse.PAY, CardUse.TOP_UP})


def refuses_use(kind: CardKind, use: CardUse, *, own: bool) -> Refusal | None:
    """Why a card may not be used for this, or None."""
    if use in uses(kind, own=own):
        return None
    assert use is not CardUse.PAY, "every card pays"
    return CardCannotTopUp() if use is CardUse.TOP_UP else CardCannotWithdraw()
