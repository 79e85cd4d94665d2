"""A customer's life over three months, for statements."""

from datetime import UTC, datetime

import asyncpg

from factories.identity import Browser
from factories.shops import Bank
from tael import ledger
from tael.kernel import ids
from tael.kernel.money import CNY, Money

OPENED = datetime(2026, 8, 3, 4, tzinfo=UTC)

# When, kind, fen (below zero: out), counterparty, memo. September is empty on purpose.
LIFE = [
    (datetime(2026, 8, 3, 4, tzinfo=UTC), "top_up", 100_000, "示例银行 6217", ""),
    (datetime(2026, 8, 9, 1, tzinfo=UTC), "payment", -2_350, "示例面馆 Demo Noodles", "牛肉面"),
    # The last second of August in Shanghai.
    (datetime(2026, 8, 31, 15, 59, 59, tzinfo=UTC), "transfer", -10_000, "*丽华", "=1+1"),
    # The first of October in Shanghai.
    (datetime(2026, 9, 30, 16, tzinfo=UTC), "transfer", 800, "*建国", 'AA "午饭", <b>&'),
    (datetime(2026, 10, 2, 4, tzinfo=UTC), "withdrawal", -30_000, "示例银行 6217", ""),
]


async def live(bank: Bank, customer: Browser, owner: asyncpg.Connection) -> None:
    """Let all that happen to a customer whose wallet was opened in August."""
    await owner.execute("UPDATE customers_wallets SET opened_at = $1", OPENED)
    number = await bank.account(customer.customer)
    for at, kind, minor, other, memo in LIFE:
        outside = ledger.FEES if kind == "payment" else ledger.CARD_CLEARING
        pair = (number, outside) if minor < 0 else (outside, number)
        movement = ledger.Movement(
            id=ledger.MovementId(ids.new_id()),
            kind=ledger.MovementKind(kind),
            postings=(ledger.Posting(*pair, Money(abs(minor), CNY)),),
            reference=ids.new_id(),
            payer_label="*小明" if minor < 0 else other,
            payee_label=other if minor < 0 else "*小明",
            memo=memo,
            at=at,
        )
        async with bank.database.write() as session:
            book = await ledger.lock(session, [outside, number], now=at)
            book.post(movement)
            await ledger.write(session, book)
