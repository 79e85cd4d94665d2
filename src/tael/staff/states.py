"""The closed sets of staff: roles, weaknesses of a password, states of an approval, acts."""

from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

StaffId = NewType("StaffId", UUID)
ApprovalId = NewType("ApprovalId", UUID)


class Role(StrEnum):
    """What somebody of the bank may do. Everybody sees; these say who acts."""

    CLERK = "clerk"
    """Proposes."""
    CHECKER = "checker"
    """Decides what another proposed."""
    AUDITOR = "auditor"
    """Sees everything, what the others did included, and does nothing."""
    ADMINISTRATOR = "administrator"
    """Sees who works here and what they did; moves nothing."""


class PasswordWeakness(StrEnum):
    """Why a password is not taken. None of them is about its composition."""

    SHORT = "short"
    """Fewer than fifteen characters."""
    LONG = "long"
    """More than 128 characters."""
    CONTROL = "control"
    """It holds a character that cannot be typed or seen again."""
    COMMON = "common"
    """All of it is words and runs that everybody chooses."""
    CONTEXT = "context"
    """All of it is the bank's name, the log-in or the person's name, with what people add."""


class EndReason(StrEnum):
    """Why a session ended before its time."""

    SIGNED_OUT = "signed_out"
    """The person left."""
    REPLACED = "replaced"
    """The same browser signed in anew."""
    DISABLED = "disabled"
    """The person may not come in any more."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a reason
    """The password was changed, or set anew by the operator."""


class ApprovalState(StrEnum):
    """The life of a proposal."""

    PROPOSED = "proposed"
    """It waits for somebody else."""
    APPROVED = "approved"
    """Decided, and done in the same transaction."""
    REJECTED = "rejected"
    """Decided against; nothing was done."""
    WITHDRAWN = "withdrawn"
    """Taken back by who proposed it."""
    EXPIRED = "expired"
    """Nobody decided within seven days."""


APPROVAL_TRANSITIONS: Final[dict[ApprovalState, frozenset[ApprovalState]]] = {
    ApprovalState.PROPOSED: frozenset(ApprovalState) - {ApprovalState.PROPOSED},
    ApprovalState.APPROVED: frozenset(),
    ApprovalState.REJECTED: frozenset(),
    ApprovalState.WITHDRAWN: frozenset(),
    ApprovalState.EXPIRED: frozenset(),
}


class StaffAct(StrEnum):
    """What is kept of what staff does."""

    ADDED = "added"
    """Somebody was given a log-in."""
    DISABLED = "disabled"
    """Somebody may not sign in any more."""
    ROLES_CHANGED = "roles_changed"
    """Somebody may do something else."""
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an act
    """Somebody was given a password for one sign-in."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    """Somebody chose a password."""
    SIGNED_IN = "signed_in"
    """Somebody came in."""
    SIGNED_OUT = "signed_out"
    """Somebody left."""
    PROPOSED = "proposed"
    """Something waits for another's decision."""
    APPROVED = "approved"
    """Something was decided and done."""
    NOT_CARRIED_OUT = "not_carried_out"
    """Something was to be approved, and could not be done any more."""
    REJECTED = "rejected"
    """Something was decided against."""
    WITHDRAWN = "withdrawn"
    """Something was taken back."""
