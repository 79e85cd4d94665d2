"""The statement as CSV (RFC 4180), piece by piece.

UTF-8 with a byte order mark: without it the spreadsheets that most customers have read Chinese as
their own old code page (docs/decisions/statements.md).
"""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Final

from tael import ledger
from tael.kernel.clock import SHANGHAI
from tael.statements.queries import Statement
from tael.statements.rules import account_text, decimal, neutral
from tael.statements.words import counterparty, words_of

_MARK: Final = b"\xef\xbb\xbf"

Pages = AsyncIterator[list[ledger.PeriodEntry]]


async def spreadsheet(told: Statement, pages: Pages) -> AsyncIterator[bytes]:
    """The file, a page of entries at a time; its first and last rows are the two balances."""
    words = words_of(told.language)
    currency = told.opening.currency.code
    last = words.closing if told.complete else words.balance_now
    heading = (
        *(words.account, words.date, words.time, words.kind, words.counterparty, words.memo),
        *(words.into, words.out, words.balance, words.currency, words.receipt),
    )
    account = account_text(told.account)
    begins = told.month.first_day.isoformat()
    ends = told.made_at if not told.complete else told.month.ends
    opening = (account, begins, "", words.opening, "", "", "", "", decimal(told.opening), currency)
    yield _MARK + _rows([heading, (*opening, "")])
    async for page in pages:
        yield _rows([(account, *_cells(line, told)) for line in page])
    day = told.month.next.first_day if told.complete else ends.astimezone(SHANGHAI).date()
    closing = (account, day.isoformat(), "", last, "", "", "", "", decimal(told.closing), currency)
    yield _rows([(*closing, "")])


def _cells(line: ledger.PeriodEntry, told: Statement) -> tuple[str, ...]:
    words = words_of(told.language)
    entry = line.entry
    at = entry.at.astimezone(SHANGHAI)
    into = entry.direction is ledger.Direction.IN
    amount = decimal(entry.amount)
    return (
        at.date().isoformat(),
        f"{at:%H:%M:%S}",
        words.name(entry.kind),
        neutral(counterparty(line, words)),
        neutral(entry.memo),
        amount if into else "",
        "" if into else amount,
        decimal(entry.balance_after),
        entry.amount.currency.code,
        ledger.receipt_number(entry.movement, entry.at),
    )


def _rows(rows: Sequence[Sequence[str]]) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n").writerows(rows)
    return made.getvalue().encode()
