"""A real PostgreSQL for every test that asks: built once by the migrations, copied for each."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tael.kernel import logs, migrations
from tael.kernel.database import AUDITOR_ROLE, Database
from tael.kernel.settings import Settings
from tael.sandbox import PostgresServer, running_socket_dir

TEMPLATE = "tael_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """One embedded server for this test process.

    Not in pytest's own folders: they are closed to other accounts, and as root without user
    namespaces PostgreSQL runs as one.
    """
    shared = os.environ.get("TAEL_TESTS_SERVER")
    if shared:
        # The campaign runs the tests of many trees: its own server is quicker than one each.
        known = PostgresServer(Path(shared))
        known._socket_dir = running_socket_dir(Path(shared))
        yield known
        return
    with tempfile.TemporaryDirectory(prefix="tael-tests-") as folder:
        Path(folder).chmod(0o711)
        with PostgresServer(Path(folder) / "state", lasting=False) as running:
            yield running


@pytest.fixture(scope="session")
def template(server: PostgresServer) -> str:
    """A database that the migrations built."""

    async def build() -> None:
        await server.ensure_database(name)
        await migrations.upgrade(server.dsn_of(name))

    name = os.environ.get("TAEL_TESTS_TEMPLATE", TEMPLATE)
    asyncio.run(build())
    return name


@pytest.fixture
async def database_url(server: PostgresServer, template: str) -> AsyncIterator[str]:
    """A fresh database, as its owner connects."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    connection = await asyncpg.connect(server.dsn_of("postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield server.dsn_of(name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a sandbox over the fresh database, with keys that protect nothing."""
    key = "1:" + "dGFlbC10ZXN0LWtleS0wMTIzNDU2Nzg5YWJjZGVmZ2g="
    return Settings.load(
        {
            "TAEL_DATABASE_URL": database_url,
            "TAEL_SEALING_KEYS": key,
            "TAEL_PIN_KEYS": key,
            "TAEL_SANDBOX": "1",
            # Cheap on purpose: what a test asserts does not depend on the cost.
            "TAEL_PIN_HASH_MEMORY_KIB": "64",
            "TAEL_PIN_HASH_ROUNDS": "1",
        }
    )


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The fresh database, as the application sees it."""
    opened = await Database.open(settings.database_url, clock_moves=settings.sandbox)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def auditor_database(settings: Settings) -> AsyncIterator[Database]:
    """The fresh database, as the auditor sees it: read only."""
    opened = await Database.open(settings.database_url, role=AUDITOR_ROLE)
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection, for planting what the application could never write."""
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """Log as a deployment does: no values of variables in tracebacks."""
    logs.configure()
