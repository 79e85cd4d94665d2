"""Q1: every planted bug is noticed by the tests that its patch names.

Each bug is planted in a copy of the tree. The named tests pass in a copy without it, and must all
fail in the copy with it: by an assertion, not because something could not be imported.
"""

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from campaign.plan import Attempt, Counts, Plan, Row, RowResult
from campaign.planted import ROOT, DoesNotApply, Planted, all_planted
from tael.sandbox import PostgresServer

AT_ONCE: Final = 2
TIME_LIMIT_S: Final = 240.0
ALL_LIMIT_S: Final = 900.0
COPIED: Final = ("src", "tests", "migrations", "campaign", "tools", "docs", "pyproject.toml")
LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", "app", "*.patch.orig")
NO_VERDICT: Final = ("ImportError", "ModuleNotFoundError", "SyntaxError", "fixture '")

ROW: Final = Row(
    "Q1",
    goal="every planted bug is noticed by the tests named for it",
    unit="planted bugs",
    attempts=Counts(ci=len(all_planted()), release=len(all_planted())),
    budget_s=Counts(ci=190, release=1_800),
)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What pytest said of the tests that were asked for."""

    passed: frozenset[str]
    failed: frozenset[str]
    broken: tuple[str, ...]
    """Errors that are no verdict on the code: of imports, fixtures, time."""

    def caught(self, named: str) -> bool:
        """Whether a named test, in any of its cases, failed."""
        path, _, function = named.partition("::")
        return any(
            each.startswith(path) and each.partition("::")[2].split("[")[0] == function
            for each in self.failed
        )


async def run(plan: Plan) -> RowResult:
    """First all named tests on the tree as it is, then each bug on a copy of its own."""
    bugs = all_planted()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tael-planted-"))
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        clean = await asyncio.to_thread(copy_of_the_tree, Path(folder) / "clean")
        named = sorted({each for bug in bugs for each in bug.caught_by})
        server = stack.enter_context(PostgresServer(Path(folder) / "state"))
        began = time.monotonic()
        before = await tests(clean, named, server, ALL_LIMIT_S)
        unpatched = sorted(before.failed) + list(before.broken)
        plan.note(f"{len(before.passed)} pass unpatched in {time.monotonic() - began:.0f} s")
        seats = asyncio.Semaphore(AT_ONCE)

        async def one(attempt: Attempt) -> None:
            bug = bugs[attempt.number - 1]
            async with seats:
                if plan.seconds_left <= 0:
                    plan.stop_early()
                    return
                failures = await noticed(bug, Path(folder) / bug.name, server)
            shared = [f"{each} fails without any bug" for each in unpatched if attempt.number == 1]
            plan.note(f"{bug.name}: {failures or 'noticed'}")
            plan.record(attempt, operations=len(bug.caught_by), failures=shared + failures)

        await asyncio.gather(*(one(attempt) for attempt in plan.attempts()))
    return plan.result(
        control=f"all {len(named)} named tests pass without a bug",
        figures={"bugs": ", ".join(bug.name for bug in bugs)},
    )


async def noticed(bug: Planted, folder: Path, server: PostgresServer) -> list[str]:
    """Plant one bug and run its tests; why it does not count as noticed, if so."""
    tree = await asyncio.to_thread(copy_of_the_tree, folder)
    try:
        bug.apply(tree)
    except DoesNotApply as fault:
        return [str(fault)]
    verdicts = await tests(tree, bug.caught_by, server, TIME_LIMIT_S)
    await asyncio.to_thread(shutil.rmtree, tree)
    missed = [
        f"{bug.name} is not noticed by {each}"
        for each in bug.caught_by
        if not verdicts.caught(each)
    ]
    return missed + [f"{bug.name}: {each}" for each in verdicts.broken]


def copy_of_the_tree(to: Path) -> Path:
    """What the tests need of the repository."""
    to.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=LEFT_OUT)
        elif source.exists():
            shutil.copy2(source, to / name)
    return to


async def tests(
    tree: Path, named: Sequence[str], server: PostgresServer, limit_s: float
) -> Verdicts:
    """Run tests of a copy of the tree, with the code and the migrations of that copy."""
    report = tree / "report.xml"
    schema = hashlib.sha256()
    for migration in sorted((tree / "migrations" / "versions").glob("*.py")):
        schema.update(migration.read_bytes())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header"),
        *("--junitxml", str(report), *named),
        cwd=tree,
        env={
            **os.environ,
            "PYTHONPATH": str(tree / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TAEL_SIMULATION_SHRINK": "0",
            "TAEL_TESTS_SERVER": str(server.state_dir),
            "TAEL_TESTS_TEMPLATE": f"template_{schema.hexdigest()[:16]}",
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(process.wait(), limit_s)
    except TimeoutError:
        process.terminate()
        await process.wait()
        return Verdicts(frozenset(), frozenset(), (f"no verdict within {limit_s:.0f} s",))
    if not report.exists():
        return Verdicts(frozenset(), frozenset(), ("pytest did not start",))
    return read_report(report)


def read_report(report: Path) -> Verdicts:
    """The verdicts in a report of pytest's."""
    passed, failed, broken = set[str](), set[str](), list[str]()
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - made by our own run
        path = f"{str(case.get('classname')).replace('.', '/')}.py"
        name = f"{path}::{case.get('name')}"
        failure, error = case.find("failure"), case.find("error")
        told = "" if failure is None else f"{failure.get('message')} {failure.text}"
        if failure is not None and not any(word in told for word in NO_VERDICT):
            failed.add(name)
        elif failure is not None or error is not None:
            broken.append(
                f"{name} did not run: {told or (error is not None and error.get('message'))}"
            )
        else:
            passed.add(name)
    return Verdicts(frozenset(passed), frozenset(failed), tuple(broken))
