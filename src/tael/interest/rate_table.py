"""The dated rate: read once at start, refused there if it makes no sense.

A block holds from its `effective_from` until the next one. The figures stand in `rates.toml`
beside this file, or in the file that the settings name.
"""

import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, cast

from tael.kernel.faults import OperatorFault

PACKAGED: Final = Path(__file__).with_name("rates.toml")

RATE_MAX_PPM: Final = 100_000
"""Ten per cent a year: a demand deposit that pays more is a slip of the keyboard."""

_KEYS: Final = {"effective_from", "rate_ppm", "unverified"}
_FIGURES: Final = {"rate_ppm"}


class RatesInvalid(OperatorFault):
    """The rates file cannot be used; the message names the place. The bank does not start."""


@dataclass(frozen=True, slots=True)
class RateBlock:
    """The rate that holds from one day on, in millionths a year."""

    effective_from: date
    rate_ppm: int
    unverified: frozenset[str]


class RateTable:
    """All blocks in the order of their days; answers which rate holds on a day."""

    def __init__(self, blocks: tuple[RateBlock, ...]) -> None:
        if not blocks:
            raise RatesInvalid("rates: there is no block")
        days = [block.effective_from for block in blocks]
        if days != sorted(set(days)):
            raise RatesInvalid("rates: effective_from must rise from block to block")
        self._blocks = blocks
        self._days = days

    @property
    def first_day(self) -> date:
        """The first day on which anything is earned."""
        return self._days[0]

    def ppm_on(self, day: date) -> int:
        """The rate of a business day in millionths a year; zero before the first block."""
        place = bisect_right(self._days, day)
        return self._blocks[place - 1].rate_ppm if place else 0

    def on(self, day: date) -> RateBlock | None:
        """The block in force on a business day, None before the first."""
        place = bisect_right(self._days, day)
        return self._blocks[place - 1] if place else None


def load_rates(path: Path | None = None) -> RateTable:
    """Read and check a rates file, the packaged one by default; raises `RatesInvalid`."""
    source = path or PACKAGED
    try:
        return parse_rates(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise RatesInvalid(f"{source}: {error.strerror}") from None
    except RatesInvalid as error:
        raise RatesInvalid(f"{source}: {error}") from None


def parse_rates(text: str) -> RateTable:
    """The table that a rates file describes; raises `RatesInvalid` with the place."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RatesInvalid(str(error)) from None
    blocks = document.get("rates")
    if set(document) != {"rates"} or not isinstance(blocks, list):
        raise RatesInvalid("the file holds [[rates]] blocks and nothing else")
    return RateTable(tuple(_block(entry, f"rates[{index}]") for index, entry in enumerate(blocks)))


def _block(entry: object, place: str) -> RateBlock:
    if not isinstance(entry, dict):
        raise RatesInvalid(f"{place}: a table is needed")
    table = cast("dict[str, object]", entry)
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise RatesInvalid(f"{place}.{unknown[0]}: no such figure")
    since = table.get("effective_from")
    if not isinstance(since, date) or isinstance(since, datetime):
        raise RatesInvalid(f"{place}.effective_from: a date is needed")
    rate = table.get("rate_ppm")
    if type(rate) is not int or not 0 <= rate <= RATE_MAX_PPM:
        raise RatesInvalid(f"{place}.rate_ppm: 0 to {RATE_MAX_PPM} is needed")
    names = table.get("unverified", [])
    if not isinstance(names, list) or not set(names) <= _FIGURES:
        raise RatesInvalid(f"{place}.unverified: a list of figures of this block is needed")
    return RateBlock(since, rate, frozenset(names))


class _InForce:
    """The table this process accrues by: one a process, set by the composition root."""

    table: RateTable | None = None


def use_rates(table: RateTable) -> None:
    """Accrue by this table from now on: called once at start, and by tests of other figures."""
    _InForce.table = table


def rates_in_force() -> RateTable:
    """The table in use; the packaged one where nobody named another."""
    if _InForce.table is None:
        _InForce.table = load_rates()
    return _InForce.table
