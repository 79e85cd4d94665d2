"""U1: the switch lies, repeats, delays and disappears; every act ends final and right all the same.

Not a row of the scorecard's table: the drill of the architecture's § 3. While the outcome is not
known, the customer sees until when, and the same amount to the same payee is held back.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from campaign import acts, invariants
from campaign.bank import LOOPBACK, Bank, Shape, running_bank
from campaign.client import Json, NeverSettled, new_key
from campaign.load import Act, Ledger, Operation
from campaign.people import Person, bind_debit_card, settle_in
from campaign.plan import Counts, Plan, Row, RowResult
from campaign.proxy import Fault, Proxy, Weather

TROUBLE_S: Final = 3.0
"""Longer than the switch's time limit in this bank."""
HELD_BACK: Final = frozenset({"transfers.same_amount_pending", "payments.same_payment_pending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """One kind of trouble: orders to the switch, weather on the line to it."""

    name: str
    orders: tuple[Json, ...] = ()
    weather: Weather | None = None


def _order(mode: str, traffic: str = "financial", **more: object) -> Json:
    return {"mode": mode, "traffic": traffic, "count": 3, **more}


DRILLS: Final = (
    Drill(name="answers late", orders=(_order("delay", seconds=2.0),)),
    Drill(name="never hears", orders=(_order("timeout", when="before"),)),
    Drill(name="does it, never answers", orders=(_order("timeout"),)),
    Drill(name="answers twice", orders=(_order("twice"),)),
    Drill(name="hangs up before", orders=(_order("drop", when="before"),)),
    Drill(name="hangs up after", orders=(_order("drop"),)),
    Drill(name="says that it does not know", orders=(_order("decline", code="96"),)),
    Drill(
        name="lies about what it did",
        orders=(_order("timeout"), _order("decline", "inquiry", code="96")),
    ),
    Drill(
        name="is deaf to questions and reversals",
        orders=(_order("timeout"), _order("timeout", "inquiry"), _order("timeout", "reversal")),
    ),
    Drill(name="line loses requests", weather=Weather(up={Fault.LOSE: 0.7})),
    Drill(name="line loses answers", weather=Weather(down={Fault.LOSE: 0.7})),
    Drill(name="line doubles", weather=Weather(up={Fault.DOUBLE: 1.0}, down={Fault.DOUBLE: 1.0})),
    Drill(
        name="line delays",
        weather=Weather(up={Fault.DELAY: 0.8}, down={Fault.DELAY: 0.8}, delay_s=(0.2, 1.5)),
    ),
    Drill(name="line cuts answers in half", weather=Weather(down={Fault.TRUNCATE: 0.8})),
    Drill(name="line is half open", weather=Weather(down={Fault.HALF_OPEN: 1.0})),
    Drill(name="switch disappears", weather=Weather(refuses=True)),
)
ROW: Final = Row(
    "U1",
    goal="unknown outcomes: final and right in both books, deadline shown, nothing paid twice",
    unit="drills",
    attempts=Counts(ci=len(DRILLS), release=20 * len(DRILLS)),
    budget_s=Counts(ci=140, release=7_200),
)
CONTROL: Final = "books that differ by a fen are found by I14 (tests/faults/test_bank.py)"


@asynccontextmanager
async def bank_with_a_bad_line(folder: Path, seed: int) -> AsyncIterator[tuple[Bank, Proxy]]:
    """A bank whose way to the switch leads through a proxy."""
    proxy = Proxy((LOOPBACK, 0), seed=seed)

    def behind(port: int) -> int:
        proxy.target = (LOOPBACK, port)
        return proxy.port

    settings = {"TAEL_SWITCH_TIMEOUT_S": "1"}
    async with (
        proxy.listening(),
        running_bank(folder, Shape(settings=settings, switch_port=behind)) as bank,
    ):
        yield bank, proxy


async def run(plan: Plan) -> RowResult:
    """Each trouble for a top-up, a withdrawal and a card payment at once."""
    held_back = 0
    async with bank_with_a_bad_line(plan.folder / "bank", plan.seed) as (bank, proxy):
        people = await settle_in(bank, 3)
        for person in people:
            await bind_debit_card(person)
        told = Ledger(people)
        for attempt in plan.attempts():
            drill = DRILLS[(attempt.number - 1) % len(DRILLS)]
            failures, refused = await one_drill(bank, proxy, told, drill)
            held_back += refused
            plan.record(
                attempt, operations=3, failures=[f"{drill.name}: {each}" for each in failures]
            )
    figures = {"second payments held back while one was pending": str(held_back)}
    return plan.result(control=CONTROL, figures=figures)


_ACTS: Final[tuple[Callable[[Person, int], Awaitable[Operation]], ...]] = (
    acts.top_up,
    acts.withdrawal,
    acts.card_payment,
)


async def one_drill(bank: Bank, proxy: Proxy, told: Ledger, drill: Drill) -> tuple[list[str], int]:
    """Order the trouble, act, end it, and see that all ends well; what is wrong, what was held."""
    minor = 1_000 + len(told.operations)
    operations = [await act(person, minor) for act, person in zip(_ACTS, told.people, strict=True)]
    for order in drill.orders:
        await bank.world_call("POST", "/control", order)
    if drill.weather is not None:
        proxy.weather = drill.weather
        proxy.cut()
    told.operations += operations
    try:
        await asyncio.gather(*(acts.carry_out(each) for each in operations))
    except NeverSettled as fault:
        return [f"I16 {fault}"], 0
    failures = [fault for each in operations for fault in _told_well(each)]
    again = await asyncio.gather(*(_again(told, each) for each in operations if each.is_pending))
    failures += [fault for fault in again if fault]
    await asyncio.sleep(TROUBLE_S if drill.weather is not None else 0)
    proxy.weather = Weather()
    failures += await invariants.check_all(bank, told)
    # What was ordered and not used up must not strike the next drill.
    await bank.world_call("POST", "/control", {"mode": "approve"})
    return failures, len(again)


def _told_well(operation: Operation) -> list[str]:
    """A pending act says by when it will be certain; nothing else is pending or unsaid."""
    if not operation.acknowledged:
        assert operation.reply is not None
        return [f"{operation.act} was refused: {operation.reply.body[:200]!r}"]
    if operation.is_pending and not operation.outcome.get("final_by"):
        return [f"{operation.act} is pending without a deadline"]
    return []


async def _again(told: Ledger, operation: Operation) -> str | None:
    """The same amount to the same payee under a new key, while the first is not certain."""
    person, minor = operation.person, operation.minor
    purpose = {Act.CARD_PAYMENT: "payment"}.get(operation.act, operation.act.value)
    payee = operation.body.get("payee") or operation.body["card"]
    body = {
        **operation.body,
        "order": None,
        "authorisation": await person.authorise(purpose, payee, minor),
    }
    if operation.act is not Act.CARD_PAYMENT:
        del body["order"]  # Only a payment has one; without, it goes by the printed code.
    second = Operation(operation.act, new_key(), person, body, minor)
    await acts.carry_out(second)
    told.operations.append(second)
    reply = second.reply
    assert reply is not None
    if reply.ok:
        seen = await person.get(operation.see_path)
        if seen["state"] != "pending":
            return None  # The first ended meanwhile: then another is another.
        return f"{operation.act}: a second one was taken while the first was pending"
    return None if reply.code in HELD_BACK else f"{operation.act}: {reply.code} for a second one"
