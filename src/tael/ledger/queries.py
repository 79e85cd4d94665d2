"""Reads of the ledger: balances and the trial balance."""

from dataclasses import dataclass
from datetime import datetime

from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, CURRENCIES, Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.states import AccountKind


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance; what pending holds set aside of it; what can be spent."""

    balance: Money
    held: Money
    available: Money


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """All accounts of one kind and currency together."""

    currency: Currency
    kind: AccountKind
    accounts: int
    balance: Money
    held: Money


async def balance(
    session: ReadSession, number: AccountNumber, *, now: datetime, currency: Currency = CNY
) -> Balance:
    """An account's balance at business time `now`: holds past their deadline hold nothing."""
    row = await session.fetchrow(
        """
        SELECT a.balance,
               a.held - coalesce((
                   SELECT sum(h.amount)
                   FROM ledger_holds AS h
                   WHERE h.currency = a.currency
                     AND h.account = a.number
                     AND h.state = 'pending'
                     AND h.expires_at <= $3
               ), 0)::bigint AS held
        FROM ledger_accounts AS a
        WHERE a.currency = $1 AND a.number = $2
        """,
        currency.code,
        number,
        now,
    )
    assert row is not None, "accounts are never removed"
    return Balance(
        Money(row["balance"], currency),
        Money(row["held"], currency),
        Money(row["balance"] - row["held"], currency),
    )


async def trial_balance(session: ReadSession) -> list[TrialBalanceRow]:
    """Every kind of account with its balance; each currency's rows sum to zero."""
    rows = await session.fetch(
        """
        SELECT currency, kind, count(*) AS accounts,
               sum(balance)::bigint AS balance, sum(held)::bigint AS held
        FROM ledger_accounts
        GROUP BY currency, kind
        ORDER BY currency, kind
        """
    )
    return [
        TrialBalanceRow(
            CURRENCIES[row["currency"]],
            AccountKind(row["kind"]),
            row["accounts"],
            Money(row["balance"], CURRENCIES[row["currency"]]),
            Money(row["held"], CURRENCIES[row["currency"]]),
        )
        for row in rows
    ]
