"""Bring a database's schema to the version of this code."""

from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from tael.kernel.database import SERVER_VERSION_MIN, DatabaseUnusable, explain

_BESIDE_PACKAGE: Final = Path(__file__).parents[1] / "migrations"
_IN_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"
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
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_upgrade)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        raise DatabaseUnusable(explain(fault, role="the owner")) from fault
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if version < SERVER_VERSION_MIN:
        raise DatabaseUnusable(
            f"PostgreSQL {version // 10_000} is too old: Tael needs {SERVER_VERSION_MIN // 10_000}"
            " or newer."
        )
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
