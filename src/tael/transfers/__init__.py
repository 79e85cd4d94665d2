"""Transfers: from person to person, at once; by phone number or by the payee's receive code.

Invariants: the payer sees only masks of the payee, and no refusal tells of the payee's balance
or limits; a receive code for an amount is good for one transfer; little goes to a new payee
at first, and nothing for a day after PIN or phone changed. A refused transfer moves nothing.
Accounts touched: `CUSTOMER_CASH` to `CUSTOMER_CASH`.
"""

from tael.transfers import errors
from tael.transfers.jobs import SCHEDULES, SUBSCRIBERS
from tael.transfers.payees import (
    FoundPayee,
    Payee,
    RecentPayee,
    look_up,
    payee_by_id,
    recent_payees,
)
from tael.transfers.receive import WantedCode, make_receive_code, read_receive_code, receive_payload
from tael.transfers.rules import MEMO_LENGTH_MAX, ReceiveCode, TransferId, clean_memo
from tael.transfers.send import Send, TransferReceipt, send, transfer

__all__ = [
    "MEMO_LENGTH_MAX",
    "SCHEDULES",
    "SUBSCRIBERS",
    "FoundPayee",
    "Payee",
    "ReceiveCode",
    "RecentPayee",
    "Send",
    "TransferId",
    "TransferReceipt",
    "WantedCode",
    "clean_memo",
    "errors",
    "look_up",
    "make_receive_code",
    "payee_by_id",
    "read_receive_code",
    "receive_payload",
    "recent_payees",
    "send",
    "transfer",
]
