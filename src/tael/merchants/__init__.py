"""Merchants: who is paid in shops, at which store, into which account.

Invariants: a merchant has exactly one settlement account (`MERCHANT_PAYABLE`); a printed code
names exactly one store and is never handed to another; names fit the EMVCo fields that carry
them. Accounts touched: opens `MERCHANT_PAYABLE` accounts, moves no money.
"""

from tael.merchants import errors
from tael.merchants.queries import list_stores, names, store_by_static_code, stores
from tael.merchants.rules import MerchantId, Store, StoreId, refuses_payment
from tael.merchants.seed import seed
from tael.merchants.service import (
    NewMerchant,
    NewStore,
    open_store,
    set_store_state,
    take_on,
)
from tael.merchants.states import StoreState

__all__ = [
    "MerchantId",
    "NewMerchant",
    "NewStore",
    "Store",
    "StoreId",
    "StoreState",
    "errors",
    "list_stores",
    "names",
    "open_store",
    "refuses_payment",
    "seed",
    "set_store_state",
    "store_by_static_code",
    "stores",
    "take_on",
]
