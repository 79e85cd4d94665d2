"""The whole app over HTTP, in this process, on a fresh database, with browsers and phones."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from factories.identity import PHONE, Browser, Handsets
from factories.shops import Bank, yuan
from tael import merchants
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


@pytest.fixture
def bank(database: Database, owner: asyncpg.Connection) -> Bank:
    """The bank behind the counter."""
    return Bank(database, owner)


@pytest.fixture
async def shop(bank: Bank) -> merchants.Store:
    """A shop that takes payments."""
    return await bank.a_shop()


@pytest.fixture
async def payer(customer: Browser, bank: Bank) -> Browser:
    """A customer of class 4 with 1,000.00."""
    await bank.fund(customer.customer, yuan(1000))
    return customer
