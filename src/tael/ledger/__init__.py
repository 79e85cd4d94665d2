"""The ledger: accounts, movements, postings, holds. The only code that moves money.

A posting takes a positive amount of one currency from its debit to its credit account, so
it cannot be unbalanced; a movement is the postings of one business act, all or none. A
balance is credits less debits, so what we owe others is above zero and all accounts of a
currency sum to zero. Entries are never changed; an account's entries are numbered without
gap or reuse. Nobody spends below the floor or what is held.

A use case locks accounts into a `Book`, asks it what it refuses, posts to it, and writes it:
each of the two is one statement for a whole set of commands. It touches every account
that it is given, and no other table than its own.
"""

from tael.ledger import errors
from tael.ledger.archive import (
    ArchiveBroken,
    ArchivedMonth,
    CannotArchive,
    archive_month,
    archived_months,
    attach_month,
    check_files,
    drop_month,
    months_before,
)
from tael.ledger.archived import archived_below, refuse_archived_movement
from tael.ledger.as_of import balance_as_of, balances_as_of, trial_balance_as_of
from tael.ledger.book import Book
from tael.ledger.chart import (
    CARD_CLEARING,
    FEES,
    INTEREST_EXPENSE,
    POINTS_ISSUED,
    SUSPENSE,
    AccountNumber,
)
from tael.ledger.dated_statement import DatedStatement, Span, statement_as_of
from tael.ledger.day_close import (
    CLOSES_PAGE_MAX,
    DayClose,
    Pending,
    PendingAsked,
    close_day,
    close_due,
    day_close,
    day_closes,
    register_pending,
)
from tael.ledger.displaced import Dated, dated_before
from tael.ledger.inspect import (
    AccountFacts,
    FoundHold,
    FoundMovement,
    HeldTotal,
    account_facts,
    held_now,
    holds_behind,
    movement_by_receipt,
    movements_of_day,
    own_accounts,
)
from tael.ledger.jobs import SCHEDULES
from tael.ledger.log_check import check_log
from tael.ledger.moments import DAY_GRACE, Moment, day_ends, day_starts, instant_of
from tael.ledger.movements import HoldId, Movement, MovementId, PostedMovement, Posting
from tael.ledger.period import Cut, PeriodEntry, Sums, cuts, period, sums
from tael.ledger.queries import Balance, TrialBalanceRow, balance, posted_movement, trial_balance
from tael.ledger.receipts import receipt_number
from tael.ledger.reverse import reverse
from tael.ledger.sequencer import LoggedMovement, OpenedPart, logged
from tael.ledger.service import close_account, lock, open_account, write
from tael.ledger.statement import PAGE_MAX, Entry, Filters, Page, entry, statement
from tael.ledger.states import AccountKind, Direction, MovementKind

__all__ = [
    "CARD_CLEARING",
    "CLOSES_PAGE_MAX",
    "DAY_GRACE",
    "FEES",
    "INTEREST_EXPENSE",
    "PAGE_MAX",
    "POINTS_ISSUED",
    "SCHEDULES",
    "SUSPENSE",
    "AccountFacts",
    "AccountKind",
    "AccountNumber",
    "ArchiveBroken",
    "ArchivedMonth",
    "Balance",
    "Book",
    "CannotArchive",
    "Cut",
    "Dated",
    "DatedStatement",
    "DayClose",
    "Direction",
    "Entry",
    "Filters",
    "FoundHold",
    "FoundMovement",
    "HeldTotal",
    "HoldId",
    "LoggedMovement",
    "Moment",
    "Movement",
    "MovementId",
    "MovementKind",
    "OpenedPart",
    "Page",
    "Pending",
    "PendingAsked",
    "PeriodEntry",
    "PostedMovement",
    "Posting",
    "Span",
    "Sums",
    "TrialBalanceRow",
    "account_facts",
    "archive_month",
    "archived_below",
    "archived_months",
    "attach_month",
    "balance",
    "balance_as_of",
    "balances_as_of",
    "check_files",
    "check_log",
    "close_account",
    "close_day",
    "close_due",
    "cuts",
    "dated_before",
    "day_close",
    "day_closes",
    "day_ends",
    "day_starts",
    "drop_month",
    "entry",
    "errors",
    "held_now",
    "holds_behind",
    "instant_of",
    "lock",
    "logged",
    "months_before",
    "movement_by_receipt",
    "movements_of_day",
    "open_account",
    "own_accounts",
    "period",
    "posted_movement",
    "receipt_number",
    "refuse_archived_movement",
    "register_pending",
    "reverse",
    "statement",
    "statement_as_of",
    "sums",
    "trial_balance",
    "trial_balance_as_of",
    "write",
]
