"""What a row is asked to do, and what it hands back.

A row runs attempts. Each attempt has a seed of its own, derived from the campaign's, and is
recorded as soon as it is over, so that a killed campaign goes on where it was:

    ROW = Row("R1", goal="…", unit="kills", attempts=Counts(ci=100, release=2_000),
              budget_s=Counts(ci=300, release=7_200))

    async def run(plan: Plan) -> RowResult:
        async with …:
            for attempt in plan.attempts():
                …
                plan.record(attempt, operations=12, failures=[])
        return plan.result(control="…what the planted fault showed…")
"""

import hashlib
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from campaign.progress import Progress
from campaign.state import Done, RowState

FAILURES_SHOWN: Final = 20
"""The most failures of a row that a result carries; the raw log has all."""


class Level(StrEnum):
    """How much is run."""

    CI = "ci"
    """An hour at most, on two cores."""
    RELEASE = "release"
    """Before a release: hours, resumable."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A number for each level."""

    ci: int
    release: int

    def at(self, level: Level) -> int:
        """The number for this level."""
        return self.ci if level is Level.CI else self.release


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the scorecard: its name, what it must show, how often and in what time."""

    name: str
    goal: str
    unit: str
    """What an attempt is, in the plural: kills, storms, cases."""
    attempts: Counts
    budget_s: Counts
    """A row that is not done by then stops, says so, and is not passed."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt, by its number from 1, with the seed that replays it."""

    number: int
    seed: int

    def random(self) -> random.Random:
        """Chance that is the same each time this attempt is run."""
        return random.Random(self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What a row showed. It passed when nothing failed and nothing was left out."""

    row: str
    goal: str
    unit: str
    attempts: int
    wanted: int
    operations: int
    failures: int
    failed: tuple[str, ...]
    seed: int
    seconds: float
    control: str | None = None
    """What the positive control showed: the planted fault that this row can see."""
    figures: dict[str, str] = field(default_factory=dict)
    """What was measured besides, for people."""
    skipped: str | None = None
    """Why the row could not be run here."""
    stopped_early: bool = False

    @property
    def passed(self) -> bool:
        """Zero exceptions, all attempts made."""
        return self.failures == 0 and self.skipped is None and self.attempts >= self.wanted

    def but_failed(self, why: str) -> "RowResult":
        """The same with one more failure."""
        return replace(self, failures=self.failures + 1, failed=(*self.failed, why))

    @property
    def verdict(self) -> str:
        """One word for a table."""
        if self.skipped is not None:
            return "skipped"
        if self.failures:
            return "FAILED"
        return "passed" if self.passed else "incomplete"


class Plan:
    """One run of one row: its attempts, its budget, where it keeps its logs."""

    def __init__(
        self,
        row: Row,
        *,
        level: Level,
        state: RowState,
        progress: Progress,
        count: int | None,
        left_s: float = float("inf"),
    ) -> None:
        self.row = row
        self.level = level
        self.folder: Path = state.folder
        """For raw logs and whatever else the row wants to leave behind."""
        self.wanted = count or row.attempts.at(level)
        self.seed = state.seed
        self._state = state
        self._progress = progress
        self._began = time.monotonic()
        self._ends = self._began + min(row.budget_s.at(level), left_s)
        self._stopped_early = False
        self._failures: list[str] = []

    @property
    def seconds_left(self) -> float:
        """What is left of the budget of this run, and of the whole campaign's."""
        return self._ends - time.monotonic()

    def seed_of(self, number: int) -> int:
        """The seed of an attempt, from the campaign's seed and the row's name."""
        named = f"{self.seed}/{self.row.name}/{number}".encode()
        return int.from_bytes(hashlib.sha256(named).digest()[:6], "big")

    def attempts(self) -> Iterator[Attempt]:
        """The attempts that were not made yet, while the budget lasts."""
        for number in range(1, self.wanted + 1):
            if number in self._state.done:
                continue
            if self.seconds_left <= 0:
                self.stop_early()
                return
            yield Attempt(number, self.seed_of(number))

    def stop_early(self) -> None:
        """Say that attempts are left out: the row is then not passed."""
        self._stopped_early = True
        self.note("the budget is used up")

    def record(
        self, attempt: Attempt, *, operations: int = 1, failures: Sequence[str] = ()
    ) -> None:
        """Keep what came of an attempt: it is not made again when the campaign is resumed."""
        for failure in failures:
            self.note(f"FAILED attempt {attempt.number} (seed {attempt.seed}): {failure}")
        self._state.add(
            Done(attempt.number, attempt.seed, operations, tuple(failures[:FAILURES_SHOWN]))
        )
        self._progress.advance(len(self._state.done), self.wanted, self._state.failures)

    def fail(self, failure: str) -> None:
        """Keep a failure that belongs to no single attempt."""
        self._failures.append(failure)
        self.note(f"FAILED {failure}")

    def note(self, line: str) -> None:
        """A line in the row's raw log, and on the terminal when it tells of a failure."""
        self._state.note(line)
        if line.startswith("FAILED"):
            self._progress.say(f"{self.row.name}: {line}")

    def measure(self, name: str, value: float) -> None:
        """Keep a measurement that outlives a resumed run, for `measured`."""
        self._state.measure(name, value)

    def measured(self, name: str) -> list[float]:
        """What was measured under this name, by earlier runs of this campaign too."""
        return self._state.measured.get(name, [])

    def result(
        self, *, control: str | None = None, figures: dict[str, str] | None = None
    ) -> RowResult:
        """What the row showed, earlier runs of this campaign included."""
        done = self._state.done.values()
        failed = [failure for each in done for failure in each.failures] + self._failures
        self._state.spend(time.monotonic() - self._began)
        return RowResult(
            row=self.row.name,
            goal=self.row.goal,
            unit=self.row.unit,
            attempts=len(done),
            wanted=self.row.attempts.at(self.level),
            operations=sum(each.operations for each in done),
            failures=len(failed),
            failed=tuple(failed[:FAILURES_SHOWN]),
            seed=self.seed,
            seconds=self._state.seconds,
            control=control,
            figures=figures or {},
            stopped_early=self._stopped_early,
        )

    def skip(self, reason: str) -> RowResult:
        """This machine cannot run the row; that is not a pass."""
        return RowResult(
            row=self.row.name,
            goal=self.row.goal,
            unit=self.row.unit,
            attempts=0,
            wanted=self.row.attempts.at(self.level),
            operations=0,
            failures=0,
            failed=(),
            seed=self.seed,
            seconds=0.0,
            skipped=reason,
        )
