"""The identity checker around the app: the sandbox world's own, over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI

from factories.customers import WANG, Checker
from factories.identity import Browser
from tael.customers import Prover
from tael.kernel.settings import Settings
from tael.sandbox.world import World, running_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The outside world, on ports of its own."""
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
def settings(settings: Settings, world: World) -> Settings:
    """The same settings, with the checker at the world's address."""
    return settings.model_copy(update={"proofing_url": f"{world.url}/proofing/checks"})


@pytest.fixture
def checker(app: FastAPI, settings: Settings) -> Checker:
    """A checker that a test tells what to say, in the place of the world's."""
    told = Checker()
    prover = Prover(proofing=told, sealer=settings.sealer())
    app.state.services = replace(app.state.services, prover=prover)
    return told


@pytest.fixture
async def proven(customer: Browser) -> Browser:
    """A customer in class 3."""
    reply = await customer.post("/upgrades/identity", WANG)
    assert reply.status_code == 200, reply.text
    return customer
