"""The chart of accounts: which kinds exist, in which currency, and how far each may fall.

A posting moves an amount from its debit to its credit account, and a balance is the sum of
credits less the sum of debits. So what we owe others (customers, merchants) is above zero,
what others owe us (the card switch) is below, and all accounts of a currency sum to zero.
"""

from typing import Final, NewType

from tael.kernel.money import CNY, PTS, Currency
from tael.ledger.states import AccountKind

AccountNumber = NewType("AccountNumber", int)
"""An account's number inside its currency. Below 100,000 the bank's own, above the holders'."""

CARD_CLEARING: Final = AccountNumber(1_100)
SUSPENSE: Final = AccountNumber(1_900)
FEES: Final = AccountNumber(4_100)
POINTS_ISSUED: Final = AccountNumber(5_100)
INTEREST_EXPENSE: Final = AccountNumber(5_200)

OWN_ACCOUNTS: Final[dict[tuple[Currency, AccountNumber], AccountKind]] = {
    (CNY, CARD_CLEARING): AccountKind.CARD_CLEARING,
    (CNY, SUSPENSE): AccountKind.SUSPENSE,
    (CNY, FEES): AccountKind.FEES,
    (CNY, INTEREST_EXPENSE): AccountKind.INTEREST_EXPENSE,
    (PTS, POINTS_ISSUED): AccountKind.POINTS_ISSUED,
    (PTS, SUSPENSE): AccountKind.SUSPENSE,
}
"""The bank's own accounts. They have no holder and no floor; the migration opens them."""

FLOOR_MINOR: Final[dict[AccountKind, int]] = {
    AccountKind.CUSTOMER_CASH: 0,
    AccountKind.MERCHANT_PAYABLE: 0,
    AccountKind.CUSTOMER_POINTS: 0,
}
"""The lowest available balance of an account that somebody holds."""
