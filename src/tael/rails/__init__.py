"""Rails: the way to other institutions. Today the card switch (ISO 8583 over TCP).

An operation is written down in the transaction of the business act that it serves (`begin`),
sent after the commit (`perform`), and finished by the resolver if its answer does not come.
`rails.operation_finished.v1` tells the outcome exactly once. No accounts are touched here: who
began an operation posts its outcome.

- An operation is sent under one key for ever, so the switch does it at most once.
- What was taken from a card and not heard of is asked about, then reversed until that is heard;
  what was given to a card is asked about, then asked for again, never reversed.
- Money counts as moved only after an answer says so.
"""

from tael.codecs.iso8583_messages import Pan
from tael.rails.card_switch import CardSwitch
from tael.rails.events import OperationFinished
from tael.rails.iso_switch import IsoCardSwitch, open_iso_switch
from tael.rails.jobs import schedules
from tael.rails.messages import MCC_PAYOUT, MCC_WALLET_LOAD
from tael.rails.operations import Operation, OperationId
from tael.rails.perform import perform, resolve
from tael.rails.queries import (
    as_if_approved,
    is_busy,
    operation,
    operations,
    pending,
    retrieval_references,
)
from tael.rails.rules import DeclineReason, decline_reason
from tael.rails.service import Intent, begin, note_late
from tael.rails.states import FINAL, OperationKind, OperationState

__all__ = [
    "FINAL",
    "MCC_PAYOUT",
    "MCC_WALLET_LOAD",
    "CardSwitch",
    "DeclineReason",
    "Intent",
    "IsoCardSwitch",
    "Operation",
    "OperationFinished",
    "OperationId",
    "OperationKind",
    "OperationState",
    "Pan",
    "as_if_approved",
    "begin",
    "decline_reason",
    "is_busy",
    "note_late",
    "open_iso_switch",
    "operation",
    "operations",
    "pending",
    "perform",
    "resolve",
    "retrieval_references",
    "schedules",
]
