"""The console's people, each at a desk of his own."""

import asyncpg
import pytest
from fastapi import FastAPI

from factories import shops
from factories.staff import Desk, Office
from tael.kernel.database import Database
from tael.staff import Role


@pytest.fixture
def office(app: FastAPI, database: Database) -> Office:
    """Where staff are hired."""
    return Office(app, database)


@pytest.fixture
def counter(database: Database, owner: asyncpg.Connection) -> shops.Bank:
    """The bank behind the counter."""
    return shops.Bank(database, owner)


@pytest.fixture
async def clerk(office: Office) -> Desk:
    """Who proposes."""
    return await office.seated("carla", Role.CLERK)


@pytest.fixture
async def checker(office: Office) -> Desk:
    """Who decides."""
    return await office.seated("chris", Role.CHECKER)
