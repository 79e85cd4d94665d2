"""Reads of the ledger: balances, the trial balance, one movement."""

from dataclasses import dataclass
from datetime import datetime

from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, CURRENCIES, Currency, Money
from tael.ledger.archived import refuse_archived_movement
from tael.ledger.chart import AccountNumber
from tael.ledger.errors import MovementNotFound
from tael.ledger.movements import MovementId, PostedMovement, Posting
from tael.ledger.states import AccountKind, MovementKind


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
                   SELECT sum(h.amount - h.captured)
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


async def posted_movement(session: ReadSession, movement: MovementId) -> PostedMovement:
    """A movement with its postings; refuses `ledger.movement_not_found`, `ledger.archived`."""
    rows = await session.fetch(
        """
        SELECT m.kind, m.reference, m.payer_label, m.payee_label, m.memo, m.at,
               m.effective_on, m.reverses, r.movement_id AS reversed_by,
               p.currency, p.debit, p.credit, p.amount
        FROM ledger_movements AS m
        JOIN ledger_postings AS p ON p.movement_id = m.id
        LEFT JOIN ledger_reversals AS r ON r.reversed = m.id
        WHERE m.id = $1
          AND p.movement_id = $1
        ORDER BY p.line
        """,
        movement,
    )
    if not rows:
        await refuse_archived_movement(session, movement)
        raise MovementNotFound
    head = rows[0]
    currency = CURRENCIES[head["currency"]]
    return PostedMovement(
        id=movement,
        kind=MovementKind(head["kind"]),
        currency=currency,
        postings=tuple(
            Posting(
                AccountNumber(row["debit"]),
                AccountNumber(row["credit"]),
                Money(row["amount"], currency),
            )
            for row in rows
        ),
        reference=head["reference"],
        payer_label=head["payer_label"],
        payee_label=head["payee_label"],
        memo=head["memo"],
        at=head["at"],
        effective_on=head["effective_on"],
        reverses=head["reverses"],
        reversed_by=head["reversed_by"],
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
