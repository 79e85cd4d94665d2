"""Settlement: our books compared with the card switch's own file of each business day.

- Each day is compared once, in one transaction, with one file; another file for it is an alarm.
- The days of our account with the switch follow each other without a gap: each entry is in one.
- For each day, what the file says we are owed is what we booked, less corrections, plus its breaks.
- A break that a later day takes back ends by itself; any other ends by two people's word, booked
  from or to suspense with a reason, or linked with its other half.

Accounts touched: card clearing and suspense, by corrections alone.
"""

from tael.settlement import errors
from tael.settlement.approval import RESOLVE_BREAK
from tael.settlement.files import (
    FileUnavailable,
    FolderSettlementFiles,
    HttpSettlementFiles,
    SettlementFiles,
)
from tael.settlement.jobs import compare_file, compare_next, next_day, schedules
from tael.settlement.queries import (
    PAGE_MAX,
    Break,
    BreakFilters,
    OurSide,
    Run,
    SwitchSide,
    list_breaks,
    list_runs,
    open_differences,
    our_side,
    read_break,
    run,
    switch_side,
)
from tael.settlement.resolve import link_breaks, post_break
from tael.settlement.rules import age_days
from tael.settlement.states import BreakId, BreakState, BreakType

__all__ = [
    "PAGE_MAX",
    "RESOLVE_BREAK",
    "Break",
    "BreakFilters",
    "BreakId",
    "BreakState",
    "BreakType",
    "FileUnavailable",
    "FolderSettlementFiles",
    "HttpSettlementFiles",
    "OurSide",
    "Run",
    "SettlementFiles",
    "SwitchSide",
    "age_days",
    "compare_file",
    "compare_next",
    "errors",
    "link_breaks",
    "list_breaks",
    "list_runs",
    "next_day",
    "open_differences",
    "our_side",
    "post_break",
    "read_break",
    "run",
    "schedules",
    "switch_side",
]
