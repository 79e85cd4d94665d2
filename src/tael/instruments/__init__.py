"""Instruments: bank cards that customers bound, and what each may be used for.

A card's number is kept sealed, next to its keyed hash, its BIN and its last four digits; nothing
else ever shows it. A card is bound only after its bank confirmed the four elements and the code
that the bank itself sent; it stands once in a wallet. A credit card pays, and does not fill the
wallet; money leaves only to a debit card of the wallet's own holder. A removed card leaves no
number behind. No accounts are touched here.
"""

from tael.instruments import errors
from tael.instruments.banks import BIN_DIGITS, Bank, ranges
from tael.instruments.bind import (
    Binding,
    BindingId,
    ask_bank,
    begin_binding,
    confirm,
    take_code,
)
from tael.instruments.jobs import SCHEDULES, subscribers
from tael.instruments.queries import Card, CardId, card, cards, cards_by_ids, take_bound, take_card
from tael.instruments.rules import (
    BINDINGS_A_DAY,
    BINDINGS_AN_ADDRESS,
    CARD_TRIES_A_DAY,
    RESEND_AFTER,
    bare,
    checked,
    has_valid_check_digit,
    recognised,
)
from tael.instruments.service import remove_card
from tael.instruments.states import CardKind, CardUse
from tael.instruments.vault import pan, pan_hash
from tael.instruments.verification import CardVerification, HttpCardVerification, Told

__all__ = [
    "BINDINGS_AN_ADDRESS",
    "BINDINGS_A_DAY",
    "BIN_DIGITS",
    "CARD_TRIES_A_DAY",
    "RESEND_AFTER",
    "SCHEDULES",
    "Bank",
    "Binding",
    "BindingId",
    "Card",
    "CardId",
    "CardKind",
    "CardUse",
    "CardVerification",
    "HttpCardVerification",
    "Told",
    "ask_bank",
    "bare",
    "begin_binding",
    "card",
    "cards",
    "cards_by_ids",
    "checked",
    "confirm",
    "errors",
    "has_valid_check_digit",
    "pan",
    "pan_hash",
    "ranges",
    "recognised",
    "remove_card",
    "subscribers",
    "take_bound",
    "take_card",
    "take_code",
]
