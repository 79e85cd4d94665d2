"""The statement as a printed document: set by Typst as PDF/A-2a with tags, signed by the bank.

Setting and signing take tens of milliseconds and more, so they run in a few threads, never on the
event loop; who comes when too many wait is asked to come back.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pylopdf_fonts_zh_cn
import typst

from tael import ledger
from tael.kernel.clock import SHANGHAI
from tael.kernel.money import Money
from tael.kernel.refusals import Overloaded
from tael.statements.queries import Statement
from tael.statements.rules import VOLUME_ENTRIES, account_masked, grouped
from tael.statements.signing import SigningKey, signed
from tael.statements.words import Words, counterparty, words_of

PRINTING_MAX: Final = 2
"""Volumes that one process sets at one time: each takes up to 150 MB."""
WAITING_MAX: Final = 16

_TEMPLATE: Final = Path(__file__).with_name("statement.typ").read_bytes()
_FONTS: Final = typst.Fonts(
    include_system_fonts=False,
    include_embedded_fonts=False,
    font_paths=[pylopdf_fonts_zh_cn.sans_path().parent],
)


@dataclass(frozen=True, slots=True)
class Volume:
    """What one printed volume holds: the balance that it begins with, and its entries."""

    number: int
    opening: Money
    entries: Sequence[ledger.PeriodEntry]


class Press:
    """Prints volumes in a bounded number of threads; one a process."""

    def __init__(self) -> None:
        self._seats = asyncio.Semaphore(PRINTING_MAX)
        self._waiting = 0

    async def print(self, told: Statement, volume: Volume, key: SigningKey) -> bytes:
        """A signed PDF. Refuses `kernel.overloaded` when too many wait."""
        if self._waiting >= WAITING_MAX:
            raise Overloaded(retry_after_s=2)
        self._waiting += 1
        try:
            async with self._seats:
                return await asyncio.to_thread(_printed, told, volume, key)
        finally:
            self._waiting -= 1


def _printed(told: Statement, volume: Volume, key: SigningKey) -> bytes:
    assert len(volume.entries) <= VOLUME_ENTRIES
    pdf: bytes = typst.compile(
        _TEMPLATE,
        font_paths=_FONTS,
        sys_inputs={"told": orjson.dumps(_document(told, volume, key)).decode()},
        pdf_standards="a-2a",
        timestamp=int(told.made_at.timestamp()),
    )
    return signed(pdf, key)


def _document(told: Statement, volume: Volume, key: SigningKey) -> dict[str, Any]:
    """Everything that the template shows."""
    words = words_of(told.language)
    is_last = volume.number == told.volumes
    closing = told.closing if is_last else volume.entries[-1].entry.balance_after
    last = words.closing if told.complete else words.balance_now
    parts = f"{words.volume} {volume.number} / {told.volumes}" if told.volumes > 1 else ""
    return {
        "words": {name: text for name, text in asdict(words).items() if name != "kinds"},
        "month": str(told.month),
        "account": account_masked(told.account),
        "period": _period(told) + (f" · {parts}" if parts else ""),
        "footer": parts or _moment(told.made_at),
        "so_far": None if told.complete else words.so_far_note,
        "facts": [
            (words.holder, told.holder),
            (words.account, account_masked(told.account)),
            (words.period, _period(told)),
            (words.currency, told.opening.currency.code),
            (words.made_at, _moment(told.made_at)),
        ],
        "figures": [
            (words.opening, grouped(told.opening)),
            (_counted(words.total_in, told.sums.entries_in, words), grouped(told.sums.total_in)),
            (_counted(words.total_out, told.sums.entries_out, words), grouped(told.sums.total_out)),
            (last, grouped(told.closing)),
        ],
        "headings": [
            f"{words.date}",
            words.kind,
            f"{words.counterparty} / {words.receipt}",
            words.memo,
            words.into,
            words.out,
            words.balance,
        ],
        "before": _balance_row(
            words.opening if volume.number == 1 else words.brought, volume.opening
        ),
        "entries": [_entry(line, words) for line in volume.entries],
        "after": _balance_row(last if is_last else words.carried, closing),
        "fingerprint": key.fingerprint,
    }


def _entry(line: ledger.PeriodEntry, words: Words) -> dict[str, str]:
    entry = line.entry
    at = entry.at.astimezone(SHANGHAI)
    into = entry.direction is ledger.Direction.IN
    amount = grouped(entry.amount)
    return {
        "date": f"{at:%Y-%m-%d}",
        "time": f"{at:%H:%M:%S}",
        "kind": words.name(entry.kind),
        "counterparty": counterparty(line, words),
        "memo": entry.memo,
        "into": amount if into else "",
        "out": "" if into else amount,
        "balance": grouped(entry.balance_after),
        "receipt": ledger.receipt_number(entry.movement, entry.at),
    }


def _balance_row(name: str, balance: Money) -> list[str]:
    return ["", name, "", "", "", "", grouped(balance)]


def _counted(name: str, entries: int, words: Words) -> str:
    space = "" if words.tag == "zh" else " "
    return f"{name} ({entries}{space}{words.count})"


def _period(told: Statement) -> str:
    end = told.month.last_day if told.complete else told.made_at.astimezone(SHANGHAI).date()
    return f"{told.month.first_day.isoformat()} – {end.isoformat()}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
