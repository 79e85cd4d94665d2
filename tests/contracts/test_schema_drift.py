"""The typed picture of the tables equals the database that the migrations build."""

import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import tael
from tael.kernel.schema import Base


def _drift(connection: Connection) -> list[object]:
    # A month of entries is its parent's likeness; tests/ledger/test_months.py looks at those.
    months = set(
        connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")).all()
    )
    context = MigrationContext.configure(
        connection,
        opts={
            "include_name": lambda name, kind, _: (
                not (kind == "table" and (name == "alembic_version" or name in months))
            )
        },
    )
    # A column's comment is for the reader of the code: the database need not repeat it.
    return [
        item
        for item in compare_metadata(context, Base.metadata)
        if not (isinstance(item, list) and all(change[0] == "modify_comment" for change in item))
    ]


async def test_the_models_are_what_the_migrations_built(database_url: str) -> None:
    for module in pkgutil.walk_packages(tael.__path__, "tael."):
        if module.name.endswith((".model", "_model")):
            importlib.import_module(module.name)
    engine = create_async_engine(
        make_url(database_url).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            drift = await connection.run_sync(_drift)
            assert drift == [], "\n".join(str(item) for item in drift)
    finally:
        await engine.dispose()
