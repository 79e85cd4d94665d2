"""Customers: who holds a wallet, how well the bank knows them, and what that lets them do.

A wallet is one row: its class, its state, and what it has used of its caps. Whoever moves a
customer's money locks that row (`lock_limit_use`) before the accounts, decides by it and
writes it in the same transaction, so no cap is passed however many requests race. Payments,
transfers and withdrawals count; refunds, releases, interest and top-ups do not, and money
that comes in is held against the balance cap only. A frozen wallet receives but spends
nothing. Classes only rise; a failed proof changes nothing. One person has one open wallet
with a proven name. Opens the holder's CUSTOMER_CASH account and closes it; moves no money.
"""

from tael.customers import errors
from tael.customers.caps import NO_CAP, Caps
from tael.customers.classes import (
    ClassedWallet,
    accounts_as_of,
    first_named_day,
    wallets_as_of,
)
from tael.customers.closing import (
    ClosingAct,
    ClosingObstacles,
    ClosingReceipt,
    Kept,
    Obstacle,
    close,
    closing_preview,
    register_closing_act,
    register_obstacle,
)
from tael.customers.jobs import SCHEDULES, SUBSCRIBERS
from tael.customers.limit_table import LimitsInvalid, limits_in_force, load_limits, use_limits
from tael.customers.limit_use import LimitedWallet, LimitUse, lock_limit_use, write_limit_use
from tael.customers.overview import limits, would_pass, would_receive
from tael.customers.proofing import HttpProofing, IdentityProofing, ProofingUnsure, Verdict
from tael.customers.prove import (
    IdentityClaim,
    Prover,
    begin_upgrade,
    begin_verification,
    prove_identity,
    verification_begun,
    verify_identity_again,
)
from tael.customers.queries import (
    LimitFigure,
    LimitOverview,
    Wallet,
    by_ids,
    open_among,
    pin_facts,
    wallet,
)
from tael.customers.service import (
    NewWallet,
    freeze,
    open_wallet,
    raise_to_2,
    same_person,
    set_language,
    unfreeze,
)
from tael.customers.states import NEEDS, Raise, SpendAct, WalletClass, WalletStatus
from tael.customers.terms import TERMS_URL, TERMS_VERSION

__all__ = [
    "NEEDS",
    "NO_CAP",
    "SCHEDULES",
    "SUBSCRIBERS",
    "TERMS_URL",
    "TERMS_VERSION",
    "Caps",
    "ClassedWallet",
    "ClosingAct",
    "ClosingObstacles",
    "ClosingReceipt",
    "HttpProofing",
    "IdentityClaim",
    "IdentityProofing",
    "Kept",
    "LimitFigure",
    "LimitOverview",
    "LimitUse",
    "LimitedWallet",
    "LimitsInvalid",
    "NewWallet",
    "Obstacle",
    "ProofingUnsure",
    "Prover",
    "Raise",
    "SpendAct",
    "Verdict",
    "Wallet",
    "WalletClass",
    "WalletStatus",
    "accounts_as_of",
    "begin_upgrade",
    "begin_verification",
    "by_ids",
    "close",
    "closing_preview",
    "errors",
    "first_named_day",
    "freeze",
    "limits",
    "limits_in_force",
    "load_limits",
    "lock_limit_use",
    "open_among",
    "open_wallet",
    "pin_facts",
    "prove_identity",
    "raise_to_2",
    "register_closing_act",
    "register_obstacle",
    "same_person",
    "set_language",
    "unfreeze",
    "use_limits",
    "verification_begun",
    "verify_identity_again",
    "wallet",
    "wallets_as_of",
    "would_pass",
    "would_receive",
    "write_limit_use",
]
