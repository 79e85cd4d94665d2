"""S15: whoever owns the database changes the past; an older checkpoint exposes each change."""

import asyncio
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from campaign.plan import Counts, Plan, Row, RowResult

ROW: Final = Row(
    "S15",
    goal="entries edited, deleted, reordered, rewound: exposed by an older checkpoint alone",
    unit="mutations",
    attempts=Counts(ci=50, release=50),
    budget_s=Counts(ci=100, release=600),
)
TESTS: Final = "tests/audit/test_tampering.py"
CONTROL: Final = "the unchanged log is believed by the same outsider, in the same tests"


async def run(plan: Plan) -> RowResult:
    """The tests of the log that tamper, each case an attempt."""
    report = (plan.folder / "report.xml").resolve()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS),
        *("--junitxml", str(report)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(), plan.seconds_left)
    except TimeoutError:
        process.kill()
        await process.wait()
        plan.stop_early()
        return plan.result(control=CONTROL)
    plan.note(told.decode(errors="replace")[-4_000:])
    cases = _cases(report)
    for attempt in plan.attempts():
        if attempt.number > len(cases):
            plan.fail(f"there are only {len(cases)} mutations")
            break
        name, fault = cases[attempt.number - 1]
        plan.record(attempt, failures=[f"{name}: {fault}"] if fault else [])
    for name, fault in cases[plan.wanted :]:
        if fault:
            plan.fail(f"{name}: {fault}")
    return plan.result(control=CONTROL, figures={"cases that were run": str(len(cases))})


def _cases(report: Path) -> list[tuple[str, str | None]]:
    """Every case of the run with what went wrong in it."""
    if not report.exists():
        return []
    found = []
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - our own run's report
        wrong = [*case.iter("failure"), *case.iter("error"), *case.iter("skipped")]
        found.append((str(case.get("name")), str(wrong[0].get("message")) if wrong else None))
    return found
