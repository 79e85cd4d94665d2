"""`tael ledger`: what was, for people and for programs."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from factories import ledger as f
from tael import ledger
from tael.cli import archive, closes
from tael.kernel.clock import advance, business_day, machine_now
from tael.kernel.database import Database
from tael.kernel.faults import OperatorFault


@pytest.fixture
async def told(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """A deployment two days after its first movement: the account, and that day."""
    monkeypatch.setenv("TAEL_DATABASE_URL", database_url)
    monkeypatch.setenv("TAEL_SANDBOX", "1")
    now = machine_now()
    alice = await f.an_account(database)
    await f.post(database, f.a_transfer(ledger.CARD_CLEARING, alice, 1_000, at=now), now=now)
    async with database.write() as session:
        await advance(session, timedelta(days=2))
    return alice, str(business_day(now))


async def test_the_past_is_told_at_the_command_line(
    told: tuple[int, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alice, day = told
    await asyncio.to_thread(closes.balance, alice, as_of=day, json_=True, state_dir=tmp_path)
    assert json.loads(capsys.readouterr().out)["balance"] == 1_000
    await asyncio.to_thread(closes.balance, alice, as_of="2026-01-01", state_dir=tmp_path)
    assert capsys.readouterr().out == f"CNY {alice}  0.00\n"
    await asyncio.to_thread(closes.trial_balance, as_of=day, json_=True, state_dir=tmp_path)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["kind"]: row["balance"] for row in rows}["customer_cash"] == 1_000


async def test_days_are_closed_and_listed_at_the_command_line(
    told: tuple[int, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, day = told
    await asyncio.to_thread(closes.close_day, day, json_=True, state_dir=tmp_path)
    assert json.loads(capsys.readouterr().out)["movements"] == 1
    await asyncio.to_thread(closes.close_day, state_dir=tmp_path)
    assert "the day follows from the one before" in capsys.readouterr().out
    await asyncio.to_thread(closes.closes, json_=True, state_dir=tmp_path)
    assert [each["day"] for each in json.loads(capsys.readouterr().out)][-1] == day


async def test_what_cannot_be_told_is_one_line(told: tuple[int, str], tmp_path: Path) -> None:
    for asked in (
        lambda: closes.balance(1, state_dir=tmp_path),
        lambda: closes.balance(told[0], as_of="tomorrow!!", state_dir=tmp_path),
        lambda: closes.close_day("2999-01-01", state_dir=tmp_path),
        lambda: archive.archive(before="soon", state_dir=tmp_path),
    ):
        with pytest.raises(OperatorFault):
            await asyncio.to_thread(asked)
