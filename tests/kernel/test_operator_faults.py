"""What is wrong with a database is one line that tells the operator what to do."""

import asyncpg
import pytest

from tael.kernel import database as kernel_database
from tael.kernel import migrations
from tael.kernel.database import Database, DatabaseUnusable
from tael.sandbox import PostgresServer


async def _line(url: str, role: str = "tael_app") -> str:
    with pytest.raises(DatabaseUnusable) as refused:
        await Database.open(url, role=role)
    text = str(refused.value)
    assert "\n" not in text
    return text


async def _upgrade_line(url: str) -> str:
    with pytest.raises(DatabaseUnusable) as refused:
        await migrations.upgrade(url)
    text = str(refused.value)
    assert "\n" not in text
    return text


async def test_no_server() -> None:
    url = "postgresql://somebody@127.0.0.1:1/tael"
    assert (await _line(url)).startswith("No database answers at TAEL_DATABASE_URL")
    assert (await _upgrade_line(url)).startswith("No database answers at TAEL_DATABASE_URL")


async def test_no_such_database(server: PostgresServer) -> None:
    url = server.dsn_of("no_such_database")
    assert "Create it, then run `tael db upgrade`" in await _line(url)
    assert "Create it, then run `tael db upgrade`" in await _upgrade_line(url)


async def test_no_such_log_in(server: PostgresServer) -> None:
    url = server.dsn_of("postgres").replace("postgres@", "stranger@")
    assert (await _line(url)).startswith("The database refused the log-in")
    assert (await _upgrade_line(url)).startswith("The database refused the log-in")


async def test_no_such_role(database_url: str) -> None:
    line = await _line(database_url, role="tael_nobody")
    assert line == 'The role "tael_nobody" does not exist: run `tael db upgrade` as the owner.'


async def test_a_log_in_that_is_no_member(database_url: str, owner: asyncpg.Connection) -> None:
    await owner.execute("CREATE ROLE guest LOGIN")
    try:
        line = await _line(database_url.replace("postgres@", "guest@"))
    finally:
        await owner.execute("DROP ROLE guest")
    assert line.startswith('The log-in may not act as "tael_app": run `GRANT tael_app TO`')


async def test_a_log_in_that_may_not_build(server: PostgresServer) -> None:
    administrator = await asyncpg.connect(server.dsn_of("postgres"))
    await server.ensure_database("unbuilt")
    await administrator.execute("CREATE ROLE weak LOGIN")
    try:
        line = await _upgrade_line(server.dsn_of("unbuilt").replace("postgres@", "weak@"))
    finally:
        await administrator.execute("DROP ROLE weak")
        await administrator.close()
    assert line.startswith("The log-in may not build the schema")
    assert "CREATE ROLE tael_app" in line


async def test_an_old_server(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_database, "SERVER_VERSION_MIN", 990_000)
    assert "is too old: Tael needs 99 or newer" in await _line(database_url)
    assert "is too old: Tael needs 99 or newer" in await _upgrade_line(database_url)
