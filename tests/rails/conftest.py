"""The other bank over real TCP, and our line to it."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from factories.cards import noting_late
from tael import rails
from tael.kernel.database import Database
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings
from tael.sandbox.world import World, running_world

TIMEOUT_S = 0.4
"""Short, so that a test of silence is not slow."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An outside world of this test's own."""
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
def sealer(settings: Settings) -> Sealer:
    return settings.sealer()


@pytest.fixture
async def switch(world: World, database: Database) -> AsyncIterator[rails.IsoCardSwitch]:
    """Our line to that world's switch; late answers go into our database."""
    async with rails.open_iso_switch(
        world.switch_address, timeout_s=TIMEOUT_S, on_late=partial(noting_late, database)
    ) as line:
        yield line
