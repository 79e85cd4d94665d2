"""The file of a payout: lines of `wallet,amount,memo`, read strictly, each fault with its row.

A wallet is named by its holder's phone number or by `cus_…`. Amounts are yuan with at most two
decimals, read digit by digit. A file with a single fault is not taken: nobody wonders later
which lines counted.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tael.kernel.money import CNY, Money

LINES_MAX: Final = 8_000
MEMO_MAX: Final = 100
NAME_MAX: Final = 100
FAULTS_MAX: Final = 100
"""The most faults that are told; the rest comes to light once these are mended."""
LINE_AMOUNT_MAX: Final = 10**11
"""A line pays a billion yuan at most: more is a slip of the finger."""

HEADER: Final = ("wallet", "amount", "memo")
_AMOUNT: Final = re.compile(r"([0-9]{1,10})(?:\.([0-9]{1,2}))?")


class LineFault(StrEnum):
    """What is wrong with a line of a payout's file."""

    HEADER = "header"
    """The first row does not name the columns `wallet,amount,memo`."""
    COLUMNS = "columns"
    """A row has fewer or more columns than the first."""
    WALLET_MALFORMED = "wallet_malformed"
    """Neither a phone number nor a wallet's id."""
    WALLET_UNKNOWN = "wallet_unknown"
    """No open wallet has this number or id."""
    WALLET_REPEATED = "wallet_repeated"
    """The wallet stands in an earlier row too."""
    AMOUNT_MALFORMED = "amount_malformed"
    """Not an amount in yuan above zero, with two decimals at most."""
    MEMO_TOO_LONG = "memo_too_long"
    """More than a hundred characters, or some that cannot be shown."""
    TOO_MANY = "too_many"
    """The file has more rows than one payout takes."""
    EMPTY = "empty"
    """The file has no rows but its first."""


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A row of the file, as a spreadsheet counts them, and what is wrong with it."""

    row: int
    fault: LineFault


@dataclass(frozen=True, slots=True)
class FileLine:
    """One payment as the file names it."""

    row: int
    wallet: str = field(repr=False)
    amount: Money
    memo: str


@dataclass(frozen=True, slots=True)
class PayoutFile:
    """What a file says, and what is wrong with it."""

    lines: tuple[FileLine, ...]
    faults: tuple[FaultyRow, ...]

    @property
    def total(self) -> Money:
        """What all its lines pay together."""
        return sum((line.amount for line in self.lines), Money(0, CNY))


def read_file(text: str) -> PayoutFile:
    """Read a file as it was uploaded; a byte order mark and empty rows do no harm."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    header = next(rows, [])
    if tuple(cell.strip().lower() for cell in header) != HEADER:
        return PayoutFile((), (FaultyRow(1, LineFault.HEADER),))
    lines: list[FileLine] = []
    faults: list[FaultyRow] = []
    for read in _read_rows(rows):
        (lines if isinstance(read, FileLine) else faults).append(read)  # type: ignore[arg-type]  # each its own list
        if len(lines) > LINES_MAX:
            return PayoutFile((), (FaultyRow(read.row, LineFault.TOO_MANY),))
        if len(faults) == FAULTS_MAX:
            break
    if not lines and not faults:
        faults.append(FaultyRow(1, LineFault.EMPTY))
    return PayoutFile(tuple(lines), tuple(faults))


def _read_rows(rows: Iterator[list[str]]) -> Iterator[FileLine | FaultyRow]:
    seen: set[str] = set()
    try:
        for number, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                yield _line(number, [cell.strip() for cell in cells], seen)
    except csv.Error:
        yield FaultyRow(2, LineFault.COLUMNS)


def _line(row: int, cells: list[str], seen: set[str]) -> FileLine | FaultyRow:
    if len(cells) != len(HEADER):
        return FaultyRow(row, LineFault.COLUMNS)
    wallet, typed, memo = cells
    if not wallet or len(wallet) > 64:  # noqa: PLR2004 - longer than any phone number or id
        return FaultyRow(row, LineFault.WALLET_MALFORMED)
    if wallet in seen:
        return FaultyRow(row, LineFault.WALLET_REPEATED)
    seen.add(wallet)
    amount = _amount(typed)
    if amount is None:
        return FaultyRow(row, LineFault.AMOUNT_MALFORMED)
    if len(memo) > MEMO_MAX or not memo.isprintable():
        return FaultyRow(row, LineFault.MEMO_TOO_LONG)
    return FileLine(row, wallet, amount, memo)


def _amount(typed: str) -> Money | None:
    """`1234.5` is 123,450 fen; no sign, no separator of thousands, no exponent."""
    found = _AMOUNT.fullmatch(typed)
    if found is None:
        return None
    minor = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))
    return Money(minor, CNY) if 0 < minor <= LINE_AMOUNT_MAX else None


def digest(name: str, account: int, lines: list[tuple[str, int, str]]) -> bytes:
    """What makes two payouts the same: name, account, and each line's wallet, amount and memo."""
    told = hashlib.sha256()
    for part in (name, str(account), *(cell for line in lines for cell in map(str, line))):
        octets = part.encode()
        told.update(len(octets).to_bytes(4) + octets)
    return told.digest()
