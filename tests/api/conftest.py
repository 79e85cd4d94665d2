"""The whole app over HTTP, in this process, on a fresh database, with browsers and phones."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from factories.identity import PHONE, Browser, Handsets
from fastapi import FastAPI

from tael.http import create_app
from tael.kernel.database import Database
from tael.kernel.settings import Settings


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The app, started; it drains and closes at the end."""
    built = create_app(settings)
    async with built.router.lifespan_context(built):
        yield built


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's stand-in: keeps cookies, which are Secure, hence https."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://localhost") as opened:
        yield opened


@pytest.fixture
def handsets(database: Database, settings: Settings) -> Handsets:
    """Everybody's phones."""
    return Handsets(database, settings)


@pytest.fixture
async def browsers(app: FastAPI, handsets: Handsets) -> AsyncIterator[Callable[..., Browser]]:
    """Makes browsers, each with its own cookies."""
    async with AsyncExitStack() as stack:

        def make(phone: str = PHONE) -> Browser:
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url="https://localhost"
            )
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
