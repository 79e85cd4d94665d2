"""The terms of a proposal, read strictly: they came over the wire as any JSON object."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tael.kernel.currencies import currency
from tael.kernel.money import CURRENCIES, MINOR_MAX, Money
from tael.kernel.refusals import InvalidRequest

Terms = Mapping[str, Any]


def malformed(where: str, message: str) -> InvalidRequest:
    """The refusal of one member of the terms."""
    return InvalidRequest(errors=[{"where": f"terms.{where}", "message": message}])


def only(terms: Terms, required: set[str], optional: set[str] | None = None) -> None:
    """Refuse terms that lack a member or hold one that nobody would read."""
    for name in sorted(required - set(terms)):
        raise malformed(name, "is missing")
    for name in sorted(set(terms) - required - (optional or set())):
        raise malformed(name, "is not among the terms")


def text(terms: Terms, name: str, *, longest: int) -> str:
    """A printable text; empty where it is missing."""
    found = terms.get(name, "")
    if not isinstance(found, str) or len(found) > longest or not found.isprintable():
        raise malformed(name, f"must be text of {longest} characters at most")
    return found.strip()


def whole(terms: Terms, name: str) -> int:
    """A whole number above zero."""
    found = terms[name]
    if type(found) is not int or not 0 < found <= MINOR_MAX:
        raise malformed(name, "must be a whole number above zero")
    return found


def money(terms: Terms, name: str) -> Money:
    """An amount above zero: `{"value": minor units, "currency": code}`."""
    found = terms[name]
    if not isinstance(found, dict) or set(found) != {"value", "currency"}:
        raise malformed(name, "must be an amount: value and currency")
    if found["currency"] not in CURRENCIES:
        raise malformed(name, "is not in a currency that we keep accounts in")
    return Money(whole(found, "value"), currency(found["currency"]))


def day(terms: Terms, name: str) -> date | None:
    """A day as 2026-11-22, or none."""
    found = terms.get(name)
    if found is None:
        return None
    try:
        return date.fromisoformat(found)
    except (TypeError, ValueError):
        raise malformed(name, "must be a day: YYYY-MM-DD") from None
