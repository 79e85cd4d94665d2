"""How a set-up tells what it does, skips what is done, and never runs twice at once."""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / ".tael" / "setup"


class SetupError(Exception):
    """The set-up cannot go on; `command` is the one thing that the person can do about it."""

    def __init__(self, message: str, *, command: str = "") -> None:
        super().__init__(message)
        self.command = command


def say(line: str) -> None:
    """Tell the person one thing, at once."""
    print(line, flush=True)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the set-up's lock: a second run waits for the first, and then finds it all done."""
    SETUP.mkdir(parents=True, exist_ok=True)
    with (SETUP / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            say(f"Another set-up runs here (process {lock.read().strip()}): waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    noise: str = "(?!)",
) -> None:
    """Run one command with its own progress in view; a failure ends the set-up.

    Lines that match `noise` are shown only then.
    """
    kept = []
    words = [str(word) for word in command]
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if re.match(noise, line):
                kept.append(line)
            else:
                say(f"  {line.rstrip()}")
    if process.returncode != 0:
        say("".join(kept))
        raise SetupError(f"this failed ({process.returncode}): {' '.join(words)}")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step, and its time when it is done."""
    say(f"• {title} …")
    began = time.monotonic()
    yield
    say(f"  done in {time.monotonic() - began:.1f} s")


class Stamp:
    """Remembers for which input a step was done last."""

    def __init__(self, name: str) -> None:
        self._path = SETUP / f"{name}.stamp"

    def says(self, key: str) -> bool:
        """Whether the step was done for exactly this input."""
        return self._path.exists() and self._path.read_text(encoding="utf-8") == key

    def write(self, key: str) -> None:
        """Remember that the step is done; called only once it is."""
        self._path.write_text(key, encoding="utf-8")

    def forget(self) -> None:
        """Make the step due again, before its result is touched."""
        self._path.unlink(missing_ok=True)


def digest(parts: Iterable[str | Path]) -> str:
    """One key for texts and the contents of files, in order."""
    whole = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            name = part.relative_to(ROOT).as_posix()
            whole.update(f"\0file {name}\0".encode())
            whole.update(part.read_bytes())
        else:
            whole.update(f"\0text {part}".encode())
    return whole.hexdigest()


def usable_cache(name: str) -> Path | None:
    """A cache folder of our own, when the person's home cannot be written to."""
    home_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    probe = home_cache / f".tael-{os.getpid()}"
    try:
        home_cache.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        return ROOT / ".tael" / "cache" / name
    return None


def fail(error: SetupError) -> int:
    """Say what is wrong and the one command that helps; the exit status to leave with."""
    print(f"\n✗ {error}", file=sys.stderr, flush=True)
    if error.command:
        print(
            f"  Run this, then start again:\n\n    {error.command}\n", file=sys.stderr, flush=True
        )
    return 1
