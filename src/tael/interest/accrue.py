"""Accrue a day: what each wallet earned on it, written once, corrected by later revisions.

A day is looked at when it is over, once more with the following day, and again whenever a
movement becomes known that counts for it. Each look compares what the day earns by what is
known now with what was written, and writes the difference: so any look may be repeated.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from tael import customers, ledger
from tael.customers import ClassedWallet
from tael.interest.rate_table import rates_in_force
from tael.interest.rules import day_units
from tael.kernel.database import WriteSession


async def accrue(
    session: WriteSession, day: date, wallets: Sequence[ClassedWallet], *, now: datetime
) -> int:
    """Write what a day that is over earned these wallets, where that is not what is written.

    Returns how many wallets were written for. A twin that writes the same at the same time
    fails by the key of the day; run again, it finds nothing to do.
    """
    written = await _written(session, day, [wallet.customer_id for wallet in wallets])
    looked_at = [w for w in wallets if _rate_ppm(w, day) or w.customer_id in written]
    accounts = [wallet.account_number for wallet in looked_at]
    balances = await ledger.balances_as_of(session, accounts, day)
    rows = []
    for wallet in looked_at:
        balance = balances[wallet.account_number].minor
        rate_ppm = _rate_ppm(wallet, day)
        units, revision = written.get(wallet.customer_id, (0, 0))
        change = day_units(balance, rate_ppm) - units
        if change:
            rows.append((wallet, revision, balance, rate_ppm, change))
    if rows:
        tag = await session.execute(
            """
            INSERT INTO interest_accruals
                (customer_id, day, revision, wallet_class, balance_minor, rate_ppm, units, known_at)
            SELECT n.customer_id, $1, n.revision, n.wallet_class, n.balance, n.rate_ppm, n.units, $2
            FROM unnest($3::uuid[], $4::smallint[], $5::smallint[], $6::bigint[], $7::integer[],
                        $8::bigint[])
                AS n (customer_id, revision, wallet_class, balance, rate_ppm, units)
            """,
            day,
            now,
            [wallet.customer_id for wallet, *_ in rows],
            [revision for _, revision, *_ in rows],
            [wallet.wallet_class.value for wallet, *_ in rows],
            [balance for _, _, balance, *_ in rows],
            [rate_ppm for *_, rate_ppm, _ in rows],
            [change for *_, change in rows],
        )
        assert tag == f"INSERT 0 {len(rows)}", tag
    return len(rows)


async def accrue_wallet(
    session: WriteSession, account: ledger.AccountNumber, days: Sequence[date], *, now: datetime
) -> None:
    """Look at these days of one wallet, be they accrued already or not."""
    for day in days:
        wallets = await customers.accounts_as_of(session, ledger.day_ends(day), [account])
        await accrue(session, day, wallets, now=now)


async def next_day(session: WriteSession) -> date | None:
    """The day that is accrued next: none may miss before it; None while nobody can earn."""
    day: date | None = await session.fetchval("SELECT day FROM interest_progress")
    named = await customers.first_named_day(session) if day is None else None
    return max(named, rates_in_force().first_day) if named else day


def _rate_ppm(wallet: ClassedWallet, day: date) -> int:
    earns = customers.limits_in_force().on(day).classes[wallet.wallet_class].interest
    return rates_in_force().ppm_on(day) if earns else 0


async def _written(
    session: WriteSession, day: date, customer_ids: Sequence[UUID]
) -> dict[UUID, tuple[int, int]]:
    """What is written of a day: its units in all, and the number of the next revision."""
    rows = await session.fetch(
        """
        SELECT customer_id, sum(units)::bigint AS units, max(revision) + 1 AS revision
        FROM interest_accruals
        WHERE day = $1
          AND customer_id = ANY($2::uuid[])
        GROUP BY customer_id
        """,
        day,
        list(customer_ids),
    )
    return {row["customer_id"]: (row["units"], row["revision"]) for row in rows}
