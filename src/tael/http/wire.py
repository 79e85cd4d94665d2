"""The wire's own types: what every domain's requests and replies are made of."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
)

from tael.kernel.currencies import currency
from tael.kernel.money import CNY, CURRENCIES, MINOR_MAX, Money

AMOUNT_MAX = 10**13
"""No single request moves more than 100 billion yuan."""


class Wire(BaseModel):
    """A body that says what it holds and takes nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _whole(value: object) -> object:
    """JSON's `1.0` and `true` are no counts of minor units."""
    if type(value) is not int:
        raise ValueError("must be a whole number of minor units")
    return value


Whole = Annotated[int, Strict()]
"""A count. JSON's `1.0`, `true` and `"1"` are none."""


def _known(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("is not a currency that we keep accounts in")
    return code


class MoneyWire(Wire):
    """An amount in minor units (fen for CNY) with its currency."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"value": 1250, "currency": "CNY"}]})

    value: Annotated[int, BeforeValidator(_whole), Field(ge=-MINOR_MAX, le=MINOR_MAX)]
    currency: Annotated[str, AfterValidator(_known)] = Field(examples=["CNY"])

    @classmethod
    def of(cls, amount: Money) -> "MoneyWire":
        """This amount on the wire."""
        return cls.model_construct(value=amount.minor, currency=amount.currency.code)

    def money(self) -> Money:
        """The amount that came over the wire."""
        return Money(self.value, currency(self.currency))


def _positive(amount: MoneyWire) -> MoneyWire:
    if not 0 < amount.value <= AMOUNT_MAX:
        raise ValueError("must be more than nothing and no more than we move at once")
    if amount.currency != CNY.code:
        raise ValueError("is not in CNY, which is all that customers move")
    return amount


PositiveMoney = Annotated[MoneyWire, AfterValidator(_positive)]
"""An amount that somebody asks to move."""

Instant = Annotated[
    datetime,
    PlainSerializer(lambda at: at.astimezone(UTC).isoformat().replace("+00:00", "Z")),
]
"""RFC 3339, in UTC."""


_EMOJI_JOINER = "\u200d"
"""Cannot be seen itself, and many emoji are made with it."""


def _printable(text: str) -> str:
    if not text.replace(_EMOJI_JOINER, "").isprintable():
        raise ValueError("must not hold control characters")
    return text


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]
"""What a person typed: no control characters, trimmed. Give it a `max_length` where it is used."""

Identifier = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z]{3}_[0-9a-z]{26}$")]
"""A TypeID; which kind, the operation checks."""
