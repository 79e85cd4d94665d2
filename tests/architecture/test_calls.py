"""Committing, opening transactions, reading clocks and chance belong to one place each."""

from collections.abc import Callable, Mapping

import pytest

from tidy import Tree
from tidy.allowances import allowances, remaining
from tidy.calls import banned_calls, foreign_writes

Plant = Callable[[Mapping[str, str]], Tree]


def test_the_repository_makes_each_call_in_its_place(repository: Tree) -> None:
    assert remaining(banned_calls(repository), allowances("calls")) == []


def test_each_module_writes_its_own_tables_only(repository: Tree) -> None:
    assert remaining(foreign_writes(repository), allowances("writes")) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/tael/payments/pay.py", "await session.commit()\n"),
        ("src/tael/http/pay.py", "connection.transaction()\n"),
        ("src/tael/payments/pay.py", "database.write()\n"),
        ("src/tael/payments/pay.py", "services.database.read()\n"),
        ("src/tael/payments/pay.py", "datetime.now(UTC)\n"),
        ("src/tael/payments/pay.py", "datetime.utcnow()\n"),
        ("src/tael/payments/pay.py", "time.time()\n"),
        ("src/tael/payments/pay.py", "uuid4()\n"),
        ("src/tael/ledger/book.py", "float(amount)\n"),
        ("src/tael/ledger/book.py", "Decimal(amount)\n"),
        ("src/tael/ledger/book.py", "round(amount)\n"),
        ("src/tael/customers/rules.py", "clock.machine_now()\n"),
        ("src/tael/payments/pay.py", "x = os.environ['HOME']\n"),
        ("src/tael/payments/pay.py", "os.getenv('HOME')\n"),
    ],
)
def test_a_call_out_of_place_is_found(planted: Plant, path: str, text: str) -> None:
    assert [v.where for v in banned_calls(planted({path: text}))] == [f"{path}:1"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/tael/kernel/database.py", "await transaction.commit()\n"),
        ("src/tael/http/pay.py", "database.write()\n"),
        ("src/tael/payments/jobs.py", "database.write()\n"),
        ("src/tael/kernel/clock.py", "datetime.now(UTC)\n"),
        ("src/tael/kernel/settings.py", "os.environ.get('X')\n"),
        ("src/tael/customers/service.py", "clock.machine_now()\n"),
        ("tests/test_x.py", "datetime.now(UTC)\n"),
    ],
)
def test_a_call_in_its_place_passes(planted: Plant, path: str, text: str) -> None:
    assert list(banned_calls(planted({path: text}))) == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_accounts SET balance = 0",
        "INSERT INTO ledger_postings (amount) VALUES (1)",
        "WITH gone AS (DELETE FROM ledger_holds RETURNING id) SELECT id FROM gone",
        "TRUNCATE ledger_movements",
    ],
)
def test_money_moved_outside_the_ledger_is_found(planted: Plant, sql: str) -> None:
    ledger = {"src/tael/ledger/write.py": f"SQL = {sql!r}\n"}
    tree = planted(ledger | {"src/tael/payments/pay.py": f"SQL = f{sql!r}\n"})
    assert [v.where for v in foreign_writes(tree)] == ["src/tael/payments/pay.py:1"]


def test_reading_another_modules_table_is_no_write(planted: Plant) -> None:
    tree = planted(
        {
            "src/tael/ledger/write.py": "",
            "src/tael/payments/pay.py": "SQL = 'SELECT id FROM ledger_accounts FOR UPDATE'\n",
        }
    )
    assert list(foreign_writes(tree)) == []
