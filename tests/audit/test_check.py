"""The auditor recomputes the log: from the entries up, and from the books."""

import asyncpg
import pytest

from factories import log
from tael import audit, ledger
from tael.kernel.database import Database, ReadSession
from tael.kernel.settings import Settings
from tael.ledger.jobs import sequence

# What is planted, and the rules that must notice.
DAMAGE = {
    "an entry": (
        "UPDATE audit_bundles SET entries = overlay(entries PLACING sha256('x') FROM 65)",
        {"log.root", "log.tiles", "log.movement"},
    ),
    "a lost bundle": (
        "DELETE FROM audit_bundles WHERE number = 0",
        {"log.bundles", "log.size", "log.movement"},
    ),
    "a hash": (
        "UPDATE audit_tiles SET hashes = overlay(hashes PLACING sha256('x') FROM 1)",
        {"log.tiles"},
    ),
    "a lost tile": ("DELETE FROM audit_tiles", {"log.tiles"}),
    "the root": ("UPDATE audit_log SET root = sha256('x')", {"log.root"}),
    "the size": ("UPDATE audit_log SET size = size - 1", {"log.size", "log.leaves"}),
    "a salt": (
        "UPDATE audit_leaves SET salt = substring(sha256(salt) FOR 16) WHERE position = 3",
        {"log.movement"},
    ),
    "a place": (
        "UPDATE audit_leaves SET position = 4 WHERE position = 3",
        {"log.leaves", "log.movement"},
    ),
    "a lost leaf": (
        "DELETE FROM audit_leaves WHERE position = 3",
        {"log.leaves", "log.movement"},
    ),
    "a checkpoint's root": (
        "UPDATE audit_checkpoints SET root = sha256('x')",
        {"log.checkpoint"},
    ),
    "a checkpoint's text": (
        "UPDATE audit_checkpoints SET note = replace(note, 'bank', 'bonk') || 'x'",
        {"log.checkpoint"},
    ),
    "a checkpoint of the future": (
        "UPDATE audit_checkpoints SET size = size + 900",
        {"log.checkpoint"},
    ),
    "an amount": (
        "UPDATE ledger_postings SET amount = amount + 1 WHERE amount = 100",
        {"log.movement"},
    ),
    "a movement nobody logged": (
        (
            "INSERT INTO ledger_movements (id, kind, reference, payer_label, payee_label, memo,"
            " at, business_day, effective_on) SELECT '01890a5d-ac96-774b-bcce-b302099a8057',"
            " kind, reference, '', '', '', at, business_day, effective_on"
            " FROM ledger_movements LIMIT 1"
        ),
        {"log.movement"},
    ),
    "a movement that is gone": (
        "DELETE FROM ledger_postings WHERE amount = 100",
        {"log.movement"},
    ),
}
TABLES = (
    *("ledger_movements", "ledger_postings"),
    *("audit_log", "audit_leaves", "audit_bundles", "audit_tiles", "audit_checkpoints"),
)


async def rules(session: ReadSession) -> set[str]:
    found = [*await audit.check(session), *await ledger.check_log(session)]
    return {one.rule for one in found}


@pytest.fixture
async def logged(database: Database, settings: Settings) -> None:
    """More than a tile of movements, published."""
    await log.a_story(database, 300)
    await log.publish(database, settings.sealer())


async def test_a_log_that_grew_is_right(
    logged: None, database: Database, auditor_database: Database
) -> None:
    await log.a_story(database, 5)  # Some wait in the queue.
    async with auditor_database.snapshot() as session:
        assert await rules(session) == set()
    await sequence(database)
    async with auditor_database.snapshot() as session:
        assert await rules(session) == set()


async def test_each_damage_is_found_by_its_rule(
    logged: None, database: Database, owner: asyncpg.Connection
) -> None:
    noticed = {}
    for name, (statement, _) in DAMAGE.items():
        transaction = owner.transaction()
        await transaction.start()
        for table in TABLES:
            await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await owner.execute(statement)
        noticed[name] = await rules(ReadSession(owner, clock_moves=False))
        await transaction.rollback()
    assert noticed == {name: expected for name, (_, expected) in DAMAGE.items()}


async def test_an_empty_log_is_right(auditor_database: Database) -> None:
    async with auditor_database.snapshot() as session:
        assert await rules(session) == set()
