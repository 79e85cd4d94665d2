"""Entries are kept by month: each month is guarded like the whole, and made ahead of time."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from factories import ledger as f
from tael import ledger
from tael.kernel import ids
from tael.kernel.database import Database
from tael.ledger.jobs import make_months


async def months(owner: asyncpg.Connection, table: str) -> list[str]:
    """The tables that hold a table's months, in order."""
    rows = await owner.fetch(
        """
        SELECT c.relname
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = $1::regclass
        ORDER BY c.relname
        """,
        table,
    )
    return [row["relname"] for row in rows]


def this_month() -> str:
    return datetime.now(UTC).strftime("%Y_%m")


async def test_a_month_begins_where_its_first_id_does(owner: asyncpg.Connection) -> None:
    begins = await owner.fetchval("SELECT ledger_month_start('2026-11-22')")
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    assert begins.int >> 80 == int(moment.timestamp() * 1000)
    assert begins.int & (2**80 - 1) == 0
    made = ids.new_id()
    now = datetime.now(UTC).date()
    assert await owner.fetchval("SELECT ledger_month_start($1)", now) < made


@pytest.mark.parametrize("table", ["ledger_movements", "ledger_postings"])
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
async def test_a_month_refuses_change_like_the_whole(
    database: Database, owner: asyncpg.Connection, table: str, change: str
) -> None:
    await f.funded(database, 100)
    column = "memo" if table == "ledger_movements" else "amount"
    for role in ("origin", "replica"):
        await owner.execute(f"SET session_replication_role = {role}")
        for month in await months(owner, table):
            if "TRUNCATE" in change or month.endswith(this_month()):
                with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never chan"):
                    await owner.execute(change.format(month, column))


async def test_every_month_numbers_its_entries_once(owner: asyncpg.Connection) -> None:
    for month in await months(owner, "ledger_postings"):
        indexes = await owner.fetch(
            "SELECT indexdef FROM pg_indexes WHERE tablename = $1 AND indexdef LIKE '%UNIQUE%'",
            month,
        )
        columns = {row["indexdef"].partition(" USING btree ")[2] for row in indexes}
        assert columns == {
            "(movement_id, line)",
            "(debit, debit_seq, currency)",
            "(credit, credit_seq, currency)",
        }


async def test_the_application_makes_the_next_months_and_nothing_else(
    database: Database, owner: asyncpg.Connection
) -> None:
    before = await months(owner, "ledger_postings")
    await make_months(database)
    assert await months(owner, "ledger_postings") == before
    async with database.write() as session:
        assert await session.fetchval("SELECT ledger_make_months(5)") == 2
    after = await months(owner, "ledger_postings")
    assert after[: len(before)] == before
    assert len(after) == len(before) + 2
    assert [name.replace("postings", "movements") for name in after] == await months(
        owner, "ledger_movements"
    )
    for statement in (
        "SELECT ledger_make_month('2020-01-01')",
        "SELECT ledger_guard_month('2020_01')",
        "CREATE TABLE public.own (x int)",
        "INSERT INTO {} SELECT * FROM ledger_postings",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.write() as session:
                await session.execute(statement.format(after[-1]))
    with pytest.raises(asyncpg.InvalidParameterValueError):
        async with database.write() as session:
            await session.fetchval("SELECT ledger_make_months(37)")


async def test_a_movement_whose_month_was_not_made_is_not_posted(database: Database) -> None:
    alice, bob = await f.funded(database, 100, 0)
    before = await f.books(database)
    far = ledger.MovementId(UUID(int=0x7FFF << 112))
    with pytest.raises(asyncpg.CheckViolationError, match="no partition"):
        await f.post(database, f.a_transfer(alice, bob, 1)._replace(id=far))
    assert await f.books(database) == before


async def test_what_is_written_waits_for_its_place_in_the_log(
    database: Database, owner: asyncpg.Connection
) -> None:
    alice, bob = await f.funded(database, 100, 0)
    moved = [f.a_transfer(alice, bob, 1) for _ in range(3)]
    await f.post(database, *moved)
    rows = await owner.fetch("SELECT movements FROM ledger_unsequenced ORDER BY id")
    assert len(rows) == 2
    assert set(rows[-1]["movements"]) == {movement.id for movement in moved}
    # A set that moves nothing leaves nothing to be told.
    await f.hold(database, alice, bob, 10)
    assert await owner.fetchval("SELECT count(*) FROM ledger_unsequenced") == 2
