"""Customers with cards, the world whose cards they are, and a shop that gives back."""

import asyncpg
import pytest

from factories import shops
from factories.wallets_with_cards import (
    bank,
    debit,
    debit_number,
    services,
    settings,
    wang,
    world,
)
from tael import merchants
from tael.kernel.database import Database

__all__ = ["bank", "debit", "debit_number", "services", "settings", "wang", "world"]


@pytest.fixture
def counter(database: Database, owner: asyncpg.Connection) -> shops.Bank:
    """The bank behind the shops' counters."""
    return shops.Bank(database, owner)


@pytest.fixture
async def shop(counter: shops.Bank) -> merchants.Store:
    """A shop that takes payments."""
    return await counter.a_shop()
