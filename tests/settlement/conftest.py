"""The other bank over real sockets, our line to it, and both their days."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from factories.cards import noting_late
from factories.clearing import House
from tael import rails
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.sandbox.world import World, running_world

TIMEOUT_S = 0.4


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An outside world of this test's own."""
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
async def house(
    world: World, database: Database, owner: asyncpg.Connection, settings: Settings
) -> AsyncIterator[House]:
    """Our bank with a card to ask for."""
    async with rails.open_iso_switch(
        world.switch_address, timeout_s=TIMEOUT_S, on_late=partial(noting_late, database)
    ) as line:
        yield await House.open(database, owner, world, line, settings.sealer())
