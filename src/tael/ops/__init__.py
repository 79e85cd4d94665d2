"""Operations: what the bank's own people do to the books, each time two of them.

A movement is undone by its opposite, the books are corrected between any two accounts, and a
file pays thousands of wallets at once. Each is proposed by one and done in the transaction in
which another approves it; whether it would work is told by doing it and rolling back. Accounts
touched: any, by the ledger's own rules: nobody is debited below the floor, and what was written
is never changed.
"""

from typing import Final

from tael.ops import errors
from tael.ops.adjustment import ADJUSTMENT
from tael.ops.holders import holder_labels
from tael.ops.payout_file import LineFault, PayoutFile, read_file
from tael.ops.payouts import (
    PAYOUT,
    NewPayout,
    PaidLine,
    Payout,
    keep_payout,
    payout,
    payout_lines,
    recipients,
    refuse_faults,
)
from tael.ops.reversal import REVERSAL
from tael.ops.states import PayoutId
from tael.ops.today import LogHead, PendingOperations, log_head, pending_operations
from tael.ops.trace import Step, Trace, TracedPosting, trace

APPROVABLES: Final = (REVERSAL, ADJUSTMENT, PAYOUT)

__all__ = [
    "ADJUSTMENT",
    "APPROVABLES",
    "PAYOUT",
    "REVERSAL",
    "LineFault",
    "LogHead",
    "NewPayout",
    "PaidLine",
    "Payout",
    "PayoutFile",
    "PayoutId",
    "PendingOperations",
    "Step",
    "Trace",
    "TracedPosting",
    "errors",
    "holder_labels",
    "keep_payout",
    "log_head",
    "payout",
    "payout_lines",
    "pending_operations",
    "read_file",
    "recipients",
    "refuse_faults",
    "trace",
]
