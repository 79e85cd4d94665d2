"""Who takes part: wallets with money and merchants' accounts, made in bulk by the owner.

Money comes in through the ledger itself, so the books are right from the first entry on.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from tael import ledger
from tael.kernel import ids
from tael.kernel.clock import business_day
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money

FUNDS_MINOR = 10_000_000
FUNDING_SET = 2_000


@dataclass(frozen=True, slots=True)
class Population:
    """Customers with wallets, and the accounts of merchants."""

    customers: list[UUID]
    merchants: list[ledger.AccountNumber]


async def settle_in(owner_dsn: str, database: Database, size: int, now: datetime) -> Population:
    """So many wallets of class 2, with 100,000 yuan each, and as many merchants' accounts."""
    owner = await asyncpg.connect(owner_dsn)
    try:
        customers = [ids.new_id() for _ in range(size)]
        wallets = await _accounts(owner, ledger.AccountKind.CUSTOMER_CASH, customers)
        merchants = await _accounts(
            owner, ledger.AccountKind.MERCHANT_PAYABLE, [ids.new_id() for _ in range(size)]
        )
        await owner.execute(
            """
            INSERT INTO customers_wallets
                (customer_id, account_number, wallet_class, status, name_masked, phone_masked,
                 used_day, used_year, language, terms_version, opened_at)
            SELECT customer, number, 2, 'active', '*小明', '138****0000',
                   $3, $4, 'zh-CN', 'bench', $5
            FROM unnest($1::uuid[], $2::bigint[]) AS made (customer, number)
            """,
            customers,
            wallets,
            business_day(now),
            business_day(now).year,
            now,
        )
        for start in range(0, size, FUNDING_SET):
            await _fund(database, wallets[start : start + FUNDING_SET], now)
        await owner.execute("ANALYZE")
    finally:
        await owner.close()
    return Population(customers, merchants)


async def _accounts(
    owner: asyncpg.Connection, kind: ledger.AccountKind, holders: list[UUID]
) -> list[ledger.AccountNumber]:
    rows = await owner.fetch(
        """
        INSERT INTO ledger_accounts (currency, number, kind, holder, floor)
        SELECT 'CNY', nextval('ledger_account_numbers'), $1, holder, 0
        FROM unnest($2::uuid[]) AS made (holder)
        RETURNING number
        """,
        kind.value,
        holders,
    )
    return [ledger.AccountNumber(row["number"]) for row in rows]


async def _fund(database: Database, wallets: list[ledger.AccountNumber], now: datetime) -> None:
    async with database.write() as session:
        book = await ledger.lock(session, [ledger.CARD_CLEARING, *wallets], now=now)
        for wallet in wallets:
            posting = ledger.Posting(ledger.CARD_CLEARING, wallet, Money(FUNDS_MINOR, CNY))
            book.post(
                ledger.Movement(
                    id=ledger.MovementId(ids.new_id()),
                    kind=ledger.MovementKind.TOP_UP,
                    postings=(posting,),
                    reference=ids.new_id(),
                    payer_label="card",
                    payee_label="*小明",
                    memo="",
                    at=now,
                )
            )
        await ledger.write(session, book)
