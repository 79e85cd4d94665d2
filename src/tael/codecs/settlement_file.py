"""The card switch's settlement file: what it settled with an acquirer on one business day.

Text in ASCII, a record a line, fields parted by `|`, lines ended by LF. The day is the switch's
own: of Shanghai, by when it did or undid something. Only what moves money between the two houses
is listed; amounts are minor units without a sign, which is a field of its own:

    H|1|switch|acquirer|YYYYMMDD|currency
    D|line|MTI|processing|STAN|retrieval reference|amount|+ or -|response|card|YYYYMMDDhhmmss
    T|lines|sum of +|sum of -|net|SHA-256 of every octet before this record

`+` is owed to the acquirer (a purchase took it from a card), `-` is owed by him (an original
credit or a refund gave it to a card; a reversal, MTI 0420, took a purchase back, under the
reference of what it undid). Cards are masked, times are Shanghai's. Net is the one less the other.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

VERSION: Final = "1"
LINES_MAX: Final = 2_000_000
LINE_OCTETS_MAX: Final = 200

_ZONE: Final = ZoneInfo("Asia/Shanghai")
_DETAIL: Final = re.compile(
    r"D\|(\d{1,7})\|(0200|0220|0420)\|(000000|260000|200000)\|(\d{6})\|([0-9A-Z]{12})"
    r"\|([1-9]\d{0,11})\|([+-])\|([0-9A-Z]{2})\|([0-9*]{12,19})\|(\d{14})"
)
_HEADER: Final = re.compile(r"H\|1\|([A-Z0-9]{1,12})\|(\d{8})\|(\d{8})\|([A-Z]{3})")
_TRAILER: Final = re.compile(r"T\|(\d{1,7})\|(\d{1,18})\|(\d{1,18})\|(-?\d{1,18})\|([0-9a-f]{64})")


class LineType(StrEnum):
    """What a line of the file settles."""

    PURCHASE = "purchase"
    """Money taken from a card."""
    CREDIT = "credit"
    """Money given to a card."""
    REFUND = "refund"
    """Money of a shop given back to a card."""
    REVERSAL = "reversal"
    """A purchase that was undone."""


_TYPES: Final = {
    ("0200", "000000"): LineType.PURCHASE,
    ("0200", "260000"): LineType.CREDIT,
    ("0220", "200000"): LineType.REFUND,
    ("0420", "000000"): LineType.REVERSAL,
}
_WIRE: Final = {kind: names for names, kind in _TYPES.items()}
_SIGNS: Final = {
    LineType.PURCHASE: "+",
    LineType.CREDIT: "-",
    LineType.REFUND: "-",
    LineType.REVERSAL: "-",
}


class MalformedFile(Exception):
    """The file cannot be what the switch sent: the record's number, and what is wrong with it."""

    def __init__(self, record: int, reason: str) -> None:
        super().__init__(f"record {record}: {reason}")
        self.record = record
        self.reason = reason


class FileLine(NamedTuple):
    """One line. A named tuple: a file has a hundred thousand."""

    type: LineType
    stan: int
    reference: str
    amount: int
    response: str
    card: str
    at: datetime

    @property
    def effect(self) -> int:
        """What it adds to what the switch owes the acquirer, in minor units."""
        return self.amount if _SIGNS[self.type] == "+" else -self.amount


@dataclass(frozen=True, slots=True)
class SettlementFile:
    """A day's file, complete and adding up."""

    day: date
    switch: str
    acquirer: str
    currency: str
    lines: tuple[FileLine, ...]

    @property
    def net(self) -> int:
        """What the switch owes the acquirer for the day, in minor units."""
        return sum(line.effect for line in self.lines)


def write(file: SettlementFile) -> bytes:
    """The file's octets; the same file, the same octets."""
    digest = hashlib.sha256()
    records = []
    for record in _records(file):
        octets = f"{record}\n".encode("ascii")
        digest.update(octets)
        records.append(octets)
    plus = sum(line.amount for line in file.lines if line.effect > 0)
    minus = sum(line.amount for line in file.lines if line.effect < 0)
    trailer = f"T|{len(file.lines)}|{plus}|{minus}|{plus - minus}|{digest.hexdigest()}\n"
    return b"".join([*records, trailer.encode("ascii")])


def _records(file: SettlementFile) -> Iterator[str]:
    yield f"H|{VERSION}|{file.switch}|{file.acquirer}|{file.day:%Y%m%d}|{file.currency}"
    for number, line in enumerate(file.lines, 1):
        mti, processing = _WIRE[line.type]
        at = line.at.astimezone(_ZONE)
        yield (
            f"D|{number}|{mti}|{processing}|{line.stan:06}|{line.reference}|{line.amount}"
            f"|{_SIGNS[line.type]}|{line.response}|{line.card}|{at:%Y%m%d%H%M%S}"
        )


def read(octets: bytes) -> SettlementFile:
    """The file, if it is complete and its counts, sums and digest hold; else `MalformedFile`."""
    body, found, last = octets.removesuffix(b"\n").rpartition(b"\n")
    if not found or not octets.endswith(b"\n"):
        raise MalformedFile(1, "is not a file of at least two ended records")
    records = _texts(body.split(b"\n"))
    header = _HEADER.fullmatch(next(records))
    if header is None:
        raise MalformedFile(1, "is no header of a known version")
    day = _moment(header[3] + "000000", 1).date()
    lines = tuple(_line(record, number) for number, record in enumerate(records, 1))
    file = SettlementFile(day, header[1], header[2], header[4], lines)
    trailer = _TRAILER.fullmatch(last.decode("ascii", "replace"))
    number = len(lines) + 2
    if trailer is None:
        raise MalformedFile(number, "is no trailer: the file may be cut off")
    plus = sum(line.amount for line in lines if line.effect > 0)
    minus = sum(line.amount for line in lines if line.effect < 0)
    told = [int(trailer[part]) for part in range(1, 5)]
    if told != [len(lines), plus, minus, plus - minus]:
        raise MalformedFile(number, "counts or sums other than the lines")
    if trailer[5] != hashlib.sha256(body + b"\n").hexdigest():
        raise MalformedFile(number, "has the digest of another file")
    return file


def _texts(records: Iterable[bytes]) -> Iterator[str]:
    for number, record in enumerate(records, 1):
        if number > LINES_MAX + 1:
            raise MalformedFile(number, f"is beyond {LINES_MAX} lines")
        if len(record) > LINE_OCTETS_MAX or not record.isascii():
            raise MalformedFile(number, "is too long or no ASCII")
        yield record.decode("ascii")


def _line(record: str, number: int) -> FileLine:
    found = _DETAIL.fullmatch(record)
    if found is None:
        raise MalformedFile(number + 1, "is no line of the file")
    told, mti, processing, stan, reference, amount, sign, response, card, at = found.groups()
    kind = _TYPES.get((mti, processing))
    if kind is None or _SIGNS[kind] != sign:
        raise MalformedFile(number + 1, "settles nothing that we know, or with the wrong sign")
    if int(told) != number:
        raise MalformedFile(number + 1, "is out of order")
    moment = _moment(at, number + 1)
    return FileLine(kind, int(stan), reference, int(amount), response, card, moment)


def _moment(digits: str, number: int) -> datetime:
    """`YYYYMMDDhhmmss`; `strptime` takes five times as long, and each line has one."""
    parts = (digits[:4], digits[4:6], digits[6:8], digits[8:10], digits[10:12], digits[12:])
    year, month, day, hour, minute, second = map(int, parts)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_ZONE)
    except ValueError:
        raise MalformedFile(number, "names no moment") from None
