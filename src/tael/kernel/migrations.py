"""Bring a database's schema to the version of this code."""

from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tael.kernel.database import (
    CONNECT_TIMEOUT_S,
    CONNECTION_FAULTS,
    DatabaseUnusable,
    explain,
    refuse_old,
)

_BESIDE_PACKAGE: Final = Path(__file__).parents[1] / "migrations"
_IN_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"
MAKE_ROLES: Final = (
    "CREATE ROLE tael_app NOLOGIN; CREATE ROLE tael_auditor NOLOGIN; "
    "GRANT tael_app, tael_auditor TO the log-in; GRANT CREATE ON SCHEMA public TO the log-in;"
)

_UPGRADE_LOCK: Final = 0x7AE1
"""Two upgrades at once take turns on this advisory lock."""


def _config() -> Config:
    """The wheel carries the migrations inside the package; a checkout has them at its root."""
    config = Config()
    home = _BESIDE_PACKAGE if _BESIDE_PACKAGE.is_dir() else _IN_CHECKOUT
    config.set_main_option("script_location", str(home))
    return config


def newest() -> str:
    """The revision that this code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


async def upgrade(url: str) -> None:
    """Run what is missing; raises `DatabaseUnusable` with one line if it cannot connect."""
    await _probe(url)
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade)
    except (asyncpg.InsufficientPrivilegeError, DBAPIError) as fault:
        # Alembic's own statements come back wrapped by SQLAlchemy, ours do not.
        denied = fault if isinstance(fault, asyncpg.PostgresError) else _cause(fault)
        if not isinstance(denied, asyncpg.InsufficientPrivilegeError):
            raise
        raise DatabaseUnusable(
            f"The log-in may not build the schema: {denied}. Let an administrator run: {MAKE_ROLES}"
        ) from fault
    finally:
        await engine.dispose()


def _cause(fault: DBAPIError) -> BaseException | None:
    return fault.orig.__cause__ if fault.orig is not None else None


async def _probe(url: str) -> None:
    """Connect once the plain way: its faults are named, and the server's age is seen."""
    try:
        connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
    except CONNECTION_FAULTS as fault:
        raise DatabaseUnusable(explain(fault, role="the owner")) from fault
    try:
        refuse_old(int(await connection.fetchval("SHOW server_version_num")))
    finally:
        await connection.close()


def _upgrade(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_lock({_UPGRADE_LOCK})")
    connection.commit()
    try:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_UPGRADE_LOCK})")
        connection.commit()
