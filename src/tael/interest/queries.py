"""What a wallet has earned, as its holder sees it."""

from dataclasses import dataclass
from datetime import date, datetime

from tael import customers
from tael.customers import Wallet
from tael.interest.rate_table import rates_in_force
from tael.interest.rules import UNITS_PER_MINOR, credited_on, hundredths, next_settlement
from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """A wallet's interest that is not paid yet, and what was paid last."""

    rate_ppm: int
    """Of a year, in millionths; zero for a class that earns nothing."""
    due_hundredths: int
    """What has accrued and is not paid, in hundredths of a fen, rounded down."""
    accrued_to: date | None
    """The last day that is in it; None before the first."""
    credited_on: date
    """When it is paid, as far as it makes whole fen."""
    paid: Money | None
    """The last payment, None before the first."""
    paid_at: datetime | None


async def earned(session: ReadSession, wallet: Wallet, *, now: datetime) -> Earned:
    """What this wallet has earned since it was paid last."""
    today = business_day(now)
    accrued = await session.fetchrow(
        """
        SELECT coalesce(sum(a.units), 0)::text AS units, max(a.day) AS accrued_to,
               (SELECT coalesce(sum(s.paid_minor), 0)::text
                FROM interest_settlements AS s
                WHERE s.customer_id = $1) AS paid
        FROM interest_accruals AS a
        WHERE a.customer_id = $1
        """,
        wallet.customer_id,
    )
    last = await session.fetchrow(
        """
        SELECT paid_minor, at
        FROM interest_settlements
        WHERE customer_id = $1 AND reason = 'quarter'
        ORDER BY settled DESC
        LIMIT 1
        """,
        wallet.customer_id,
    )
    assert accrued is not None
    due = int(accrued["units"]) - UNITS_PER_MINOR * int(accrued["paid"])
    earns = customers.limits_in_force().on(today).classes[wallet.wallet_class].interest
    return Earned(
        rate_ppm=rates_in_force().ppm_on(today) if earns else 0,
        due_hundredths=hundredths(due),
        accrued_to=accrued["accrued_to"],
        credited_on=credited_on(next_settlement(today)),
        paid=None if last is None else Money(last["paid_minor"], CNY),
        paid_at=None if last is None else last["at"],
    )
