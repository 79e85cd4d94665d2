"""The dated figures for one top-up or withdrawal, from `card_limits.toml` beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from tael.kernel.clock import business_day
from tael.kernel.money import CNY, Money
from tael.transfers.card_states import CardTransferKind

PACKAGED: Final = Path(__file__).with_name("card_limits.toml")


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most that one may be."""

    least: Money
    most: Money


@dataclass(frozen=True, slots=True)
class CardLimits:
    """What holds from one day on."""

    effective_from: date
    spans: Mapping[CardTransferKind, Span]


def card_limits_at(now: datetime) -> CardLimits:
    """The block in force on the business day of `now`; before the first, the first."""
    blocks = load_card_limits(PACKAGED)
    today = business_day(now)
    return next((b for b in reversed(blocks) if b.effective_from <= today), blocks[0])


@cache
def load_card_limits(path: Path) -> tuple[CardLimits, ...]:
    """The blocks of a file in the order of their days."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    blocks = tuple(
        CardLimits(entry["effective_from"], {kind: _span(entry, kind) for kind in CardTransferKind})
        for entry in document["card_limits"]
    )
    assert blocks, f"{path} has no block"
    days = [block.effective_from for block in blocks]
    assert days == sorted(set(days)), f"{path}: effective_from must rise from block to block"
    return blocks


def _span(entry: Mapping[str, int], kind: CardTransferKind) -> Span:
    least, most = entry[f"{kind}_min_fen"], entry[f"{kind}_max_fen"]
    assert 0 < least <= most, f"{kind}: the least is more than the most"
    return Span(Money(least, CNY), Money(most, CNY))
