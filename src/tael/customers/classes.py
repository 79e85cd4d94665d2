"""The classes of wallets over time: what a past day is judged by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from tael.customers.states import WalletClass
from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession, WriteSession
from tael.ledger import AccountNumber

CLASSED_MAX: Final = 1_000
"""The most wallets that one read of past classes gives."""


@dataclass(frozen=True, slots=True)
class ClassedWallet:
    """A wallet and the class that it had at the moment asked for."""

    customer_id: UUID
    account_number: AccountNumber
    wallet_class: WalletClass


async def note_class(
    session: WriteSession, customer: UUID, wallet_class: WalletClass, *, since: datetime
) -> None:
    """Keep since when a wallet has its class; the caller has locked or just made the wallet."""
    await session.execute(
        """
        INSERT INTO customers_classes (customer_id, since, wallet_class)
        SELECT $1, greatest($2, max(since) + interval '1 microsecond'), $3
        FROM customers_classes
        WHERE customer_id = $1
        """,
        customer,
        since,
        wallet_class.value,
    )


async def first_named_day(session: ReadSession) -> date | None:
    """The first business day on which any wallet had a better class than 4; None if none has."""
    since: datetime | None = await session.fetchval(
        "SELECT min(since) FROM customers_classes WHERE wallet_class < 4"
    )
    return None if since is None else business_day(since)


_CLASSED: Final = """
SELECT w.customer_id, w.account_number, c.wallet_class
FROM customers_wallets AS w
CROSS JOIN LATERAL (
    SELECT wallet_class
    FROM customers_classes
    WHERE customer_id = w.customer_id AND since <= $1
    ORDER BY since DESC
    LIMIT 1
) AS c
WHERE (w.closed_at IS NULL OR w.closed_at > $1)
"""


async def wallets_as_of(
    session: ReadSession, moment: datetime, *, after: UUID, limit: int = CLASSED_MAX
) -> list[ClassedWallet]:
    """The wallets that were open at a moment, with their classes: a page by customers' ids."""
    assert 0 < limit <= CLASSED_MAX
    rows = await session.fetch(
        f"{_CLASSED} AND w.customer_id > $2 ORDER BY w.customer_id LIMIT $3", moment, after, limit
    )
    return [
        ClassedWallet(row["customer_id"], row["account_number"], WalletClass(row["wallet_class"]))
        for row in rows
    ]


async def accounts_as_of(
    session: ReadSession, moment: datetime, accounts: Collection[AccountNumber]
) -> list[ClassedWallet]:
    """The same for the wallets of these accounts."""
    assert len(accounts) <= CLASSED_MAX
    rows = await session.fetch(
        f"{_CLASSED} AND w.account_number = ANY($2::bigint[]) ORDER BY w.customer_id",
        moment,
        list(accounts),
    )
    return [
        ClassedWallet(row["customer_id"], row["account_number"], WalletClass(row["wallet_class"]))
        for row in rows
    ]
