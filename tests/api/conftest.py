"""The whole app over HTTP, in this process, on a fresh database."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from tael.http import create_app
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
