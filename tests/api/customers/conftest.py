"""The identity checker around the app: told what to say, or the sandbox world's over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI

from factories.customers import WANG, Checker
from factories.identity import Browser
from tael.customers import HttpProofing, IdentityProofing, Prover
from tael.kernel.settings import Settings
from tael.sandbox.world import World, running_world


def ask(app: FastAPI, proofing: IdentityProofing) -> None:
    """Let this app ask that checker."""
    services = app.state.services
    prover = Prover(proofing=proofing, sealer=services.sealer)
    app.state.services = replace(services, prover=prover)


@pytest.fixture
def checker(app: FastAPI, settings: Settings) -> Checker:
    """A checker that a test tells what to say."""
    told = Checker()
    ask(app, told)
    return told


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """The outside world, on ports of its own."""
    async with running_world(tmp_path / "world") as running:
        yield running


@pytest.fixture
def register(app: FastAPI, world: World) -> str:
    """The world's own checker, asked over HTTP; its address."""
    url = f"{world.url}/proofing/checks"
    ask(app, HttpProofing(url, app.state.services.outside))
    return url


@pytest.fixture
async def proven(customer: Browser, checker: Checker) -> Browser:
    """A customer in class 3."""
    reply = await customer.post("/upgrades/identity", WANG)
    assert reply.status_code == 200, reply.text
    return customer
