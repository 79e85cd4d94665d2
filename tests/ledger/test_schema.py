"""The schema refuses what the code must never do, whoever asks."""

import asyncpg
import pytest

from factories import ledger as f
from factories.ledger import NOON
from tael import ledger
from tael.kernel import ids
from tael.kernel.database import Database

ENTRIES = ["ledger_movements", "ledger_postings"]


@pytest.fixture
async def alice(database: Database) -> ledger.AccountNumber:
    """An account with 10.00 and one hold of 1.00."""
    account, shop = await f.funded(database, 1_000, 0)
    await f.hold(database, account, shop, 100)
    return account


@pytest.mark.parametrize("table", ENTRIES)
@pytest.mark.parametrize(
    "change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"], ids=["u", "d", "t"]
)
async def test_entries_stay_even_for_the_owner(
    alice: ledger.AccountNumber,
    database: Database,
    owner: asyncpg.Connection,
    table: str,
    change: str,
) -> None:
    column = "memo" if table == "ledger_movements" else "amount"
    before = await owner.fetch(f"SELECT * FROM {table}")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changed"):
        await owner.execute(change.format(table, column, column))
    assert await owner.fetch(f"SELECT * FROM {table}") == before
    # A replica that applies changes refuses them as well.
    await owner.execute("SET session_replication_role = replica")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute(change.format(table, column, column))


@pytest.mark.parametrize("table", ["ledger_accounts", "ledger_holds"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}"])
async def test_accounts_and_holds_are_never_removed(
    alice: ledger.AccountNumber, owner: asyncpg.Connection, table: str, change: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute(change.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_movements SET memo = ''",
        "DELETE FROM ledger_postings",
        "TRUNCATE ledger_postings",
        "UPDATE ledger_accounts SET floor = -1",
        "UPDATE ledger_accounts SET holder = NULL",
        "DELETE FROM ledger_accounts",
        "UPDATE ledger_holds SET amount = 1",
        "INSERT INTO ledger_accounts (currency, number, kind, held) VALUES ('CNY', 5, 'fees', 1)",
        "ALTER TABLE ledger_postings DISABLE TRIGGER ALL",
    ],
)
async def test_the_application_may_not(
    alice: ledger.AccountNumber, database: Database, statement: str
) -> None:
    before = await f.books(database)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.write() as session:
            await session.execute(statement)
    assert await f.books(database) == before


async def test_the_auditor_only_reads(
    alice: ledger.AccountNumber, auditor_database: Database
) -> None:
    for statement in ("UPDATE ledger_accounts SET balance = 0", "DELETE FROM ledger_holds"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with auditor_database.write() as session:
                await session.execute(statement)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("UPDATE ledger_accounts SET held = 1001 WHERE number = $1", "ck_ledger_accounts_floor"),
        ("UPDATE ledger_accounts SET balance = 99 WHERE number = $1", "ck_ledger_accounts_floor"),
        ("UPDATE ledger_accounts SET held = -1 WHERE number = $1", "ck_ledger_accounts_held"),
        (
            "UPDATE ledger_accounts SET closed_at = now() WHERE number = $1",
            "ck_ledger_accounts_closed",
        ),
        ("UPDATE ledger_accounts SET holder = NULL WHERE number = $1", "ck_ledger_accounts_holder"),
        ("UPDATE ledger_accounts SET kind = 'loan' WHERE number = $1", "ck_ledger_accounts_kind"),
        ("UPDATE ledger_accounts SET postings = -1 WHERE number = $1", "ck_ledger_accounts_posti"),
    ],
)
async def test_an_account_cannot_be_what_no_account_may_be(
    alice: ledger.AccountNumber, owner: asyncpg.Connection, statement: str, constraint: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match=constraint):
        await owner.execute(statement, alice)


@pytest.mark.parametrize(
    ("amount", "debit", "credit", "line", "refusal"),
    [
        (0, 1100, 4100, 1, asyncpg.CheckViolationError),
        (-5, 1100, 4100, 1, asyncpg.CheckViolationError),
        (5, 1100, 1100, 1, asyncpg.CheckViolationError),
        (None, 1100, 4100, 1, asyncpg.NotNullViolationError),
    ],
)
async def test_a_posting_cannot_be_unbalanced(
    owner: asyncpg.Connection,
    amount: int | None,
    debit: int,
    credit: int,
    line: int,
    refusal: type[Exception],
) -> None:
    with pytest.raises(refusal):
        await owner.execute(
            "INSERT INTO ledger_postings VALUES ($1, $2, 'CNY', $3, $4, $5, 1, 1, 0, 0)",
            ids.new_id(),
            line,
            debit,
            credit,
            amount,
        )
    assert await owner.fetchval("SELECT count(*) FROM ledger_postings") == 0


async def test_an_entry_s_number_is_not_used_again(
    alice: ledger.AccountNumber, owner: asyncpg.Connection
) -> None:
    with pytest.raises(asyncpg.UniqueViolationError, match=r"uq_ledger_postings_\d{4}_\d\d_credit"):
        await owner.execute(
            "INSERT INTO ledger_postings VALUES ($1, 1, 'CNY', 4100, $2, 5, 99, 1, 0, 0)",
            ids.new_id(),
            alice,
        )


@pytest.mark.parametrize(
    "change",
    [
        "amount = 1",
        "expires_at = expires_at + interval '1 day', state = 'voided', ended_at = now()",
        "state = 'pending'",
        "state = 'expired', ended_at = now(), captured = 1",
    ],
)
async def test_the_terms_of_a_hold_stay(
    alice: ledger.AccountNumber, owner: asyncpg.Connection, change: str
) -> None:
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="a hold ends once"):
        await owner.execute(f"UPDATE ledger_holds SET {change}")


async def test_a_hold_that_ended_stays_ended(
    alice: ledger.AccountNumber, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE ledger_holds SET state = 'voided', ended_at = $1", NOON)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="a hold ends once"):
        await owner.execute("UPDATE ledger_holds SET state = 'expired'")


@pytest.mark.parametrize(
    "change",
    [
        "state = 'posted', ended_at = now()",
        "state = 'posted', ended_at = now(), captured = 101",
        "captured = 100",
        "state = 'voided', ended_at = now(), captured = 1",
        "state = 'voided'",
        "state = 'lost', ended_at = now()",
    ],
)
async def test_a_hold_ends_in_a_way_that_adds_up(
    alice: ledger.AccountNumber, owner: asyncpg.Connection, change: str
) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(f"UPDATE ledger_holds SET {change}")
