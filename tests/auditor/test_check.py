"""The auditor finds each kind of damage by the rule that is meant to, and nothing else."""

from datetime import timedelta

import asyncpg
import pytest

from factories import ledger as f
from factories.ledger import NOON
from tael import auditor, ledger
from tael.kernel.database import Database

# What each planted damage does, and the rules that must notice. $A and $B are accounts with
# entries between them, $H a captured hold from $A to $B, $P a pending one.
DAMAGE: dict[str, tuple[str, set[str]]] = {
    "a posting of nothing": (
        "UPDATE ledger_postings SET amount = 0 WHERE debit = $A AND amount = 300",
        {"posting.amount", "account.balance", "account.running_balance"},
    ),
    "a posting to itself": (
        "UPDATE ledger_postings SET credit = debit WHERE debit = $A AND amount = 300",
        {
            "posting.sides",
            "account.balance",
            "account.running_balance",
            "account.sequence",
            "account.postings",
        },
    ),
    "a posting without its movement": (
        "DELETE FROM ledger_movements WHERE memo = 'plain'",
        {"posting.movement"},
    ),
    "a posting to nowhere": (
        "UPDATE ledger_postings SET credit = 999 WHERE debit = $A AND amount = 300",
        {
            "posting.accounts",
            "account.balance",
            "account.running_balance",
            "account.sequence",
            "account.postings",
        },
    ),
    "a movement without postings": (
        (
            "INSERT INTO ledger_movements VALUES (ledger_month_start('2026-03-10'), 'fee', "
            "gen_random_uuid(), '', '', '', '2026-03-10 04:00Z', '2026-03-10', '2026-03-10')"
        ),
        {"movement.postings"},
    ),
    "a line that is missing": (
        "UPDATE ledger_postings SET line = 2 WHERE debit = $A AND amount = 300",
        {"movement.postings"},
    ),
    "a movement on another day": (
        "UPDATE ledger_movements SET business_day = '2026-03-11' WHERE memo = 'plain'",
        {"movement.business_day"},
    ),
    "an amount that was changed": (
        "UPDATE ledger_postings SET amount = 301 WHERE debit = $A AND amount = 300",
        {"account.balance", "account.running_balance"},
    ),
    "a balance that was changed": (
        "UPDATE ledger_accounts SET balance = balance + 1 WHERE number = $A",
        {"account.balance", "currency.sum"},
    ),
    "money that was moved without an entry": (
        (
            "UPDATE ledger_accounts SET balance = balance + CASE number WHEN $A THEN -1 ELSE 1 END "
            "WHERE number IN ($A, $B)"
        ),
        {"account.balance"},
    ),
    "an entry that was deleted": (
        (
            "WITH gone AS (DELETE FROM ledger_postings WHERE debit = $A AND amount = 300) "
            "DELETE FROM ledger_movements WHERE memo = 'plain'"
        ),
        {"account.balance", "account.running_balance", "account.sequence", "account.postings"},
    ),
    "entries that swapped places": (
        (
            "UPDATE ledger_postings SET debit_seq = 9 - debit_seq "
            "WHERE debit = $A AND debit_seq IN (4, 5)"
        ),
        {"account.running_balance"},
    ),
    "a balance after an entry that was changed": (
        "UPDATE ledger_postings SET debit_balance = 0 WHERE debit = $A AND amount = 300",
        {"account.running_balance"},
    ),
    "a number that was skipped": (
        "UPDATE ledger_postings SET debit_seq = 50 WHERE debit = $A AND debit_seq = 5",
        {"account.sequence"},
    ),
    "a count that was changed": (
        "UPDATE ledger_accounts SET postings = postings + 1 WHERE number = $A",
        {"account.postings"},
    ),
    "held money without a hold": (
        "UPDATE ledger_accounts SET held = held + 1 WHERE number = $A",
        {"account.held"},
    ),
    "a hold without held money": (
        "UPDATE ledger_holds SET amount = amount + 1 WHERE id = $P",
        {"account.held"},
    ),
    "an account below its floor": (
        "UPDATE ledger_accounts SET floor = 10000 WHERE number = $A",
        {"account.floor", "account.floor_of_kind"},
    ),
    "a customer who may overdraw": (
        "UPDATE ledger_accounts SET floor = NULL WHERE number = $A",
        {"account.floor_of_kind"},
    ),
    "an account that was closed with money in it": (
        "UPDATE ledger_accounts SET closed_at = '2027-01-01' WHERE number = $A",
        {"account.closed"},
    ),
    "an account that moved after its closing": (
        "UPDATE ledger_accounts SET closed_at = '2020-01-01' WHERE number = $C",
        {"account.closed_still"},
    ),
    "a hold for nobody": (
        "UPDATE ledger_holds SET destination = 999 WHERE id = $P",
        {"hold.account"},
    ),
    "a capture of more than was held": (
        "UPDATE ledger_holds SET amount = 1 WHERE id = $H",
        {"hold.captured"},
    ),
    "a capture that was never posted": (
        "UPDATE ledger_captures SET movement_id = gen_random_uuid() WHERE hold_id = $H",
        {"hold.movement"},
    ),
    "a capture of another amount than was posted": (
        (
            "WITH less AS (UPDATE ledger_captures SET amount = amount - 1 WHERE hold_id = $H) "
            "UPDATE ledger_holds SET captured = captured - 1 WHERE id = $H"
        ),
        {"hold.movement"},
    ),
    "a hold of which more was captured than its captures say": (
        "UPDATE ledger_holds SET captured = captured + 1 WHERE id = $H",
        {"hold.captures"},
    ),
    "a movement that captured two holds": (
        (
            "ALTER TABLE ledger_captures DROP CONSTRAINT pk_ledger_captures; "
            "WITH copy AS (INSERT INTO ledger_holds "
            "SELECT gen_random_uuid(), currency, account, holder, destination, reference, amount, "
            "state, captured, made_at, expires_at, ended_at FROM ledger_holds WHERE id = $H "
            "RETURNING id) "
            "INSERT INTO ledger_captures SELECT movement_id, copy.id, amount "
            "FROM ledger_captures, copy"
        ),
        {"hold.movement_once"},
    ),
    "a reversal of less than was moved": (
        "UPDATE ledger_postings SET amount = 8 WHERE credit = $B AND amount = 9",
        {"movement.reversal", "account.balance", "account.running_balance"},
    ),
    "a reversal that does not say what it undoes": (
        "UPDATE ledger_movements SET reverses = NULL WHERE reverses IS NOT NULL",
        {"movement.reversal"},
    ),
}

TABLES = (
    "ledger_accounts",
    "ledger_movements",
    "ledger_postings",
    "ledger_holds",
    "ledger_captures",
    "ledger_reversals",
)


async def _story(database: Database) -> dict[str, str]:
    """Some life in the books: payments, one undone, a captured and a pending hold."""
    alice, bob, carol = await f.funded(database, 1_000, 50, 20)
    captured = await f.hold(database, alice, bob, 200)
    await f.capture(database, captured, 150, final=True)
    await f.post(database, f.a_transfer(bob, alice, 40), f.a_transfer(carol, bob, 20))
    await f.post(database, f.a_transfer(alice, bob, 300, memo="plain"))
    await f.post(database, f.a_transfer(alice, bob, 7))
    mistaken = f.a_transfer(bob, ledger.FEES, 9)
    await f.post(database, mistaken)
    await f.reverse(database, mistaken.id)
    pending = await f.hold(database, alice, bob, 100, life=timedelta(days=1))
    return {
        "$A": str(alice),
        "$B": str(bob),
        "$C": str(carol),
        "$H": f"'{captured.id}'",
        "$P": f"'{pending.id}'",
    }


async def _unguarded(owner: asyncpg.Connection) -> None:
    """Take every guard of the schema away, as somebody with the server in hand could."""
    for index in await owner.fetch(
        "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'uq_ledger_postings_%'"
    ):
        await owner.execute(f"DROP INDEX {index['indexname']}")
    for table in TABLES:
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        for row in await owner.fetch(
            "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'",
            table,
        ):
            await owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {row['conname']}")


@pytest.mark.parametrize("damage", DAMAGE)
async def test_the_auditor_notices(
    database: Database, auditor_database: Database, owner: asyncpg.Connection, damage: str
) -> None:
    names = await _story(database)
    await _unguarded(owner)
    statement, rules = DAMAGE[damage]
    for name, value in names.items():
        statement = statement.replace(name, value)
    assert not (await owner.execute(statement)).endswith(" 0"), "the damage was done"
    async with auditor_database.snapshot() as session:
        report = await auditor.check(session, books_only=True)
    assert not report.ok
    assert set(report.differing) == rules
    assert {difference.rule for difference in report.differences} == rules


async def test_books_that_are_right_are_found_right(
    database: Database, auditor_database: Database
) -> None:
    await _story(database)
    async with auditor_database.snapshot() as session:
        report = (await auditor.check(session, books_only=True)).as_json()
    assert report["ok"] is True
    assert report["differences"] == ()
    assert (report["accounts"], report["movements"], report["holds"]) == (9, 10, 2)
    assert report["postings"] == 10
    cny = next(total for total in report["totals"] if total["currency"] == "CNY")
    assert cny == {"currency": "CNY", "posted": 1_605, "balance": 0, "held": 100}
    kinds = {row["kind"]: row["balance"] for row in report["trial_balance"]}
    assert kinds["customer_cash"] == 1_070
    assert kinds["card_clearing"] == -1_070


def test_every_rule_has_a_damage_that_it_alone_or_with_others_notices() -> None:
    noticed = set().union(*(rules for _, rules in DAMAGE.values()))
    assert noticed == {rule.name for rule in auditor.BOOKS}


async def test_a_flood_of_differences_is_counted_but_not_all_listed(
    database: Database, auditor_database: Database, owner: asyncpg.Connection
) -> None:
    await f.funded(database, *[1] * 120)
    await _unguarded(owner)
    await owner.execute("UPDATE ledger_movements SET business_day = $1", NOON.date().replace(day=1))
    async with auditor_database.snapshot() as session:
        report = await auditor.check(session, books_only=True)
    assert report.differing == {"movement.business_day": 120}
    assert len(report.differences) == 100
