"""A shop, and a customer with money."""

import asyncpg
import pytest
from factories.identity import Browser
from factories.shops import Bank, yuan

from tael import merchants
from tael.kernel.database import Database


@pytest.fixture
def bank(database: Database, owner: asyncpg.Connection) -> Bank:
    """The bank behind the counter."""
    return Bank(database, owner)


@pytest.fixture
async def shop(bank: Bank) -> merchants.Store:
    """A shop that takes payments."""
    return await bank.a_shop()


@pytest.fixture
async def payer(customer: Browser, bank: Bank) -> Browser:
    """A customer of class 4 with 1,000.00."""
    await bank.fund(customer.customer, yuan(1000))
    return customer
