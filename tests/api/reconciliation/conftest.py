"""Desks of the bank, and days compared with a world's switch."""

from collections.abc import AsyncIterator
from functools import partial

import asyncpg
import pytest
from fastapi import FastAPI

from factories.cards import noting_late
from factories.clearing import House
from factories.staff import Desk, Office
from factories.wallets_with_cards import settings, world
from tael import rails
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.sandbox.world import World
from tael.staff import Role

__all__ = ["settings", "world"]


@pytest.fixture
async def house(
    world: World, database: Database, owner: asyncpg.Connection, settings: Settings
) -> AsyncIterator[House]:
    """Our bank with a card to ask for."""
    async with rails.open_iso_switch(
        world.switch_address, timeout_s=0.4, on_late=partial(noting_late, database)
    ) as line:
        yield await House.open(database, owner, world, line, settings.sealer())


@pytest.fixture
def office(app: FastAPI, database: Database) -> Office:
    """Where staff are hired."""
    return Office(app, database)


@pytest.fixture
async def clerk(office: Office) -> Desk:
    """Who proposes."""
    return await office.seated("carla", Role.CLERK)


@pytest.fixture
async def checker(office: Office) -> Desk:
    """Who decides."""
    return await office.seated("chris", Role.CHECKER)
