"""Refusals: the answers that say no, each with one code, one meaning and one piece of advice."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from tael.kernel.money import Money

Detail = str | int | bool | None | Money | datetime | list["Detail"] | dict[str, "Detail"]
"""What a refusal may tell beyond its code; the edge puts it on the wire."""


class Advice(StrEnum):
    """What a client that was refused should do next."""

    NEVER = "never"
    """The request itself is wrong: change it, asking again will not help."""
    SAME_KEY = "same_key"
    """We may not have done it: ask again with the same idempotency key."""
    NEW_KEY = "new_key"
    """We did not do it: circumstances may change, then ask anew."""


class Refusal(Exception):
    """The base of every refusal. The first line of a subclass's docstring is its meaning.

    A subclass names its `code` (`module.reason`) and `advice`; `details` are public and
    become members of the problem body, so nothing secret may stand there.
    """

    code: ClassVar[str]
    advice: ClassVar[Advice]
    _registry: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init__(self, **details: Detail) -> None:
        super().__init__(self.code)
        self.details = details

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        code = cls.__dict__.get("code")
        if code is None:
            return
        other = Refusal._registry.setdefault(code, cls)
        assert other.__qualname__ == cls.__qualname__, f"{code} is taken by {other!r}"

    @classmethod
    def meaning(cls) -> str:
        """The one line that tells people what happened."""
        assert cls.__doc__, f"{cls.__name__} has no meaning"
        return cls.__doc__.strip().splitlines()[0]

    @staticmethod
    def registry() -> dict[str, type["Refusal"]]:
        """Every refusal by its code, of the modules that were imported."""
        return dict(Refusal._registry)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code}, {self.details!r})"


class InvalidRequest(Refusal):
    """The request is not of the form that this operation takes."""

    code = "request.invalid"
    advice = Advice.NEVER


class MalformedId(Refusal):
    """That is not an identifier of the kind that belongs here."""

    code = "request.malformed_id"
    advice = Advice.NEVER


class UnknownCurrency(Refusal):
    """That currency is not one that we keep accounts in."""

    code = "request.unknown_currency"
    advice = Advice.NEVER


class TooMany(Refusal):
    """Too many attempts in a short time: wait before you try again."""

    code = "request.too_many"
    advice = Advice.NEW_KEY


class Overloaded(Refusal):
    """More is waiting than we can take: try again in a moment with the same key."""

    code = "kernel.overloaded"
    advice = Advice.SAME_KEY


class DatabaseAway(Refusal):
    """Our books cannot be reached at this moment: nothing is lost, ask with the same key."""

    code = "kernel.database_away"
    advice = Advice.SAME_KEY


class WriteRefused(Refusal):
    """The books refused this entry; nothing was moved and we are looking into it."""

    code = "kernel.write_refused"
    advice = Advice.NEW_KEY
