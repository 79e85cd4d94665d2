"""The limits file: one line for the operator where it is wrong, its dates where it is right."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from factories.customers import a_wallet, fen, spend, yuan
from tael import customers
from tael.customers.limit_table import PACKAGED
from tael.kernel.database import Database
from tael.kernel.settings import Settings

KEYS = "1:" + "dGFlbC10ZXN0LWtleS0wMTIzNDU2Nzg5YWJjZGVmZ2g="
CHANGE = datetime(2026, 6, 30, 16, tzinfo=UTC)
"""The first instant of 1 July in Shanghai."""


@pytest.fixture
def halved_in_july(tmp_path: Path) -> Path:
    """The packaged figures, and from July on 2,500 a day in class 4."""
    packaged = PACKAGED.read_text(encoding="utf-8")
    july = packaged.replace("2026-01-01", "2026-07-01").replace(
        "day_fen = 5_000_00", "day_fen = 2_500_00"
    )
    path = tmp_path / "limits.toml"
    path.write_text(packaged + july, encoding="utf-8")
    return path


async def test_new_figures_hold_from_their_day_without_a_restart(
    database: Database, settings: Settings, halved_in_july: Path
) -> None:
    wallet = (await a_wallet(database, settings.sealer())).customer_id
    before = customers.limits_in_force()
    customers.use_limits(customers.load_limits(halved_in_july))
    try:
        june, july = CHANGE - timedelta(seconds=1), CHANGE
        assert await spend(database, wallet, [yuan(2_000), yuan(2_000)], now=june) == [None, None]
        assert await spend(database, wallet, [yuan(2_000), fen(500_01), yuan(500)], now=july) == [
            None,
            "customers.limit_exceeded",
            None,
        ]
    finally:
        customers.use_limits(before)


def test_a_wrong_file_stops_the_start_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    packaged = PACKAGED.read_text(encoding="utf-8")
    path.write_text(
        packaged.replace("\nday_fen = 5_000_00", "\nday_fen = 5000.00"), encoding="utf-8"
    )
    started = subprocess.run(
        [sys.executable, "-c", "from tael.cli.main import main; main()", "serve"],
        env={
            **os.environ,
            "TAEL_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",
            "TAEL_SEALING_KEYS": KEYS,
            "TAEL_PIN_KEYS": KEYS,
            "TAEL_LIMITS_FILE": str(path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode == 1
    place = "limits[0].class_4.day_fen: a whole number of fen above 0 is needed"
    assert started.stderr == f"tael: {path}: {place}\n"
