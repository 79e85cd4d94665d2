"""The figures of one day: what each class may do, and for how long a closed wallet is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from tael.customers.states import WalletClass

NO_CAP: Final = 2**63 - 1
"""Stands for a cap that does not exist: no sum of amounts reaches it, so one comparison serves."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What one class may do, in fen; `NO_CAP` where there is none."""

    per_payment: int
    day: int
    year: int
    balance: int
    static_code_day: int
    static_code_cards_day: int
    dynamic_code_day: int
    dynamic_code_cards_day: int
    interest: bool


@dataclass(frozen=True, slots=True)
class LimitBlock:
    """Every figure that holds from one day on."""

    effective_from: date
    classes: Mapping[WalletClass, Caps]
    retention_years: int
    unverified: frozenset[str]


@dataclass(frozen=True, slots=True)
class Period:
    """The business day that decisions are made on, and when it and its year end."""

    today: date
    day_ends: datetime
    year_ends: datetime
