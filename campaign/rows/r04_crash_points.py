"""R4: every commit boundary of every saga: die there, and end right all the same.

A saga is asked for over HTTP by a client that insists; the process that carries it out (the API
for the request, the worker for its end) dies at one commit boundary, before or after the commit.
The boundaries are not listed anywhere: they are walked through until a run meets no more.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campaign import acts, crashing, invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.client import NeverSettled
from campaign.crashing import Order, When
from campaign.load import Ledger, Operation
from campaign.people import Person, bind_debit_card, settle_in
from campaign.plan import Attempt, Counts, Plan, Row, RowResult

SETTLE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Saga:
    """Something that takes several transactions, and how the switch behaves meanwhile."""

    name: str
    prepare: Callable[[Bank, Person, int], Awaitable[Operation]]
    victim: str
    """Who dies: `serve` carries the request, `worker` ends what the switch left open."""
    card: bool = True
    """Whether a card's bank is asked, so that the request takes three transactions."""
    mode: str | None = None
    """How the switch misbehaves, so that the worker has something to end."""


async def _transfer(bank: Bank, person: Person, minor: int) -> Operation:
    return await acts.transfer(person, (await settle_in(bank, 1))[0], minor)


async def _payment(_bank: Bank, person: Person, minor: int) -> Operation:
    return await acts.payment(person, minor)


async def _card_payment(_bank: Bank, person: Person, minor: int) -> Operation:
    return await acts.card_payment(person, minor)


async def _top_up(_bank: Bank, person: Person, minor: int) -> Operation:
    return await acts.top_up(person, minor)


async def _withdrawal(_bank: Bank, person: Person, minor: int) -> Operation:
    return await acts.withdrawal(person, minor)


SAGAS: Final = (
    Saga("transfer in a set", _transfer, "serve", card=False),
    Saga("payment in a set", _payment, "serve", card=False),
    Saga("top-up", _top_up, "serve"),
    Saga("withdrawal", _withdrawal, "serve"),
    Saga("card payment", _card_payment, "serve"),
    Saga("top-up, answer lost", _top_up, "worker", mode="timeout"),
    Saga("withdrawal, answer lost", _withdrawal, "worker", mode="timeout"),
    Saga("card payment, answer lost", _card_payment, "worker", mode="timeout"),
)


ALL_OR_NOTHING: Final = {"transfer in a set", "payment in a set"}
"""These need no other institution, so that a client who insists gets his way. What a card's bank
was not asked in time is compensated: declined or reversed."""
BOUNDARIES: Final = {"serve": 6, "worker": 7}
"""More than any saga has, which is checked: the last of them must never be reached."""
WHENS: Final[tuple[When, ...]] = ("before", "after")
CELLS: Final = tuple(
    (saga, at, when)
    for saga in SAGAS
    for at in range(1, BOUNDARIES[saga.victim] + 1)
    for when in WHENS
)
CHECK_EVERY: Final = 12
BANKS: Final = 4
ROW: Final = Row(
    "R4",
    goal="kill at every commit boundary of every saga: each resumes or compensates",
    unit="crashes",
    attempts=Counts(ci=len(CELLS), release=20 * len(CELLS)),
    budget_s=Counts(ci=280, release=9_000),
)
CONTROL: Final = "a saga that nobody goes on with is found by I16 (tests/faults/test_bank.py)"


async def run(plan: Plan) -> RowResult:
    """Walk through the boundaries of each saga, as often as the level says."""
    reached: dict[str, list[str]] = {}
    # One bank would mostly wait for leases to run out: several wait together.
    attempts = plan.attempts()
    async with asyncio.TaskGroup() as banks:
        for number in range(min(BANKS, plan.wanted)):
            banks.create_task(_walk(plan, attempts, plan.folder / f"bank-{number}", reached))
    figures = {name: ", ".join(passed) for name, passed in sorted(reached.items())}
    return plan.result(control=CONTROL, figures=figures)


async def _walk(
    plan: Plan, attempts: Iterator[Attempt], folder: Path, reached: dict[str, list[str]]
) -> None:
    """Take one crash after another from what is to be done, with a bank of its own."""
    order = (folder / "order.json").resolve()
    async with crashing_bank(folder, order) as bank:
        [person] = await settle_in(bank, 1)
        await bind_debit_card(person)
        told = Ledger([person])
        for made, attempt in enumerate(attempts, start=1):
            saga, at, when = CELLS[(attempt.number - 1) % len(CELLS)]
            failures, passed = await crash(bank, told, saga, Order(saga.victim, at, when), order)
            if len(passed) > len(reached.get(saga.name, [])):
                reached[saga.name] = passed
            if made % CHECK_EVERY == 0:
                failures += await invariants.check_all(bank, told)
            name = f"{saga.name}, {when} {at}"
            plan.record(attempt, failures=[f"{name}: {each}" for each in failures])
        for failure in await invariants.check_all(bank, told):
            plan.fail(failure)


def crashing_bank(folder: Path, order: Path) -> AbstractAsyncContextManager[Bank]:
    """A bank whose processes die when they are told to."""
    shape = Shape(
        command=lambda name: (sys.executable, "-m", "campaign.crashing", name),
        settings={"TAEL_SWITCH_TIMEOUT_S": "1", crashing.ORDER: str(order)},
    )
    return running_bank(folder, shape)


async def crash(
    bank: Bank, told: Ledger, saga: Saga, order: Order, path: Path
) -> tuple[list[str], list[str]]:
    """One saga with one crash: what is wrong then, and which boundaries were passed."""
    person = told.people[0]
    minor = 100 + len(told.operations)  # An amount of its own: alike ones wait for each other.
    operation = await saga.prepare(bank, person, minor)
    if operation.payee is not None:
        told.people.append(operation.payee)
    if saga.mode is not None:
        await bank.world_call("POST", "/control", {"mode": saga.mode, "count": 1})
    victim = bank.api[0] if saga.victim == "serve" else bank.worker
    assert victim is not None
    before = victim.restarts
    order.arm(path)
    told.operations.append(operation)
    try:
        await acts.carry_out(operation, within_s=SETTLE_S)
    except NeverSettled as fault:
        return [f"I16 {fault}"], crashing.seen(path)
    assert operation.reply is not None
    failures = [] if operation.acknowledged else [f"it was refused: {operation.reply.body!r}"]
    failures += await invariants.quiet(bank)
    crashing.disarm(path)
    failures += await invariants.learn_outcomes(told)
    if operation.acknowledged and not operation.moved and saga.name in ALL_OR_NOTHING:
        failures.append(f"it ended as {operation.outcome.get('state')}")
    passed = crashing.seen(path)
    if order.at == BOUNDARIES[saga.victim] and victim.restarts > before:
        failures.append(f"there are more boundaries than are walked: {passed}")
    return failures, passed
