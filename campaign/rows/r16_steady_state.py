"""R16: a steady load at half of what the bank can do: nothing fails, nobody waits."""

import asyncio
import time
from typing import Final

from campaign import invariants
from campaign.bank import Shape, running_bank
from campaign.load import Load, a_crowd
from campaign.plan import Counts, Plan, Row, RowResult
from campaign.snapshots import SHOWN, Seen, watched

MEASURING_S: Final = 20.0
SHARE: Final = 0.5
"""The target is this part of what was reached without a brake."""
HEAD_S: Final = Counts(ci=60, release=300)
TAIL_S: Final = Counts(ci=30, release=120)
STEADY_S: Final = Counts(ci=300, release=6_600)
P99_MAX_S: Final = 1.0

ROW: Final = Row(
    "R16",
    goal="steady state at the measured target rate: failed 0, p99 < 1 s",
    unit="runs",
    attempts=Counts(ci=1, release=1),
    budget_s=Counts(ci=430, release=8_000),
)


async def run(plan: Plan) -> RowResult:
    """Measure what the bank can do, then hold half of it; head and tail do not count."""
    figures: dict[str, str] = {}
    async with running_bank(plan.folder / "bank", Shape(api=1)) as bank:
        for attempt in plan.attempts():
            crowd = await a_crowd(bank, seed=attempt.seed, people=64, with_cards=12)
            people = crowd.ledger.people
            fast = Load(bank, people, seed=attempt.seed, rate=100_000)
            await fast.for_a_while(MEASURING_S)
            target = SHARE * fast.rate
            for person in people:
                person.opening_minor = fast.ledger.expected_minor(person)
            load = Load(bank, people, seed=attempt.seed + 1, rate=target)
            level = plan.level
            began = time.time()
            seen = Seen()
            async with load.running() as told:
                whole = HEAD_S.at(level) + STEADY_S.at(level) + TAIL_S.at(level)
                watching = asyncio.create_task(watched(bank, whole, readers=1))
                await asyncio.sleep(whole)
                seen = await watching
            first = began + HEAD_S.at(level)
            counted = [
                each
                for each in told.operations
                if first <= each.asked_at < first + STEADY_S.at(level)
            ]
            waits = sorted(each.answered_at - each.asked_at for each in counted if each.answered_at)
            p99 = waits[len(waits) * 99 // 100] if waits else float("inf")
            failures = [*seen.torn[:SHOWN], *seen.backward[:SHOWN]]
            failures += [f"no answer: {each}" for each in told.unsettled]
            if p99 >= P99_MAX_S:
                failures.append(f"p99 is {p99:.2f} s")
            failures += await invariants.check_all(bank, told)
            figures = {
                "reached without a brake": f"{fast.rate:.0f} operations/s",
                "target": f"{target:.0f} operations/s",
                "held": f"{len(counted) / STEADY_S.at(level):.0f} operations/s",
                "p50": f"{waits[len(waits) // 2] * 1000:.0f} ms" if waits else "none",
                "p99": f"{p99 * 1000:.0f} ms",
                "snapshots of R8 meanwhile": f"{seen.looks}, all whole",
            }
            plan.record(attempt, operations=len(counted), failures=failures)
    return plan.result(
        control="the load fails the row by one call without a definite answer", figures=figures
    )
