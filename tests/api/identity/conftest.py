"""Browsers and phones around the app."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from factories.identity import PHONE, Browser, Handsets
from tael.kernel.database import Database
from tael.kernel.settings import Settings


@pytest.fixture
def handsets(database: Database, settings: Settings) -> Handsets:
    """Everybody's phones."""
    return Handsets(database, settings)


@pytest.fixture
async def browsers(app: FastAPI, handsets: Handsets) -> AsyncIterator[Callable[..., Browser]]:
    """Makes browsers, each with its own cookies."""
    async with AsyncExitStack() as stack:
        opened: list[httpx.AsyncClient] = []

        def make(phone: str = PHONE) -> Browser:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="https://localhost"
            )
            opened.append(client)
            stack.push_async_callback(client.aclose)
            return Browser(client, handsets, phone)

        yield make


@pytest.fixture
def browser(browsers: Callable[..., Browser]) -> Browser:
    """One browser that has not been here before."""
    return browsers()


@pytest.fixture
async def customer(browser: Browser) -> Browser:
    """A customer who has just opened a wallet."""
    return await browser.sign_up()
