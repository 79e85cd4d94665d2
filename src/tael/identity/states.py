"""The closed sets of identity: stages of a session, purposes of codes, weaknesses of a PIN."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

AuthorisationId = NewType("AuthorisationId", UUID)


class Stage(StrEnum):
    """How far a session has come."""

    PHONE_VERIFIED = "phone_verified"
    """The number is confirmed: may open a wallet, enter the PIN or reset it, and nothing else."""
    FULL = "full"
    """Number and PIN are confirmed: the customer's own session."""


class CodePurpose(StrEnum):
    """What a code by SMS was asked for; it counts for nothing else."""

    SIGN_IN = "sign_in"
    """Sign up and sign in are one act until the number is confirmed."""
    CHANGE_PHONE = "change_phone"
    """Shows that the customer holds the number they move to."""


class CodeFault(StrEnum):
    """Why a code no longer counts."""

    UNKNOWN = "unknown"
    """No such code was asked for on this device, for this purpose."""
    EXPIRED = "expired"
    """Its five minutes are over."""
    USED = "used"
    """It did its work once."""
    REPLACED = "replaced"
    """A later code took its place."""
    TRIED_OUT = "tried_out"
    """It was guessed wrong too often."""


class EndReason(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed_out"
    """The customer left."""
    REPLACED = "replaced"
    """The same browser signed in anew."""
    PIN_CHANGED = "pin_changed"
    """The PIN was changed elsewhere."""
    PIN_RESET = "pin_reset"
    """The PIN was set anew without the old one."""
    PHONE_CHANGED = "phone_changed"
    """The wallet moved to another number."""
    CLOSED = "closed"
    """The wallet was closed."""


class PinWeakness(StrEnum):
    """What makes a PIN easy to guess."""

    REPEAT = "repeat"
    """One digit fills five or six places: 111111, 888898."""
    RUN = "run"
    """Counts up or down: 123456, 987654, 890123."""
    PATTERN = "pattern"
    """Doubles, halves, mirrors or even steps: 112233, 123123, 123321, 135791."""
    COMMON = "common"
    """Among the PINs that people choose most."""
    BIRTHDAY = "birthday"
    """A way to write the date of birth."""
    PHONE = "phone"
    """Six digits of the phone number."""
    ID_NUMBER = "id_number"
    """Six digits of the identity number."""


class AuthorisationFault(StrEnum):
    """Why an authorisation does not cover an act."""

    UNKNOWN = "unknown"
    """There is none of this id for this customer."""
    USED = "used"
    """It covered one act already."""
    EXPIRED = "expired"
    """Its two minutes are over."""
    REVOKED = "revoked"
    """Sign-out or a change of PIN or number ended it."""
    OTHER_SESSION = "other_session"
    """It was given in another session."""
    MISMATCH = "mismatch"
    """It names another payee, amount, order or purpose."""
