"""The dated configuration of caps: read once at start, refused there if it makes no sense.

A block holds from its `effective_from` until the next one. The figures stand in `limits.toml`
beside this file, or in the file that the settings name.
"""

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final, cast

from tael.customers.caps import NO_CAP, Caps, LimitBlock
from tael.customers.states import WalletClass
from tael.kernel.faults import OperatorFault
from tael.kernel.money import MINOR_MAX

PACKAGED: Final = Path(__file__).with_name("limits.toml")

RETENTION_YEARS_MAX: Final = 50


class LimitsInvalid(OperatorFault):
    """The limits file cannot be used; the message names the place. The bank does not start."""


class LimitTable:
    """All blocks in the order of their days; answers which one holds on a day."""

    def __init__(self, blocks: tuple[LimitBlock, ...]) -> None:
        if not blocks:
            raise LimitsInvalid("limits: there is no block")
        days = [block.effective_from for block in blocks]
        if days != sorted(set(days)):
            raise LimitsInvalid("limits: effective_from must rise from block to block")
        self._blocks = blocks
        self._days = days

    def on(self, day: date) -> LimitBlock:
        """The block in force on a business day.

        A day before the first block takes the first: history has no wallets then, and a
        sandbox clock set too early shall not stop the bank.
        """
        return self._blocks[max(0, bisect_right(self._days, day) - 1)]

    @property
    def blocks(self) -> tuple[LimitBlock, ...]:
        return self._blocks


_BLOCK_KEYS: Final = {
    "effective_from",
    "static_code_day_fen",
    "static_code_cards_day_fen",
    "dynamic_code_day_fen",
    "dynamic_code_cards_day_fen",
    "retention_years",
    "unverified",
    *(f"class_{number.value}" for number in WalletClass),
}
_CLASS_KEYS: Final = {"per_payment_fen", "day_fen", "year_fen", "balance_fen", "interest"}


def load_limits(path: Path | None = None) -> LimitTable:
    """Read and check a limits file, the packaged one by default; raises `LimitsInvalid`."""
    source = path or PACKAGED
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise LimitsInvalid(f"{source}: {error.strerror}") from None
    try:
        return parse_limits(text)
    except LimitsInvalid as error:
        raise LimitsInvalid(f"{source}: {error}") from None


def parse_limits(text: str) -> LimitTable:
    """The table that a limits file describes; raises `LimitsInvalid` with the place."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LimitsInvalid(str(error)) from None
    blocks = document.get("limits")
    if set(document) != {"limits"} or not isinstance(blocks, list):
        raise LimitsInvalid("the file holds [[limits]] blocks and nothing else")
    return LimitTable(
        tuple(_block(entry, f"limits[{index}]") for index, entry in enumerate(blocks))
    )


def _block(entry: object, place: str) -> LimitBlock:
    table = _table(entry, place, _BLOCK_KEYS)
    since = table.get("effective_from")
    if not isinstance(since, date) or isinstance(since, datetime):
        raise LimitsInvalid(f"{place}.effective_from: a date is needed")
    codes = {
        name: _cap(table, f"{name}_fen", place)
        for name in (
            "static_code_day",
            "static_code_cards_day",
            "dynamic_code_day",
            "dynamic_code_cards_day",
        )
    }
    retention = table.get("retention_years")
    if type(retention) is not int or not 0 < retention <= RETENTION_YEARS_MAX:
        raise LimitsInvalid(f"{place}.retention_years: 1 to {RETENTION_YEARS_MAX} is needed")
    classes = {
        number: _class(
            table.get(f"class_{number.value}"),
            f"{place}.class_{number.value}",
            codes,
        )
        for number in WalletClass
    }
    _check_order(classes, place)
    return LimitBlock(since, classes, retention, _unverified(table, place))


def _class(entry: object, place: str, codes: Mapping[str, int]) -> Caps:
    table = _table(entry, place, _CLASS_KEYS)
    interest = table.get("interest")
    if not isinstance(interest, bool):
        raise LimitsInvalid(f"{place}.interest: true or false is needed")
    caps = Caps(
        per_payment=_cap(table, "per_payment_fen", place),
        day=_cap(table, "day_fen", place),
        year=_cap(table, "year_fen", place),
        balance=_cap(table, "balance_fen", place),
        interest=interest,
        **codes,
    )
    periods = [cap for cap in (caps.per_payment, caps.day, caps.year) if cap != NO_CAP]
    if periods != sorted(periods):
        raise LimitsInvalid(f"{place}: per payment ≤ day ≤ year does not hold")
    return caps


def _check_order(classes: Mapping[WalletClass, Caps], place: str) -> None:
    """A better class is never worse in any cap: an upgrade must not take anything away."""
    for better, worse in zip(sorted(classes)[:-1], sorted(classes)[1:], strict=True):
        for field in ("per_payment", "day", "year", "balance"):
            if getattr(classes[better], field) < getattr(classes[worse], field):
                raise LimitsInvalid(
                    f"{place}: class {better.value} has a lower {field} than class {worse.value}"
                )


def _table(entry: object, place: str, known: set[str]) -> dict[str, object]:
    if not isinstance(entry, dict):
        raise LimitsInvalid(f"{place}: a table is needed")
    unknown = sorted(set(entry) - known)
    if unknown:
        raise LimitsInvalid(f"{place}.{unknown[0]}: no such figure")
    return cast("dict[str, object]", entry)


def _cap(table: Mapping[str, object], name: str, place: str) -> int:
    if name not in table:
        return NO_CAP
    value = table[name]
    if type(value) is not int or not 0 < value <= MINOR_MAX:
        raise LimitsInvalid(f"{place}.{name}: a whole number of fen above 0 is needed")
    return value


def _unverified(table: Mapping[str, object], place: str) -> frozenset[str]:
    names = table.get("unverified", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise LimitsInvalid(f"{place}.unverified: a list of names is needed")
    for name in names:
        holder, _, figure = name.rpartition(".")
        inside = table.get(holder, {}) if holder else table
        if not isinstance(inside, dict) or figure not in inside:
            raise LimitsInvalid(f"{place}.unverified: {name} is not a figure of this block")
    return frozenset(names)


class _InForce:
    """The table this process decides by: one a process, set by the composition root."""

    table: LimitTable | None = None


def use_limits(table: LimitTable) -> None:
    """Decide by this table from now on: called once at start, and by tests of other figures."""
    _InForce.table = table


def limits_in_force() -> LimitTable:
    """The table in use; the packaged one where nobody named another."""
    if _InForce.table is None:
        _InForce.table = load_limits()
    return _InForce.table
