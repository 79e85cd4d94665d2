"""The dated figures for care with new payees, from `cooling.toml` beside this file."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from tael.kernel.clock import business_day
from tael.kernel.money import CNY, Money

PACKAGED: Final = Path(__file__).with_name("cooling.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooling:
    """What holds from one day on."""

    effective_from: date
    new_payee: timedelta
    """How long after the first transfer a payee counts as new."""
    new_payee_cap: Money
    """What may go to a payee while new, in all."""
    secret_changed: timedelta
    """How long after a change of PIN or phone number nothing goes to a new payee."""


def cooling_at(now: datetime) -> Cooling:
    """The block in force on the business day of `now`; before the first, the first."""
    blocks = load_cooling(PACKAGED)
    today = business_day(now)
    return next((b for b in reversed(blocks) if b.effective_from <= today), blocks[0])


@cache
def load_cooling(path: Path) -> tuple[Cooling, ...]:
    """The blocks of a file in the order of their days."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    blocks = tuple(
        Cooling(
            effective_from=entry["effective_from"],
            new_payee=timedelta(hours=entry["new_payee_h"]),
            new_payee_cap=Money(entry["new_payee_fen"], CNY),
            secret_changed=timedelta(hours=entry["secret_changed_h"]),
        )
        for entry in document["cooling"]
    )
    assert blocks, f"{path} has no block"
    days = [block.effective_from for block in blocks]
    assert days == sorted(set(days)), f"{path}: effective_from must rise from block to block"
    return blocks
