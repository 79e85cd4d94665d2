"""What a wallet had at a moment, and what it has earned since it was paid."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field

from tael import customers, interest, ledger
from tael.http.guards import SignedIn
from tael.http.moments import MomentAsked
from tael.http.problems import problems
from tael.http.wire import Instant, MoneyWire, Wire
from tael.kernel.clock import business_now

router: Final = APIRouter(tags=["wallet"])

HUNDREDTHS: Final = 10_000
"""Hundredths of a fen in a yuan."""


class BalanceAsked(Wire):
    """Of which moment, and as it was known when."""

    as_of: MomentAsked | None = None
    known_at: MomentAsked | None = None


class PastBalanceBody(Wire):
    """A balance as of a moment. Held money is part of it."""

    as_of: Instant = Field(description="Everything that counts up to here is in it.")
    known_at: Instant = Field(description="Everything that was posted up to here is in it.")
    balance: MoneyWire


class InterestBody(Wire):
    """What the balance has earned since interest was paid last."""

    rate_ppm: int = Field(
        description="Of a year, in millionths: 500 is 0.05 %. Zero for a class that earns none.",
        examples=[500],
    )
    accrued: str = Field(
        description="In yuan, to four decimals, rounded down: for showing.", examples=["1.2345"]
    )
    accrued_to: date | None = Field(description="The last day that is in it.")
    credited_on: date = Field(description="When the whole fen of it become part of the balance.")
    paid: MoneyWire | None = Field(description="What was paid last.")
    paid_at: Instant | None


@router.get("/wallet/balance", responses=problems(ledger.errors.Archived))
async def past_balance(edge: SignedIn, asked: Annotated[BalanceAsked, Query()]) -> PastBalanceBody:
    """The balance of a day or moment, as it is known now or as it was known at another."""
    async with edge.services.database.read() as session:
        wallet = await customers.wallet(session, edge.customer_id)
        now = await business_now(session)
        as_of, known_at = asked.as_of or now, asked.known_at or now
        balance = await ledger.balance_as_of(session, wallet.account_number, as_of, known_at)
    return PastBalanceBody(
        as_of=ledger.instant_of(as_of),
        known_at=ledger.instant_of(known_at),
        balance=MoneyWire.of(balance),
    )


@router.get("/wallet/interest", responses=problems())
async def see_interest(edge: SignedIn) -> InterestBody:
    """What the wallet has earned and is paid next; what it was paid last."""
    async with edge.services.database.read() as session:
        wallet = await customers.wallet(session, edge.customer_id)
        earned = await interest.earned(session, wallet, now=await business_now(session))
    yuan, part = divmod(earned.due_hundredths, HUNDREDTHS)
    return InterestBody(
        rate_ppm=earned.rate_ppm,
        accrued=f"{yuan}.{part:04}",
        accrued_to=earned.accrued_to,
        credited_on=earned.credited_on,
        paid=None if earned.paid is None else MoneyWire.of(earned.paid),
        paid_at=earned.paid_at,
    )
