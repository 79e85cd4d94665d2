"""Two citizens with money and cards, and a shop."""

from collections.abc import Callable

import asyncpg
import pytest

from factories import shops
from factories.identity import Browser
from factories.town import Citizen, settled
from factories.wallets_with_cards import services, settings, world
from tael import merchants
from tael.kernel.database import Database
from tael.sandbox.world import World
from tael.sandbox.world.people import LI, WANG

__all__ = ["services", "settings", "world"]


@pytest.fixture
def counter(database: Database, owner: asyncpg.Connection) -> shops.Bank:
    """The bank behind the counter."""
    return shops.Bank(database, owner)


@pytest.fixture
async def store(counter: shops.Bank) -> merchants.Store:
    """A shop that takes payments."""
    return await counter.a_shop()


@pytest.fixture
async def wang(
    browsers: Callable[..., Browser], counter: shops.Bank, world: World, store: merchants.Store
) -> Citizen:
    """Wang: class 2, topped up, with a card."""
    return await settled(browsers(WANG.phone), WANG, world, counter, store)


@pytest.fixture
async def li(
    browsers: Callable[..., Browser], counter: shops.Bank, world: World, store: merchants.Store
) -> Citizen:
    """Li, the same."""
    return await settled(browsers(LI.phone), LI, world, counter, store)
