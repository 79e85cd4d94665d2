"""What an earlier server left behind: live processes, a stale pid file.

A supervisor that was killed leaves a postmaster; a postmaster that was killed leaves its
backends for a moment. Two servers on one data directory would destroy it, so nothing starts
before everything that works in the directory has ended. The caller holds the state lock.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tael.sandbox.postgres.errors import PostgresUnavailable

_SIGNALS = (
    (signal.SIGINT, 20.0),  # Fast stop: roll back, checkpoint, leave.
    (signal.SIGQUIT, 5.0),  # Leave at once: the next start recovers from the log.
    (signal.SIGKILL, 5.0),
)
_POLL_S = 0.02


def clear_leftovers(data_dir: Path, report: Callable[[str], None]) -> None:
    """End every server process that still works in the directory; forget a stale pid file."""
    living = server_processes(data_dir)
    if living:
        report(f"ending a PostgreSQL that was left behind (process {living[0]})")
    for number, patience_s in _SIGNALS:
        if not living:
            break
        _send(number, living, data_dir)
        living = _wait_for_end(data_dir, patience_s)
    if living:
        raise PostgresUnavailable(
            f"another PostgreSQL (process {living[0]}) works in {data_dir} and does not end: "
            "stop it first"
        )
    # No server lives here, so whoever has that number now is somebody else (or a zombie that
    # nobody reaps), and PostgreSQL would wait for it forever.
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def server_processes(data_dir: Path) -> list[int]:
    """Find the PostgreSQL processes whose working directory this is, the postmaster first."""
    try:
        home = data_dir.stat()
    except FileNotFoundError:
        return []
    postmaster = _recorded_postmaster(data_dir)
    if not sys.platform.startswith("linux"):
        return [postmaster] if postmaster and _is_postgres_by_ps(postmaster) else []
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        # Processes end while we look, and others' are closed to us: neither serves this folder.
        with contextlib.suppress(OSError):
            there = Path(f"/proc/{entry.name}/cwd").stat()
            named = Path(f"/proc/{entry.name}/comm").read_text(encoding="utf-8").strip()
            if (there.st_dev, there.st_ino) == (home.st_dev, home.st_ino) and named == "postgres":
                found.append(int(entry.name))
    return sorted(found, key=lambda pid: (pid != postmaster, pid))


def _recorded_postmaster(data_dir: Path) -> int | None:
    try:
        first = (data_dir / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return None
    return int(first) if first.isdigit() else None


def _is_postgres_by_ps(pid: int) -> bool:
    answer = subprocess.run(
        ("ps", "-p", str(pid), "-o", "comm="), capture_output=True, text=True, check=False
    )
    return Path(answer.stdout.strip()).name == "postgres"


def _send(number: signal.Signals, living: list[int], data_dir: Path) -> None:
    # A fast stop is the postmaster's to lead; orphaned backends understand it less well.
    gentle = number is signal.SIGINT and living[0] == _recorded_postmaster(data_dir)
    for pid in living[:1] if gentle else living:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait_for_end(data_dir: Path, patience_s: float) -> list[int]:
    deadline = time.monotonic() + patience_s
    while living := server_processes(data_dir):
        if time.monotonic() > deadline:
            return living
        time.sleep(_POLL_S)
    return []
