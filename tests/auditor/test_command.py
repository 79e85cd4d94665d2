"""`tael ledger check`: says what it saw, and exits 1 on any difference."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg

from factories import ledger as f
from tael.kernel.database import Database


def check(database_url: str, home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command against a database."""
    return subprocess.run(
        [sys.executable, "-m", "tael", "ledger", "check", "--state-dir", str(home), *options],
        env=os.environ | {"TAEL_DATABASE_URL": database_url, "TAEL_SANDBOX": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def told(database_url: str, home: Path) -> tuple[int, dict[str, Any]]:
    """Its exit code and its JSON."""
    done = check(database_url, home, "--json")
    return done.returncode, json.loads(done.stdout)


async def test_books_that_are_right_exit_0(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await f.funded(database, 1_234_567, 100)
    code, report = told(database_url, tmp_path)
    assert code == 0
    assert (report["ok"], report["differences"]) == (True, [])
    assert (report["accounts"], report["movements"], report["postings"]) == (8, 2, 2)
    assert {total["currency"]: total["balance"] for total in report["totals"]} == {
        "CNY": 0,
        "PTS": 0,
    }
    shown = check(database_url, tmp_path)
    assert shown.returncode == 0
    assert "12,346.67" in shown.stdout


async def test_a_difference_exits_1_and_is_named(
    database: Database, database_url: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    (alice,) = await f.funded(database, 100)
    await owner.execute("UPDATE ledger_accounts SET balance = 99 WHERE number = $1", alice)
    code, report = told(database_url, tmp_path)
    assert code == 1
    assert report["ok"] is False
    assert report["differing"] == {"account.balance": 1, "currency.sum": 1}
    assert report["differences"][0] == {
        "rule": "account.balance",
        "subject": f"CNY {alice}",
        "expected": "100",
        "found": "99",
    }
    shown = check(database_url, tmp_path)
    assert shown.returncode == 1
    assert "account.balance" in shown.stdout
