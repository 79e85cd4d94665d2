"""R3: power cuts under load, on a disk that forgets what was not synced."""

from typing import Final

import asyncpg

from campaign import disk, invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.failing_server import FailingDisk, on_failing_disk
from campaign.kills import under_load
from campaign.load import a_crowd
from campaign.plan import Attempt, Counts, Plan, Row, RowResult

ROW: Final = Row(
    "R3",
    goal="power cuts that drop unsynced writes: nothing lost; a control shows that it would be",
    unit="cuts",
    attempts=Counts(ci=20, release=500),
    budget_s=Counts(ci=240, release=7_200),
)
CONTROL_TRIES: Final = 4


async def run(plan: Plan) -> RowResult:
    """Cut, come back, go on; then with `synchronous_commit = off`, which must lose something."""
    why_not = disk.missing()
    if why_not is not None:
        return plan.skip(why_not)
    folder = plan.folder / "bank"
    async with (
        on_failing_disk(folder / "state") as failing,
        running_bank(folder, Shape(api=2), server=failing.server) as bank,
    ):

        async def strike(_bank: Bank, attempt: Attempt) -> None:
            dropped = await failing.power_cut()
            plan.note(f"attempt {attempt.number} dropped {dropped}")
            plan.measure("dropped", dropped["blocks"])

        figures = await under_load(plan, bank, strike)
        figures["unsynced blocks dropped"] = f"{sum(plan.measured('dropped')):,.0f}"
        lost = await _control(plan, bank, failing)
    result = plan.result(
        control=f"with synchronous_commit = off, the same cut and the same check: {lost}",
        figures=figures,
    )
    return result if lost else result.but_failed("the control lost nothing: the cuts prove nothing")


async def _control(plan: Plan, bank: Bank, failing: FailingDisk) -> str:
    """Lose acknowledged payments on purpose; what the check said of it, nothing if it is blind."""
    owner = await asyncpg.connect(bank.server.dsn)
    try:
        await owner.execute("ALTER DATABASE tael SET synchronous_commit = off")
    finally:
        await owner.close()
    for tried in range(CONTROL_TRIES):
        # After this cut every connection is a new one, and has the setting.
        await failing.power_cut()
        await bank.ready()
        load = await a_crowd(bank, seed=plan.seed_of(10_000 + tried), people=12, with_cards=0)
        async with load.running() as told:
            await load.until(150)
            await failing.power_cut()
            await bank.ready()
        found = await invariants.acknowledged(bank, told)
        lost = [each for each in found if each.startswith("I5")]
        if lost:
            return lost[0][:200]
    return ""
