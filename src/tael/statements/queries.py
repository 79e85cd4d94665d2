"""What a wallet's statement says: its months, and one month with its entries in pages."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tael import customers, ledger
from tael.kernel.database import ReadSession
from tael.kernel.money import Money
from tael.statements.errors import MonthNotFound, VolumeNotFound
from tael.statements.rules import VOLUME_ENTRIES, Month, months, volumes

PAGE: Final = 1_000
"""Entries that are in memory at one time when a statement is written out."""

LISTED_MAX: Final = 24
"""Months on one page of the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthInBrief:
    """One month of a wallet: what it began and ended with."""

    month: Month
    opening: Money
    closing: Money
    entries: int
    complete: bool
    """Whether the month is over; else it is told so far."""

    @property
    def volumes(self) -> int:
        """How many printed volumes it fills."""
        return volumes(self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A month of a wallet, its entries apart: those numbered from `first` up to `end`."""

    month: Month
    complete: bool
    holder: str
    """The holder's masked name."""
    account: ledger.AccountNumber
    language: str
    opening: Money
    closing: Money
    sums: ledger.Sums
    first: int
    end: int
    made_at: datetime

    @property
    def entries(self) -> int:
        """How many there are."""
        return self.end - self.first

    @property
    def volumes(self) -> int:
        """How many printed volumes it fills."""
        return volumes(self.entries)


async def list_months(
    session: ReadSession, customer: UUID, *, now: datetime, before: Month | None = None
) -> tuple[list[MonthInBrief], Month | None]:
    """A wallet's months, the newest first, and where the next page begins if there is one."""
    wallet = await customers.wallet(session, customer)
    every = [m for m in months(wallet.opened_at, now) if before is None or m < before]
    shown = every[:LISTED_MAX]
    if not shown:
        return [], None
    moments = [month.begins for month in reversed(shown)] + [shown[0].ends]
    cuts = await ledger.cuts(session, wallet.account_number, moments)
    listed = [
        MonthInBrief(
            month=month,
            opening=first.balance,
            closing=end.balance,
            entries=end.sequence - first.sequence,
            complete=month.ends <= now,
        )
        for month, first, end in zip(reversed(shown), cuts, cuts[1:], strict=False)
    ]
    return listed[::-1], shown[-1] if len(every) > len(shown) else None


async def statement(
    session: ReadSession, customer: UUID, month: Month, *, now: datetime
) -> Statement:
    """A month's statement. One that is not over tells what is booked by now.

    Refuses `statements.month_not_found`.
    """
    wallet = await customers.wallet(session, customer)
    if month not in months(wallet.opened_at, now):
        raise MonthNotFound
    first, end = await ledger.cuts(session, wallet.account_number, [month.begins, month.ends])
    return Statement(
        month=month,
        complete=month.ends <= now,
        holder=wallet.label,
        account=wallet.account_number,
        language=wallet.language,
        opening=first.balance,
        closing=end.balance,
        sums=await ledger.sums(session, wallet.account_number, first, end),
        first=first.sequence,
        end=end.sequence,
        made_at=now,
    )


Read = Callable[[], AbstractAsyncContextManager[ReadSession]]
"""Opens a session to read from: each page is read in one of its own."""


async def pages(read: Read, told: Statement) -> AsyncIterator[list[ledger.PeriodEntry]]:
    """The entries in order, a page at a time. What is booked does not change, so pages agree."""
    after = told.first
    balance = told.opening
    while after < told.end:
        async with read() as session:
            page = await ledger.period(session, told.account, after, told.end, limit=PAGE)
        for line in page:
            into = line.entry.direction is ledger.Direction.IN
            balance = balance + line.entry.amount if into else balance - line.entry.amount
            assert balance == line.entry.balance_after, "each balance follows from the last"
        after = page[-1].entry.sequence + 1
        yield page
    assert balance == told.closing, "the entries lead to the closing balance"


async def volume(
    session: ReadSession, told: Statement, number: int
) -> tuple[Money, list[ledger.PeriodEntry]]:
    """The balance that a printed volume begins with, and its entries.

    Refuses `statements.volume_not_found`.
    """
    if not 1 <= number <= told.volumes:
        raise VolumeNotFound(volumes=told.volumes)
    first = told.first + (number - 1) * VOLUME_ENTRIES
    end = min(first + VOLUME_ENTRIES, told.end)
    entries = await ledger.period(session, told.account, first, end) if end > first else []
    if not entries:
        return told.opening, []
    leading = entries[0].entry
    into = leading.direction is ledger.Direction.IN
    before = leading.balance_after - leading.amount
    return before if into else leading.balance_after + leading.amount, entries
