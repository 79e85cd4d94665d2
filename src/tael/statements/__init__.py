"""Statements: what a wallet's month held, printed, as a spreadsheet and as a bank's file.

A month is a run of entries of the wallet's account without a gap, so each entry is in exactly one
statement, and a month's closing balance is the next one's opening balance. Every entry is told,
also what only passed through the wallet from a card to a shop: the balances chain. Nothing here
moves money. However long a month is, a bounded part of it is in memory.
"""

from tael.statements import errors
from tael.statements.camt053 import camt053
from tael.statements.keys import signing_key
from tael.statements.press import Press, Volume
from tael.statements.queries import (
    MonthInBrief,
    Statement,
    list_months,
    pages,
    statement,
    volume,
)
from tael.statements.rules import Month
from tael.statements.signing import SigningKey
from tael.statements.spreadsheet import spreadsheet

__all__ = [
    "Month",
    "MonthInBrief",
    "Press",
    "SigningKey",
    "Statement",
    "Volume",
    "camt053",
    "errors",
    "list_months",
    "pages",
    "signing_key",
    "spreadsheet",
    "statement",
    "volume",
]
