"""R2: kill -9 of PostgreSQL under load: the postmaster, or a single backend."""

from typing import Final

from campaign.bank import Bank, Shape, running_bank
from campaign.kills import RATE_LEAST, under_load
from campaign.plan import Attempt, Counts, Plan, Row, RowResult

ROW: Final = Row(
    "R2",
    goal="kill -9 of PostgreSQL under load: nothing lost, nothing twice, back within 10 s (p99)",
    unit="kills",
    attempts=Counts(ci=100, release=2_000),
    budget_s=Counts(ci=330, release=12_000),
)
BACK_WITHIN_S: Final = 10.0
POSTMASTERS: Final = 0.5
"""The share of kills that take the whole server; the others take one backend, after which
PostgreSQL restarts itself."""


async def run(plan: Plan) -> RowResult:
    """Kill, wait until every process serves again, go on."""
    shape = Shape(api=2)
    async with running_bank(plan.folder / "bank", shape) as bank:
        figures = await under_load(plan, bank, _kill, rate_least=RATE_LEAST)
    back = sorted(plan.measured("back"))
    late = back[min(len(back) - 1, len(back) * 99 // 100)] if back else 0.0
    result = plan.result(
        control="fsync off and an early acknowledgement are found by I5 (rows R3 and Q1)",
        figures=figures,
    )
    if late > BACK_WITHIN_S:
        return result.but_failed(f"the service was back after {late:.1f} s (p99)")
    return result


async def _kill(bank: Bank, attempt: Attempt) -> None:
    chance = attempt.random()
    victim = bank.server.pid
    if chance.random() >= POSTMASTERS:
        victim = chance.choice(await bank.backends() or [victim])
    await bank.kill_postgres(victim)
