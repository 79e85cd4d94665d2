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

_Insistence = tuple[tuple[signal.Signals | None, float], ...]
_WITH_POSTMASTER: _Insistence = (
    (signal.SIGINT, 20.0),  # Fast stop: roll back, checkpoint, leave.
    (signal.SIGQUIT, 5.0),  # Leave at once: the next start recovers from the log.
    (signal.SIGKILL, 5.0),
)
_ORPHANS: _Insistence = (
    (None, 1.0),  # A backend leaves by itself once it sees that its postmaster is gone.
    (signal.SIGQUIT, 2.0),
    (signal.SIGKILL, 5.0),
)
_POLL_S = 0.02


def clear_leftovers(data_dir: Path, socket_dir: Path, report: Callable[[str], None]) -> None:
    """End every server process that still works in the directory; forget stale lock files."""
    living = server_processes(data_dir)
    if living:
        report(f"ending a PostgreSQL that was left behind (process {living[0]})")
        leads = living[0] == _recorded_postmaster(data_dir)
        living = _insist(_WITH_POSTMASTER if leads else _ORPHANS, living, data_dir)
    if living:
        raise PostgresUnavailable(
            f"another PostgreSQL (process {living[0]}) works in {data_dir} and does not end: "
            "stop it first"
        )
    # The lock files name a process by its number. When somebody else has that number now, or
    # it is a zombie that nobody reaps, PostgreSQL would wait for it forever. A pid file whose
    # number is free we leave: PostgreSQL then also checks the shared memory that it names.
    recorded = _recorded_postmaster(data_dir)
    if recorded is not None and _exists(recorded):
        (data_dir / "postmaster.pid").unlink()
    for stale in socket_dir.glob(".s.PGSQL.*"):
        stale.unlink()


def server_processes(data_dir: Path) -> list[int]:
    """Find the PostgreSQL processes that work in this directory, the postmaster first."""
    postmaster = _recorded_postmaster(data_dir)
    if sys.platform.startswith("linux"):
        numbers = [int(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit()]
    else:
        numbers = [] if postmaster is None else [postmaster]
    found = [pid for pid in numbers if _serves(pid, data_dir)]
    return sorted(found, key=lambda pid: (pid != postmaster, pid))


def _serves(pid: int, data_dir: Path) -> bool:
    if not sys.platform.startswith("linux"):
        answer = subprocess.run(
            ("ps", "-p", str(pid), "-o", "comm="), capture_output=True, text=True, check=False
        )
        return Path(answer.stdout.strip()).name == "postgres"
    home = Path(f"/proc/{pid}")
    try:
        if home.joinpath("comm").read_text(encoding="utf-8").strip() != "postgres":
            return False
        # In a container root may not see where another account's process works, but all may
        # see what it was called with. (A zombie has neither.)
        called_with = home.joinpath("cmdline").read_bytes().split(b"\0")
        return os.fsencode(data_dir) in called_with or home.joinpath("cwd").samefile(data_dir)
    except OSError:  # It ended while we looked, or it is not ours to look at.
        return False


def _recorded_postmaster(data_dir: Path) -> int | None:
    try:
        first = (data_dir / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
    except OSError:
        return None
    return int(first) if first.isdigit() else None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _insist(insistence: _Insistence, living: list[int], data_dir: Path) -> list[int]:
    """Ask them to end, ever harder; whoever is left in the end."""
    for number, patience_s in insistence:
        # A fast stop is the postmaster's to lead.
        for pid in living[:1] if number is signal.SIGINT else living:
            if number is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        deadline = time.monotonic() + patience_s
        while living := server_processes(data_dir):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_S)
        if not living:
            break
    return living
