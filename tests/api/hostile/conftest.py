"""A town of two citizens who own one of everything, and the world whose cards they have."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from factories import shops
from factories.identity import Browser
from factories.shops import ord_, yuan
from factories.town import Town, settled, with_transfer
from factories.wallets_with_cards import services, settings, world
from tael import auditor
from tael.kernel.database import Database
from tael.sandbox.world import World
from tael.sandbox.world.people import LI, WANG

__all__ = ["services", "settings", "world"]


@pytest.fixture
def counter(database: Database, owner: asyncpg.Connection) -> shops.Bank:
    """The bank behind the counter."""
    return shops.Bank(database, owner)


@pytest.fixture
async def town(
    browsers: Callable[..., Browser],
    counter: shops.Bank,
    world: World,
    auditor_database: Database,
) -> AsyncIterator[Town]:
    """Alice, Bob and a shop. Whatever a test does to them, the books are right afterwards."""
    shop = await counter.a_shop()
    alice = await settled(browsers(WANG.phone), WANG, world, counter, shop)
    bob = await settled(browsers(LI.phone), LI, world, counter, shop)
    alice, bob = await with_transfer(alice, bob), await with_transfer(bob, alice)
    order = ord_(await counter.an_order(shop, yuan(30)))
    assert order is not None
    yield Town(alice=alice, bob=bob, shop=shop, order=order)
    async with auditor_database.snapshot() as session:
        report = await auditor.check(session)
    assert report.ok, report.as_json()
