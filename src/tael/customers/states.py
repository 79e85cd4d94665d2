"""What a wallet can be, what can be done with it, and which way it may change."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final


class WalletClass(IntEnum):
    """How well the bank knows the holder; a lower number is better known and may do more."""

    FACE_TO_FACE = 1
    """一类: met in person at a branch."""
    CARD_PROVEN = 2
    """二类: name and ID proven, own bank card bound."""
    ID_PROVEN = 3
    """三类: name and ID proven, face compared."""
    PHONE_ONLY = 4
    """四类: a phone number."""


class WalletStatus(StrEnum):
    """Whether a wallet may spend and receive."""

    ACTIVE = "active"
    """Spends and receives."""
    FROZEN = "frozen"
    """Receives, but nothing leaves it: the holder stopped it."""
    CLOSED = "closed"
    """Gone for good: neither spends nor receives."""


# A frozen wallet is unfrozen before it is closed, so closing can never lift a freeze.
WALLET_CHANGES: Final[Mapping[WalletStatus, frozenset[WalletStatus]]] = {
    WalletStatus.ACTIVE: frozenset({WalletStatus.FROZEN, WalletStatus.CLOSED}),
    WalletStatus.FROZEN: frozenset({WalletStatus.ACTIVE}),
    WalletStatus.CLOSED: frozenset(),
}


class ProofingState(StrEnum):
    """How far one identity check has come."""

    STARTED = "started"
    """Asked, no answer yet: a crash leaves it here, and asking again uses the same id."""
    UNKNOWN = "unknown"
    """The checker did not answer in time: it may have decided, we do not know what."""
    PASSED = "passed"
    """Name, ID number and face belong together."""
    REFUSED = "refused"
    """They do not."""


PROOFING_CHANGES: Final[Mapping[ProofingState, frozenset[ProofingState]]] = {
    ProofingState.STARTED: frozenset(
        {ProofingState.UNKNOWN, ProofingState.PASSED, ProofingState.REFUSED}
    ),
    ProofingState.UNKNOWN: frozenset({ProofingState.PASSED, ProofingState.REFUSED}),
    ProofingState.PASSED: frozenset(),
    ProofingState.REFUSED: frozenset(),
}


class LimitKind(StrEnum):
    """The caps a wallet has, by what they count."""

    PER_PAYMENT = "per_payment"
    """One payment, transfer or withdrawal."""
    DAY = "day"
    """All of them on one business day."""
    YEAR = "year"
    """All of them in one calendar year."""
    BALANCE = "balance"
    """What may be in the wallet at one time."""
    DYNAMIC_CODE_DAY = "dynamic_code_day"
    """Payments by dynamic code from the balance on one business day (barcode rule, level B)."""
    DYNAMIC_CODE_CARDS_DAY = "dynamic_code_cards_day"
    """The same from bound cards, which count apart from the balance."""
    STATIC_CODE_DAY = "static_code_day"
    """Payments by printed code from the balance on one business day (barcode rule, level D)."""
    STATIC_CODE_CARDS_DAY = "static_code_cards_day"
    """The same from bound cards, which count apart from the balance."""


class SpendAct(StrEnum):
    """What takes money from a customer, by how it counts against the caps."""

    PAYMENT = "payment"
    """From the balance for an order or by a dynamic code."""
    STATIC_PAYMENT = "static_payment"
    """A payment from the balance by a printed code."""
    TRANSFER = "transfer"
    """Money to another person."""
    WITHDRAWAL = "withdrawal"
    """Money to the holder's own card."""
    CARD_PAYMENT = "card_payment"
    """A payment from a bound card by dynamic code: of all caps, only that code's counts it."""
    STATIC_CARD_PAYMENT = "static_card_payment"
    """The same by a printed code."""


class Raise(StrEnum):
    """How the holder reaches the next better class."""

    IDENTITY = "identity"
    """Prove name, ID number and face (to class 3)."""
    BANK_CARD = "bank_card"
    """Bind an own bank card (to class 2)."""
    BRANCH = "branch"
    """Come to a branch (to class 1)."""


RAISES: Final[Mapping[WalletClass, tuple[WalletClass, Raise]]] = {
    WalletClass.PHONE_ONLY: (WalletClass.ID_PROVEN, Raise.IDENTITY),
    WalletClass.ID_PROVEN: (WalletClass.CARD_PROVEN, Raise.BANK_CARD),
    WalletClass.CARD_PROVEN: (WalletClass.FACE_TO_FACE, Raise.BRANCH),
}

# What a holder has shown to be in a class.
NEEDS: Final[Mapping[WalletClass, tuple[str, ...]]] = {
    WalletClass.FACE_TO_FACE: ("phone", "identity", "bank_card", "branch"),
    WalletClass.CARD_PROVEN: ("phone", "identity", "face", "bank_card"),
    WalletClass.ID_PROVEN: ("phone", "identity", "face"),
    WalletClass.PHONE_ONLY: ("phone",),
}
