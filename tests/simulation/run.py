"""Runs: steps chosen by a seed until something is not as the model says; then a shorter run."""

import random
import traceback
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from simulation import checks, deposits, rails
from simulation.bank import Bank
from simulation.money_steps import finish_all
from simulation.play import Play, begin
from simulation.steps import STEPS

RUN_STEPS: Final = 50
RUNS_A_BANK: Final = 10
SHRINK_TRIES: Final = 40

Banks: TypeAlias = Callable[[], AbstractAsyncContextManager[Bank]]
"""Opens a bank over a fresh database."""


@dataclass(frozen=True)
class Failure:
    """A run in which the bank did what the model does not: enough to see and to replay it."""

    seed: int
    steps: tuple[int, ...]
    what: str
    log: tuple[str, ...]

    def __str__(self) -> str:
        kept = ",".join(map(str, self.steps))
        chosen = f"TAEL_SIMULATION_SEED={self.seed} TAEL_SIMULATION_STEPS={kept}"
        return "\n".join(
            (
                f"seed {self.seed}: {self.what}",
                f"the last {len(self.log)} operations:",
                *self.log,
                "replay with:",
                f"  {chosen} uv run pytest tests/simulation -k replay",
            )
        )


async def play_run(bank: Bank, seed: int, steps: Collection[int]) -> tuple[Play, Failure | None]:
    """One run; `steps` are the numbers of those taken, each with chance of its own."""
    weights = [weight for _, weight in STEPS]
    play = await begin(bank, seed)
    try:
        for number in sorted(steps):
            rng = random.Random(f"{seed}:{number}")
            play.step = number
            [(step, _)] = rng.choices(STEPS, weights)
            play.counts[step.__name__] = play.counts.get(step.__name__, 0) + 1
            deposits.lapse(play.deposits, play.now())
            await step(play, rng)
            deposits.lapse(play.deposits, play.now())
            for person in play.active():
                await checks.wallet(play, person)
        await _end(play, random.Random(f"{seed}:end"))
    except Exception as fault:  # noqa: BLE001 - whatever it is, the seed must be told
        what = "".join(traceback.format_exception_only(fault)).strip()
        place = traceback.extract_tb(fault.__traceback__)[-1]
        told = f"{what}\n  at {Path(place.filename).name}:{place.lineno}"
        return play, Failure(seed, tuple(sorted(steps)), told, tuple(play.log))
    return play, None


async def _end(play: Play, rng: random.Random) -> None:
    """Let everything come to its end, and look at all of it."""
    play.step += 1
    await _all_done(play)
    await checks.everything(play, rng)
    found = await play.bank.account_balance(1100)
    play.equal(
        play.bank.clearing_before - found, rails.clearing(play.people), "what cards' banks owe us"
    )
    for person in play.people:
        for card in person.cards:
            known = play.bank.world.books.card(card.number)
            assert known is not None
            play.equal(known["balance"], card.money, f"what {card.label} holds at its bank")
    totals = play.bank.world.books.totals()
    play.equal(totals["owed"], totals["moved"], "the other bank's books")
    await play.bank.audit()


async def _all_done(play: Play) -> None:
    waiting = [
        each for person in play.people for each in person.operations if each.state == "pending"
    ]
    await play.bank.resolve()
    await finish_all(play, waiting)
    deposits.follow(play.deposits)
    for person in play.people:
        if person.comparing:
            rails.compare_cards(person)


async def shrink(banks: Banks, failure: Failure) -> Failure:
    """A run with fewer of the steps that fails too, found by leaving out halves, then less."""
    shortest, size, tries = failure, max(1, len(failure.steps) // 2), 0
    while size and tries < SHRINK_TRIES:
        start, shorter = 0, False
        while start < len(shortest.steps) and tries < SHRINK_TRIES:
            kept = shortest.steps[:start] + shortest.steps[start + size :]
            tries += 1
            async with banks() as bank:
                _, again = await play_run(bank, failure.seed, kept)
            if again is None:
                start += size
            else:
                shortest, shorter = again, True
        if not shorter:
            size //= 2
    return shortest


@dataclass
class Tally:
    """What was played so far."""

    runs: int = 0
    steps: Counter[str] = field(default_factory=Counter)


async def simulate(
    banks: Banks,
    seeds: Collection[int],
    tally: Tally,
    *,
    steps: int = RUN_STEPS,
    told: Callable[[int, int], None] = lambda _seed, _steps: None,
) -> Failure | None:
    """A run for each seed, `RUNS_A_BANK` in the same bank; ends with the first that fails."""
    waiting = list(seeds)
    while waiting:
        now, waiting = waiting[:RUNS_A_BANK], waiting[RUNS_A_BANK:]
        async with banks() as bank:
            for seed in now:
                play, failure = await play_run(bank, seed, range(steps))
                tally.runs += 1
                tally.steps.update(play.counts)
                if failure is not None:
                    return failure
                told(seed, steps)
    return None
