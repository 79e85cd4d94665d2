"""Movements that are in the log, and somebody outside who trusts nobody."""

from collections.abc import Callable, Coroutine

import pytest

from tael import audit
from tael.kernel.database import Database
from tael.kernel.settings import Settings
from tael.ledger.jobs import sequence

ORIGIN = "bank.example/log"

Publish = Callable[[], Coroutine[None, None, str]]


@pytest.fixture
def publish(database: Database, settings: Settings) -> Publish:
    """Give everything posted its place, and publish a checkpoint; returns its note."""

    async def run() -> str:
        await sequence(database)
        await audit.publish(database, settings.sealer(), ORIGIN)
        async with database.read() as session:
            return (await audit.checkpoint(session)).note

    return run
