"""What the limits screen shows, and "would it pass?": by the rules that decide about money."""

from datetime import datetime
from uuid import UUID

from tael import ledger
from tael.customers.limit_table import limits_in_force
from tael.customers.limit_use import period_at, read_limit_use
from tael.customers.queries import LimitFigure, LimitOverview
from tael.customers.rules import all_figures, resets_at
from tael.customers.states import SpendAct
from tael.kernel.database import ReadSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal


async def limits(session: ReadSession, customer: UUID, *, now: datetime) -> LimitOverview:
    """Every cap of a wallet, what is used and left of it today and this year, and when it resets.

    Refuses `customers.wallet_not_found`.
    """
    limit_use = await read_limit_use(session, [customer], now=now)
    held = limit_use.wallet(customer)
    balance = await ledger.balance(session, held.account_number, now=now)
    period = period_at(now)
    block = limits_in_force().on(period.today)
    figures = all_figures(held.use, block.classes[held.wallet_class], balance.balance.minor)
    return LimitOverview(
        wallet_class=held.wallet_class,
        day=period.today,
        figures=tuple(
            LimitFigure(figure=figure, resets_at=resets_at(figure.limit, period))
            for figure in figures
        ),
        block=block,
    )


async def would_pass(
    session: ReadSession, customer: UUID, act: SpendAct, amount: Money, *, now: datetime
) -> Refusal | None:
    """Why the limits would refuse this act now, or None. Looks at limits, not at the balance."""
    limit_use = await read_limit_use(session, [customer], now=now)
    return limit_use.refuses(customer, act, amount)


async def would_receive(
    session: ReadSession, customer: UUID, amount: Money, *, now: datetime
) -> Refusal | None:
    """Why a top-up of this amount would be refused now, or None."""
    limit_use = await read_limit_use(session, [customer], now=now)
    held = limit_use.wallet(customer)
    balance = await ledger.balance(session, held.account_number, now=now)
    return limit_use.refuses_credit(customer, amount, balance.balance)
