"""Which bank a card number belongs to, from `banks.toml` beside this file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tael.instruments.states import CardKind

PACKAGED: Final = Path(__file__).with_name("banks.toml")
BIN_DIGITS: Final = 6
"""Digits of a bank identification number in our table; also what recognising needs."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank whose cards we take."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Range:
    """A range of card numbers: the bank that issues them, and what kind of cards they are."""

    bank: Bank
    kind: CardKind


@cache
def ranges() -> Mapping[str, Range]:
    """The table by BIN."""
    return parse_banks(PACKAGED.read_text(encoding="utf-8"))


@cache
def banks() -> Mapping[str, Bank]:
    """The banks by code."""
    return {found.bank.code: found.bank for found in ranges().values()}


def parse_banks(text: str) -> Mapping[str, Range]:
    """Read a table; asserts that every BIN has its digits and belongs to one bank."""
    table: dict[str, Range] = {}
    for entry in tomllib.loads(text)["bank"]:
        bank = Bank(entry["code"], entry["name_zh"], entry["name_en"])
        for kind in CardKind:
            for number in entry[kind.value]:
                assert len(number) == BIN_DIGITS, f"{number} is not a BIN of {BIN_DIGITS} digits"
                assert number.isdecimal(), f"{number} is not a BIN"
                assert number not in table, f"{number} belongs to two banks"
                table[number] = Range(bank, kind)
    return table
