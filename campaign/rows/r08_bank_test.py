"""R8: snapshots of all accounts while money moves; torn ones, planted, are noticed."""

from typing import Final

from campaign import invariants
from campaign.bank import Shape, running_bank
from campaign.load import a_crowd
from campaign.plan import Counts, Plan, Row, RowResult
from campaign.snapshots import SHOWN, watched

SLICE_S: Final = 15.0
ROW: Final = Row(
    "R8",
    goal="every concurrent snapshot holds all the money; a planted READ COMMITTED bug is flagged",
    unit="slices of 15 s",
    attempts=Counts(ci=4, release=480),
    budget_s=Counts(ci=90, release=9_000),
)
CONTROL_TRIES: Final = 4


async def run(plan: Plan) -> RowResult:
    """Readers beside a mixed load, slice after slice; then readers that see torn states.

    At `ci` the readers of R16 look on for another six minutes.
    """
    looks = 0
    async with running_bank(plan.folder / "bank", Shape(api=2)) as bank:
        load = await a_crowd(bank, seed=plan.seed)
        async with load.running() as told:
            for attempt in plan.attempts():
                seen = await watched(bank, SLICE_S)
                looks += seen.looks
                plan.measure("looks", seen.looks)
                failures = [*seen.torn[:SHOWN], *seen.backward[:SHOWN]]
                plan.record(attempt, operations=seen.looks, failures=failures)
            torn = 0
            for _ in range(CONTROL_TRIES):
                torn += len((await watched(bank, 4.0, torn=True)).torn)
                if torn:
                    break
        failures = await invariants.check_all(bank, told)
        if not torn:
            failures.append("the planted fault was not seen: this row proves nothing")
        for failure in failures:
            plan.note(f"FAILED {failure}")
        assert not failures, failures
    return plan.result(
        control=f"{torn} of the looks without a snapshot were seen to be torn",
        figures={
            "looks": f"{sum(plan.measured('looks')):.0f}",
            "operations meanwhile": f"{len(told.operations)}",
        },
    )
