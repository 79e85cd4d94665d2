"""What a row has done so far, on disk: a killed campaign repeats nothing that it finished.

`.tael/campaign/<level>/<row>/attempts.jsonl` gets a line an attempt, `raw.log` everything that
is worth telling, with its time.
"""

import json
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """An attempt that is over."""

    number: int
    seed: int
    operations: int
    failures: tuple[str, ...]


class RowState:
    """The state of one row in one folder. Another seed begins anew."""

    def __init__(self, folder: Path, *, seed: int, resume: bool) -> None:
        self.folder = folder
        self.done: dict[int, Done] = {}
        self.measured: dict[str, list[float]] = {}
        self.seconds = 0.0
        self._attempts = folder / "attempts.jsonl"
        self._raw = folder / "raw.log"
        folder.mkdir(parents=True, exist_ok=True)
        # A bank that an earlier run left behind has another history than our clients remember.
        for left_behind in folder.iterdir():
            if left_behind.is_dir():
                shutil.rmtree(left_behind)
        self.seed = (self._load() if resume else None) or seed
        if not self._attempts.exists() or not resume or not self._attempts.stat().st_size:
            self._attempts.write_text(json.dumps({"seed": self.seed}) + "\n", encoding="utf-8")
            self._raw.write_text("", encoding="utf-8")
        self.note(f"seed {self.seed}, {len(self.done)} attempts done before")

    @property
    def failures(self) -> int:
        """How many attempts failed."""
        return sum(1 for each in self.done.values() if each.failures)

    def add(self, done: Done) -> None:
        """Keep an attempt."""
        self.done[done.number] = done
        self._append(asdict(done))
        self.note(f"attempt {done.number} seed {done.seed}: {done.operations} operations")

    def measure(self, name: str, value: float) -> None:
        """Keep a measurement."""
        self.measured.setdefault(name, []).append(value)
        self._append({"measured": name, "value": value})

    def spend(self, seconds: float) -> None:
        """Add the time of one run."""
        self.seconds += seconds
        self._append({"spent": seconds})

    def note(self, line: str) -> None:
        """A line in the raw log."""
        with self._raw.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {line}\n")

    def _load(self) -> int | None:
        """Read what an earlier run left; its seed, if there was one."""
        seed: int | None = None
        try:
            lines = self._attempts.read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        for line in lines:
            try:
                found: dict[str, Any] = json.loads(line)
            except ValueError:  # The line that a kill cut off.
                continue
            if "seed" in found and "number" not in found:
                seed = found["seed"]
            elif "measured" in found:
                self.measured.setdefault(found["measured"], []).append(found["value"])
            elif "spent" in found:
                self.seconds += found["spent"]
            else:
                done = Done(**{**found, "failures": tuple(found["failures"])})
                self.done[done.number] = done
        return seed

    def _append(self, line: dict[str, Any]) -> None:
        with self._attempts.open("a", encoding="utf-8") as attempts:
            attempts.write(json.dumps(line, ensure_ascii=False) + "\n")


def stamp() -> str:
    """The time, for a name that sorts."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
