"""Supervisors in processes of their own, so that a test can kill them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SUPERVISE = """
import sys, time
from pathlib import Path
from tael.sandbox import PostgresServer

with PostgresServer(Path(sys.argv[1])) as server:
    print("ready", server.pid, server.dsn_of("postgres"), flush=True)
    time.sleep(600)
"""
_PATIENCE_S = 30.0


@dataclass(slots=True)
class Supervisor:
    """A supervisor in a process of its own, and the postmaster under it."""

    process: subprocess.Popen[str]
    postmaster: int
    dsn: str

    @classmethod
    def start(cls, state_dir: Path, prefix: Sequence[str] = ()) -> "Supervisor":
        """Start one and wait until its server is ready."""
        process = subprocess.Popen(
            (*prefix, sys.executable, "-c", _SUPERVISE, str(state_dir)),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        word, postmaster, dsn = process.stdout.readline().split()
        assert word == "ready"
        return cls(process, int(postmaster), dsn)

    def kill(self) -> None:
        """End it without a word, as a crash or the out-of-memory killer would."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def is_alive(pid: int) -> bool:
    """Whether a process still runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def end(pid: int, number: int) -> None:
    """Signal a process and wait until it is gone."""
    os.kill(pid, number)
    wait_until(lambda: not is_alive(pid))


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something that must come true soon."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)
