"""The dated figures for what follows a sale, from `after_sale.toml` beside this file."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from tael.kernel.clock import business_day

PACKAGED: Final = Path(__file__).with_name("after_sale.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterSale:
    """What holds from one day on."""

    effective_from: date
    refund_within: timedelta
    """How long after a payment it can be given back."""
    refund_parts: int
    """In how many parts."""
    hold_life: timedelta
    """How long money is held for a shop."""


def after_sale_at(now: datetime) -> AfterSale:
    """The block in force on the business day of `now`; before the first, the first."""
    blocks = load_after_sale(PACKAGED)
    today = business_day(now)
    return next((b for b in reversed(blocks) if b.effective_from <= today), blocks[0])


@cache
def load_after_sale(path: Path) -> tuple[AfterSale, ...]:
    """The blocks of a file in the order of their days."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    blocks = tuple(
        AfterSale(
            effective_from=entry["effective_from"],
            refund_within=timedelta(days=entry["refund_days"]),
            refund_parts=entry["refund_parts"],
            hold_life=timedelta(days=entry["hold_days"]),
        )
        for entry in document["after_sale"]
    )
    assert blocks, f"{path} has no block"
    days = [block.effective_from for block in blocks]
    assert days == sorted(set(days)), f"{path}: effective_from must rise from block to block"
    return blocks
