"""Transfers: from person to person, at once; and between a wallet and its holder's bank cards.

Invariants: the payer sees only masks of the payee, and no refusal tells of the payee's balance
or limits; a receive code for an amount is good for one transfer; little goes to a new payee
at first, and nothing for a day after PIN or phone changed. A refused transfer moves nothing.
A top-up gives nothing before the card's bank approves, and keeps its room under the balance cap
until then; a withdrawal's money is set aside until the bank says how it ended. Each ends once.
Accounts touched: `CUSTOMER_CASH` to `CUSTOMER_CASH`, `CARD_CLEARING` to and from it.
"""

from tael.transfers import card_errors, errors, standing_errors
from tael.transfers.card_states import CardTransferKind, CardTransferState
from tael.transfers.card_transfers import (
    PREFIXES,
    CardTransfer,
    CardTransferCommand,
    CardTransferId,
    card_transfer,
    finish_card_transfer,
    pending_card_transfers,
    perform_card_transfer,
)
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
from tael.transfers.standing import (
    NewStandingOrder,
    StandingOrder,
    StandingOrderId,
    StandingRun,
    cancel_standing_order,
    make_standing_order,
    standing_order,
    standing_orders,
    standing_terms,
)
from tael.transfers.standing_rules import Timetable
from tael.transfers.standing_run import run_due
from tael.transfers.standing_states import Every, RunState, StandingState
from tael.transfers.top_up import begin_top_up
from tael.transfers.withdraw import begin_withdrawal

__all__ = [
    "MEMO_LENGTH_MAX",
    "PREFIXES",
    "SCHEDULES",
    "SUBSCRIBERS",
    "CardTransfer",
    "CardTransferCommand",
    "CardTransferId",
    "CardTransferKind",
    "CardTransferState",
    "Every",
    "FoundPayee",
    "NewStandingOrder",
    "Payee",
    "ReceiveCode",
    "RecentPayee",
    "RunState",
    "Send",
    "StandingOrder",
    "StandingOrderId",
    "StandingRun",
    "StandingState",
    "Timetable",
    "TransferId",
    "TransferReceipt",
    "WantedCode",
    "begin_top_up",
    "begin_withdrawal",
    "cancel_standing_order",
    "card_errors",
    "card_transfer",
    "clean_memo",
    "errors",
    "finish_card_transfer",
    "look_up",
    "make_receive_code",
    "make_standing_order",
    "payee_by_id",
    "pending_card_transfers",
    "perform_card_transfer",
    "read_receive_code",
    "receive_payload",
    "recent_payees",
    "run_due",
    "send",
    "standing_errors",
    "standing_order",
    "standing_orders",
    "standing_terms",
    "transfer",
]
