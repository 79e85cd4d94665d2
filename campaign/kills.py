"""Kills under load, in rounds: the load goes on through several, then everything is checked."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from itertools import islice
from typing import Final

from campaign import invariants
from campaign.bank import Bank
from campaign.load import Load, a_crowd
from campaign.plan import Attempt, Plan

ROUND: Final = 10
"""Kills between two checks."""
ROUNDS_A_CROWD: Final = 10
"""New people now and then: limits of a day are limits of a day."""
RATE_LEAST: Final = 100.0
"""Operations a second that the clients must have got done between the kills, on average."""
_SETTLE_S: Final = 0.3
"""How long those who were cut off take to ask again."""

Strike = Callable[[Bank, Attempt], Awaitable[None]]


async def under_load(
    plan: Plan, bank: Bank, strike: Strike, *, rate_least: float = 0.0
) -> dict[str, str]:
    """Make the plan's attempts; the figures for its result."""
    attempts = plan.attempts()
    load: Load | None = None
    for number, some in enumerate(_rounds(attempts)):
        if load is None or number % ROUNDS_A_CROWD == 0:
            load = await a_crowd(bank, seed=some[0].seed)
            await load.for_a_while(1.0)
        await one_round(plan, bank, load, some, strike)
    if (rate := statistics.mean(plan.measured("rate") or [0.0])) < rate_least:
        plan.fail(f"the load was only {rate:.0f} operations a second")
    rates, back = plan.measured("rate"), sorted(plan.measured("back"))
    return {
        "every process serves again": (
            f"p50 {back[len(back) // 2]:.1f} s, p99 {back[len(back) * 99 // 100]:.1f} s"
            if back
            else "none"
        ),
        "operations a second before each kill": (
            f"{statistics.mean(rates):.0f}" if rates else "none"
        ),
        "slowest definite answer": f"{max(plan.measured('slowest'), default=0):.1f} s",
    }


async def one_round(
    plan: Plan, bank: Bank, load: Load, some: list[Attempt], strike: Strike
) -> None:
    """Strike so many times under load, then check everything and record the attempts."""
    before = len(load.ledger.operations)
    failures: list[str] = []
    async with AsyncExitStack() as stack:
        told = await stack.enter_async_context(load.running())
        for attempt in some:
            await asyncio.sleep(_SETTLE_S)
            answered, since = load.answered, time.monotonic()
            await asyncio.sleep(attempt.random().uniform(0.3, 0.9))
            plan.measure("rate", (load.answered - answered) / (time.monotonic() - since))
            try:
                await strike(bank, attempt)
                plan.measure("back", await bank.ready())
            except AssertionError as fault:
                failures.append(str(fault))
        await asyncio.sleep(0.5)
    operations = len(load.ledger.operations) - before
    plan.measure("slowest", max(load.ledger.latencies_s[before:], default=0.0))
    failures += await invariants.check_all(bank, told)
    # What was told wrong once is told once.
    told.unsettled.clear()
    told.strange.clear()
    for attempt in some:
        last = attempt is some[-1]
        plan.record(
            attempt,
            operations=operations // len(some) + (operations % len(some) if last else 0),
            failures=failures if last else [],
        )


def _rounds(attempts: Iterator[Attempt]) -> Iterator[list[Attempt]]:
    while some := list(islice(attempts, ROUND)):
        yield some
