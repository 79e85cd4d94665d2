"""Moments in a query: a business day, to its end; or an instant, itself included."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic.functional_validators import BeforeValidator

from tael import ledger

_DAY_LENGTH = len("2026-11-22")
_YEARS = range(2000, 3000)


def _moment(given: object) -> ledger.Moment:
    assert isinstance(given, str), "a query is text"
    # A plus sign in a query is a space when it was not written as %2B.
    text = given.replace(" ", "+") if len(given) > _DAY_LENGTH else given
    try:
        if len(text) == _DAY_LENGTH:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day (2026-11-22) or an instant with its offset") from None
    if moment.tzinfo is None:
        raise ValueError("must be a day (2026-11-22) or an instant with its offset")
    return moment.astimezone(UTC)


def _seen(moment: ledger.Moment) -> ledger.Moment:
    if moment.year not in _YEARS:
        raise ValueError("must be in this millennium")
    return moment


MomentAsked = Annotated[
    date | datetime,
    BeforeValidator(_moment),
    AfterValidator(_seen),
    Field(
        description="A business day in Shanghai, to its end, or an RFC 3339 instant, included.",
        examples=["2026-11-22", "2026-11-22T04:00:00Z"],
    ),
    WithJsonSchema({"type": "string"}),
]
"""When: a day or an instant."""
