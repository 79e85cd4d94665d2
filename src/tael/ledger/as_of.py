"""What was true at a moment, by what was known at another.

A movement *counts from* its posting time, or from the first instant of the business day that it
was dated to, if that is another day. It is *known from* its posting time. "As of" asks about the
first, "as known at" about the second, and the two are free of each other: the balance of June as
it was known in July is what July's statement said, whatever was corrected in August.

An account's entries are numbered in the order in which they were written, and all but a few count
in that order too. So a balance is found by a search by halves over the numbers, in a score of looks
however long the history is; the few that do not are kept in `ledger_displaced` and moved to
where they count (`ledger_reached` and `ledger_balance_as_of`, in the migration).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, CURRENCIES, Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.errors import Archived
from tael.ledger.moments import Moment, instant_of
from tael.ledger.queries import TrialBalanceRow
from tael.ledger.states import AccountKind

ACCOUNTS_MAX: Final = 10_000
"""The most accounts that one read tells the balances of."""

COUNTS_FROM: Final = """
CASE
    WHEN m.effective_on = m.business_day THEN m.at
    ELSE m.effective_on::timestamp AT TIME ZONE 'Asia/Shanghai'
END"""
"""From when a movement counts."""


async def balance_as_of(
    session: ReadSession,
    number: AccountNumber,
    as_of: Moment,
    known_at: Moment | None = None,
    *,
    currency: Currency = CNY,
) -> Money:
    """What an account had at a moment, by what was posted up to `known_at` (None: up to now).

    Money that was held then is part of it. Refuses `ledger.archived` for a moment whose entries
    have left the books with an old month.
    """
    return (await balances_as_of(session, [number], as_of, known_at, currency=currency))[number]


async def balances_as_of(
    session: ReadSession,
    numbers: Collection[AccountNumber],
    as_of: Moment,
    known_at: Moment | None = None,
    *,
    currency: Currency = CNY,
) -> dict[AccountNumber, Money]:
    """The same for several accounts, in one statement. Every number must exist."""
    assert len(numbers) <= ACCOUNTS_MAX
    rows = await session.fetch(
        """
        SELECT a.number,
               ledger_balance_as_of(
                   a.currency, a.number, $3, coalesce($4::timestamptz, 'infinity')
               ) AS balance
        FROM ledger_accounts AS a
        WHERE a.currency = $1
          AND a.number = ANY($2::bigint[])
        """,
        currency.code,
        list(numbers),
        instant_of(as_of),
        None if known_at is None else instant_of(known_at),
    )
    assert len(rows) == len(set(numbers)), "a balance was asked of an account that does not exist"
    if any(row["balance"] is None for row in rows):
        raise Archived
    return {row["number"]: Money(row["balance"], currency) for row in rows}


_TRIAL_BALANCE: Final = f"""
WITH asked AS (
    SELECT $1::timestamptz AS as_of,
           coalesce($2::timestamptz, 'infinity') AS known_at,
           least($1::timestamptz, $2::timestamptz) AS reached
), left_out AS (
    -- What was posted since, unless it counts from before.
    SELECT m.id
    FROM asked, ledger_movements AS m
    WHERE m.at > asked.reached
      AND NOT (m.at <= asked.known_at AND {COUNTS_FROM} <= asked.as_of)
), changes AS (
    SELECT p.currency, p.debit AS account, -p.amount AS change
    FROM left_out
    JOIN ledger_postings AS p ON p.movement_id = left_out.id
    UNION ALL
    SELECT p.currency, p.credit, p.amount
    FROM left_out
    JOIN ledger_postings AS p ON p.movement_id = left_out.id
    UNION ALL
    SELECT s.currency, s.account, s.change
    FROM asked
    JOIN ledger_closing_strays AS s
      ON s.at > asked.reached
     AND NOT (s.at <= asked.known_at AND s.effective_from <= asked.as_of)
    WHERE NOT EXISTS (SELECT FROM ledger_postings AS p WHERE p.movement_id = s.movement_id)
    UNION ALL
    -- What was posted before and counts only from later.
    SELECT d.currency, d.account, d.change
    FROM asked
    JOIN ledger_displaced AS d ON d.at <= asked.reached AND d.effective_from > asked.as_of
), by_account AS (
    SELECT currency, account, sum(change) AS change
    FROM changes
    GROUP BY currency, account
), held AS (
    SELECT h.currency, h.account,
           sum(h.amount - coalesce((
               SELECT sum(c.amount)
               FROM ledger_captures AS c
               JOIN ledger_movements AS m ON m.id = c.movement_id
               WHERE c.hold_id = h.id AND m.at <= asked.reached
           ), 0)) AS held
    FROM asked
    JOIN ledger_holds AS h
      ON h.made_at <= asked.reached
     AND h.expires_at > asked.reached
     AND (h.ended_at IS NULL OR h.ended_at > asked.reached)
    GROUP BY h.currency, h.account
)
SELECT a.currency, a.kind, count(*) AS accounts,
       (sum(a.balance) - coalesce(sum(b.change), 0))::bigint AS balance,
       coalesce(sum(h.held), 0)::bigint AS held
FROM ledger_accounts AS a
LEFT JOIN by_account AS b ON b.currency = a.currency AND b.account = a.number
LEFT JOIN held AS h ON h.currency = a.currency AND h.account = a.number
GROUP BY a.currency, a.kind
ORDER BY a.currency, a.kind
"""  # noqa: S608 - a constant of ours


async def trial_balance_as_of(
    session: ReadSession, as_of: Moment, known_at: Moment | None = None
) -> list[TrialBalanceRow]:
    """Every kind of account with its balance at a moment; each currency's rows sum to zero.

    Goes back from the balances of today over what was posted since, so the price is that of the
    entries between; which accounts exist is told as of today. Refuses `ledger.archived`.
    """
    instant = instant_of(as_of)
    known = None if known_at is None else instant_of(known_at)
    await refuse_archived(session, instant if known is None else min(instant, known))
    rows = await session.fetch(_TRIAL_BALANCE, instant, known)
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


async def refuse_archived(session: ReadSession, instant: datetime) -> None:
    """Raise `ledger.archived` if entries that were posted after this instant have left."""
    left = await session.fetchval(
        "SELECT EXISTS (SELECT FROM ledger_partition_closes WHERE last_at > $1)", instant
    )
    if left:
        raise Archived
