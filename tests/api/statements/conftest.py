"""A customer with three months behind them."""

import asyncpg
import pytest

from factories.identity import Browser
from factories.months import live
from factories.shops import Bank


@pytest.fixture
async def settled(bank: Bank, customer: Browser, owner: asyncpg.Connection) -> Browser:
    """A customer who opened a wallet in August and has lived since."""
    await live(bank, customer, owner)
    return customer
