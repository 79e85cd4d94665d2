"""What a decision about money rests on is held until its transaction ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import pytest

from factories.identity import Browser
from factories.shops import Bank, customer_id, yuan
from tael import customers, identity, ledger, merchants
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database, WriteSession
from tael.payments.orders import lock_orders

Locking = Callable[[WriteSession], Awaitable[object]]

PATIENCE: Final = "SET LOCAL lock_timeout = '150ms'"


@asynccontextmanager
async def impatient(database: Database) -> AsyncIterator[WriteSession]:
    """A transaction that waits for no lock."""
    async with database.write() as session:
        await session.execute(PATIENCE)
        yield session


async def held(database: Database, lock: Locking) -> None:
    """Two transactions that lock the same: the second waits for the first."""
    async with database.write() as first:
        await lock(first)
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with impatient(database) as second:
                await lock(second)
    async with impatient(database) as third:
        await lock(third)


async def test_limit_use_is_held_until_the_end(database: Database, payer: Browser) -> None:
    async def lock(session: WriteSession) -> object:
        now = await business_now(session)
        return await customers.lock_limit_use(session, [customer_id(payer.customer)], now=now)

    await held(database, lock)


async def test_an_account_is_held_until_the_end(
    database: Database, payer: Browser, bank: Bank
) -> None:
    number = await bank.account(payer.customer)

    async def lock(session: WriteSession) -> object:
        return await ledger.lock(session, [number], now=await business_now(session))

    await held(database, lock)


async def test_an_order_is_held_until_the_end(
    database: Database, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5))

    async def lock(session: WriteSession) -> object:
        return await lock_orders(session, [order.id])

    await held(database, lock)


async def test_an_authorisation_is_held_until_the_end(database: Database, payer: Browser) -> None:
    given = ids.parse("aut", await payer.authorised())

    async def lock(session: WriteSession) -> object:
        return await identity.lock_authorisations(session, [given], machine_now=machine_now())

    await held(database, lock)
