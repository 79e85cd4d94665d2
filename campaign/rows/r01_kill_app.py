"""R1: kill -9 of the API, the worker and the outside world under load."""

import signal
from typing import Final

from campaign.bank import Bank, Shape, running_bank
from campaign.kills import RATE_LEAST, under_load
from campaign.plan import Attempt, Counts, Plan, Row, RowResult

ROW: Final = Row(
    "R1",
    goal="kill -9 of app processes under ≥ 100 tps mixed load: nothing lost, nothing twice",
    unit="kills",
    attempts=Counts(ci=100, release=2_000),
    budget_s=Counts(ci=330, release=12_000),
)


async def run(plan: Plan) -> RowResult:
    """Kill one process after another, chosen by chance; a keeper starts it again."""
    async with running_bank(plan.folder / "bank", Shape(api=2)) as bank:
        figures = await under_load(plan, bank, _kill, rate_least=RATE_LEAST)
        figures["restarts"] = ", ".join(f"{each.name} {each.restarts}" for each in bank.children)
    return plan.result(control=CONTROL, figures=figures)


async def _kill(bank: Bank, attempt: Attempt) -> None:
    chance = attempt.random()
    # The API twice as often as the worker and the other bank.
    victims = [*bank.api, *bank.api, *bank.children[len(bank.api) :]]
    victim = chance.choice(victims)
    if not victim.signal(signal.SIGKILL):
        chance.choice(bank.api).signal(signal.SIGKILL)


CONTROL: Final = (
    "an API that acknowledges before it commits is found by I5 (tests/faults/test_bank.py)"
)
