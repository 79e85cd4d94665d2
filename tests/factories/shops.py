"""Shops, orders, and customers with money to spend there; and whether money moved."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from factories.identity import Browser
from tael import ledger, merchants, payments
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money


def yuan(amount: int) -> Money:
    return Money(amount * 100, CNY)


def on_wire(amount: Money) -> dict[str, Any]:
    return {"value": amount.minor, "currency": amount.currency.code}


def sto(store: merchants.Store) -> str:
    return ids.wire("sto", store.id)


def ord_(order: payments.Order | None) -> str | None:
    return ids.wire("ord", order.id) if order else None


@dataclass
class Bank:
    """The bank behind the counter, for what customers cannot do themselves."""

    database: Database
    owner: asyncpg.Connection

    async def a_shop(self, owner: str | None = None, name: str = "TEST SHOP") -> merchants.Store:
        """A shop that takes payments; perhaps a customer's own."""
        merchant = merchants.MerchantId(ids.new_id())
        store = merchants.StoreId(ids.new_id())
        async with self.database.write() as session:
            now = await business_now(session)
            await merchants.take_on(
                session,
                merchants.NewMerchant(
                    id=merchant, name=name, owner_id=ids.parse("cus", owner) if owner else None
                ),
                now=now,
            )
            new = merchants.NewStore(
                id=store,
                merchant_id=merchant,
                name=name,
                name_zh="测试小店",
                city="BEIJING",
                mcc="5812",
                static_code=store.hex.upper(),
            )
            await merchants.open_store(session, new, now=now)
            return (await merchants.stores(session, [store]))[store]

    async def an_order(
        self,
        store: merchants.Store,
        amount: Money,
        *,
        life: timedelta = timedelta(minutes=15),
        capture: payments.Capture = payments.Capture.AUTOMATIC,
    ) -> payments.Order:
        """What a shop asks to be paid."""
        order = payments.OrderId(ids.new_id())
        async with self.database.write() as session:
            new = payments.NewOrder(
                id=order,
                store_id=store.id,
                amount=amount,
                description="牛肉面 noodles",
                token=order.hex.upper(),
                life=life,
                capture=capture,
            )
            return await payments.open_order(session, new, now=await business_now(session))

    async def set_store(self, store: merchants.Store, state: merchants.StoreState) -> None:
        """Close a store or open it again."""
        async with self.database.write() as session:
            await merchants.set_store_state(session, store.id, state)

    async def fund(self, customer: str, amount: Money) -> None:
        """Let money arrive in a wallet, as from a card."""
        await self.move(ledger.CARD_CLEARING, await self.account(customer), amount)

    async def drain(self, customer: str, amount: Money) -> None:
        """Take it back."""
        await self.move(await self.account(customer), ledger.CARD_CLEARING, amount)

    async def move(
        self, debit: ledger.AccountNumber, credit: ledger.AccountNumber, amount: Money
    ) -> None:
        """Correct the books by hand."""
        async with self.database.write() as session:
            now = await business_now(session)
            book = await ledger.lock(session, [debit, credit], now=now)
            book.post(
                ledger.Movement(
                    id=ledger.MovementId(ids.new_id()),
                    kind=ledger.MovementKind.ADJUSTMENT,
                    postings=(ledger.Posting(debit, credit, amount),),
                    reference=ids.new_id(),
                    payer_label="card",
                    payee_label="wallet",
                    memo="",
                    at=now,
                )
            )
            await ledger.write(session, book)

    async def account(self, customer: str) -> ledger.AccountNumber:
        """A customer's account number."""
        number: ledger.AccountNumber = await self.owner.fetchval(
            "SELECT account_number FROM customers_wallets WHERE customer_id = $1",
            ids.parse("cus", customer),
        )
        return number

    async def balance(self, customer: str) -> Money:
        """What a customer's wallet holds, by the ledger's own row."""
        return await self.balance_of(await self.account(customer))

    async def balance_of(self, number: ledger.AccountNumber) -> Money:
        """What an account holds."""
        minor: int = await self.owner.fetchval(
            "SELECT balance FROM ledger_accounts WHERE currency = 'CNY' AND number = $1", number
        )
        return Money(minor, CNY)

    async def set_class(self, customer: str, number: int) -> None:
        """Raise a customer's class as if the proofs had been shown."""
        await self.owner.execute(
            "UPDATE customers_wallets SET wallet_class = $2 WHERE customer_id = $1",
            ids.parse("cus", customer),
            number,
        )

    async def set_status(self, customer: str, status: str) -> None:
        """Freeze or close a wallet behind the customer's back."""
        await self.owner.execute(
            """
            UPDATE customers_wallets
            SET status = $2,
                frozen_at = CASE WHEN $2 = 'frozen' THEN now() END,
                closed_at = CASE WHEN $2 = 'closed' THEN now() END
            WHERE customer_id = $1
            """,
            ids.parse("cus", customer),
            status,
        )

    async def day_used(self, customer: str) -> int:
        """What a customer has spent today, in fen, as the limits count it."""
        minor: int = await self.owner.fetchval(
            "SELECT day_used_minor FROM customers_wallets WHERE customer_id = $1",
            ids.parse("cus", customer),
        )
        return minor

    async def used_authorisations(self) -> int:
        """How many authorisations were spent."""
        count: int = await self.owner.fetchval(
            "SELECT count(*) FROM identity_authorisations WHERE used_at IS NOT NULL"
        )
        return count

    async def books(self) -> dict[str, Any]:
        """Everything that says how much money is where, recomputed from the postings too."""
        balances = await self.owner.fetch(
            "SELECT currency, number, balance, held FROM ledger_accounts ORDER BY 1, 2"
        )
        postings = await self.owner.fetch(
            """
            SELECT currency, debit, credit, sum(amount) AS amount
            FROM ledger_postings GROUP BY 1, 2, 3
            """
        )
        use = await self.owner.fetch(
            """
            SELECT customer_id, day_used_minor, static_day_used_minor, year_used_minor
            FROM customers_wallets ORDER BY customer_id
            """
        )
        orders = await self.owner.fetch("SELECT id, state FROM payments_orders ORDER BY id")
        assert sum(row["balance"] for row in balances) == 0, "the books do not balance"
        net: Counter[tuple[str, int]] = Counter()
        for row in postings:
            net[row["currency"], row["debit"]] -= int(row["amount"])
            net[row["currency"], row["credit"]] += int(row["amount"])
        for row in balances:
            own = net[row["currency"], row["number"]]
            assert row["balance"] == own, "balance is not its postings"
        return {
            "balances": [tuple(row) for row in balances],
            "use": [tuple(row) for row in use],
            "orders": [tuple(row) for row in orders],
        }

    @asynccontextmanager
    async def unmoved(self) -> AsyncIterator[None]:
        """What happens inside moves no money, uses no limit and takes no order."""
        before = await self.books()
        yield
        assert await self.books() == before, "money moved"


async def authorise_payment(
    payer: Browser, store: merchants.Store, order: payments.Order | None, amount: Money
) -> str:
    """Enter the PIN for a payment."""
    return await payer.authorised(
        purpose="payment", payee=sto(store), amount=on_wire(amount), order=ord_(order)
    )


def payment_body(
    store: merchants.Store, order: payments.Order | None, amount: Money, authorisation: str
) -> dict[str, Any]:
    """The body of POST /payments from the balance."""
    return {
        "payee": sto(store),
        "order": ord_(order),
        "amount": on_wire(amount),
        "authorisation": authorisation,
        "funding": {"kind": "balance"},
    }


def customer_id(customer: str) -> UUID:
    return ids.parse("cus", customer)
