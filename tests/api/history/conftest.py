"""A customer with some life in the wallet."""

import asyncpg
import pytest

from factories.shops import Bank
from tael.kernel.database import Database


@pytest.fixture
def bank(database: Database, owner: asyncpg.Connection) -> Bank:
    """The bank behind the counter."""
    return Bank(database, owner)
