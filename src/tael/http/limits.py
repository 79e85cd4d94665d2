"""What a customer may do today, what is left of it, how to raise it, and "would it pass?"."""

from typing import Final, Literal

import orjson
from fastapi import APIRouter
from pydantic import ConfigDict, Field

from tael import customers, identity
from tael.http import problems as bodies
from tael.http.guards import SignedIn, SignedInAsking
from tael.http.problems import Problem, problems
from tael.http.wire import Instant, MoneyWire, PositiveMoney, Wire
from tael.kernel.clock import business_now
from tael.kernel.money import CNY, Money

router: Final = APIRouter(tags=["limits"])

EXCLUDED: Final = ("refund", "release", "interest", "top_up")
"""What does not count against the caps of spending."""

_NAMED: Final = ConfigDict(serialize_by_alias=True, populate_by_name=True)

_TOP_UP: Final = "top_up"
Act = Literal["payment", "static_payment", "transfer", "withdrawal", "top_up"]
How = Literal["identity", "bank_card", "branch"]
LimitName = Literal[
    "per_payment",
    "day",
    "year",
    "balance",
    "dynamic_code_day",
    "dynamic_code_cards_day",
    "static_code_day",
    "static_code_cards_day",
]


class LimitBody(Wire):
    """One cap; null where there is none, or nothing is counted."""

    limit: LimitName
    cap: MoneyWire | None
    used: MoneyWire | None
    left: MoneyWire | None
    resets_at: Instant | None


class ClassBody(Wire):
    """What one wallet class may do; null where there is no cap."""

    model_config = _NAMED

    wallet_class: int = Field(alias="class", ge=1, le=4, examples=[3])
    per_payment: MoneyWire | None
    day: MoneyWire | None
    year: MoneyWire | None
    balance: MoneyWire | None
    needs: list[Literal["phone", "identity", "face", "bank_card", "branch"]]
    interest: bool


class RaiseBody(Wire):
    """The next better class and the way there."""

    to_class: int = Field(ge=1, le=3, examples=[3])
    how: How


class LimitsBody(Wire):
    """The limits of a wallet today. Days and years begin at midnight in `time_zone`."""

    model_config = _NAMED

    wallet_class: int = Field(alias="class", ge=1, le=4, examples=[4])
    time_zone: str = Field(examples=["Asia/Shanghai"])
    day: str = Field(examples=["2026-03-01"])
    excluded: list[Literal["refund", "release", "interest", "top_up"]]
    limits: list[LimitBody]
    classes: list[ClassBody]
    raised_by: RaiseBody | None = Field(alias="raise")


class CheckAsked(Wire):
    """An act and its amount."""

    act: Act
    amount: PositiveMoney


class CheckBody(Wire):
    """Whether the limits would let it pass now, and if not, the refusal it would get."""

    passes: bool
    refusal: Problem | None


@router.get("/limits", responses=problems(identity.SignedOut, identity.PinRequired))
async def see_limits(edge: SignedIn) -> LimitsBody:
    """Every cap of the wallet with what is used and left, all classes, and the way up."""
    async with edge.services.database.read() as session:
        overview = await customers.limits(
            session, edge.customer_id, now=await business_now(session)
        )
    step = overview.next_raise
    return LimitsBody.model_validate(
        {
            "wallet_class": overview.wallet_class.value,
            "time_zone": "Asia/Shanghai",
            "day": overview.day.isoformat(),
            "excluded": EXCLUDED,
            "limits": [limit_body(each) for each in overview.figures],
            "classes": [
                _class(number, caps) for number, caps in sorted(overview.block.classes.items())
            ],
            "raised_by": step and RaiseBody(to_class=step[0].value, how=step[1].value),
        }
    )


@router.post(
    "/limits/check",
    responses=problems(identity.SignedOut, identity.PinRequired, customers.errors.WalletNotFound),
)
async def check_limits(edge: SignedInAsking, asked: CheckAsked) -> CheckBody:
    """Whether an act would pass the limits now: the rules that decide when money moves."""
    amount = asked.amount.money()
    async with edge.services.database.read() as session:
        now = await business_now(session)
        if asked.act == _TOP_UP:
            refusal = await customers.would_receive(session, edge.customer_id, amount, now=now)
        else:
            act = customers.SpendAct(asked.act)
            refusal = await customers.would_pass(session, edge.customer_id, act, amount, now=now)
    if refusal is None:
        return CheckBody(passes=True, refusal=None)
    problem = orjson.loads(bodies.body(refusal, request_id=None))
    return CheckBody(passes=False, refusal=Problem.model_validate(problem))


def limit_body(each: customers.LimitFigure) -> LimitBody:
    figure = each.figure
    return LimitBody(
        limit=figure.limit.value,
        cap=_money(figure.cap),
        used=_money(figure.used),
        left=_money(figure.left),
        resets_at=each.resets_at if figure.cap is not None else None,
    )


def _class(number: customers.WalletClass, caps: customers.Caps) -> ClassBody:
    return ClassBody.model_validate(
        {
            "wallet_class": number.value,
            "per_payment": _cap(caps.per_payment),
            "day": _cap(caps.day),
            "year": _cap(caps.year),
            "balance": _cap(caps.balance),
            "needs": customers.NEEDS[number],
            "interest": caps.interest,
        }
    )


def _cap(minor: int) -> MoneyWire | None:
    return None if minor == customers.NO_CAP else _money(minor)


def _money(minor: int | None) -> MoneyWire | None:
    return None if minor is None else MoneyWire.of(Money(minor, CNY))
