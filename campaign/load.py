"""Mixed load against a bank, with a ledger of its own: what was asked and what was answered.

Each person does one thing after another; every unsafe call keeps its key until there is a
definite answer, however often the connection, the process or the database goes away. What was
acknowledged is what `campaign.invariants` looks for afterwards.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from campaign.bank import Bank
from campaign.client import Json, NeverSettled, Reply, money, new_key
from campaign.people import Person, bind_debit_card, settle_in

SETTLE_S: Final = 120.0
"""Longer than any fault that a row makes: who has no definite answer by then has found a defect."""
AMOUNT_MAX: Final = 500
STATIC_DAY_MAX: Final = 45_000
"""Printed codes may take 500.00 a day: stop before the limit does."""
SAMPLES_MAX: Final = 20_000
_POLL_S: Final = 0.05


class Act(StrEnum):
    """What people do."""

    TRANSFER = "transfer"
    PAYMENT = "payment"
    STATIC_PAYMENT = "static_payment"
    CARD_PAYMENT = "card_payment"
    TOP_UP = "top_up"
    WITHDRAWAL = "withdrawal"


MIX: Final = {
    Act.TRANSFER: 40,
    Act.PAYMENT: 20,
    Act.STATIC_PAYMENT: 15,
    Act.TOP_UP: 10,
    Act.WITHDRAWAL: 8,
    Act.CARD_PAYMENT: 7,
}
"""How often each is done, in parts."""
WITH_CARD: Final = frozenset({Act.CARD_PAYMENT, Act.TOP_UP, Act.WITHDRAWAL})
_PATHS: Final = {
    Act.TRANSFER: "/transfers",
    Act.PAYMENT: "/payments",
    Act.STATIC_PAYMENT: "/payments",
    Act.CARD_PAYMENT: "/payments",
    Act.TOP_UP: "/top-ups",
    Act.WITHDRAWAL: "/withdrawals",
}


@dataclass(slots=True)
class Operation:
    """One unsafe call: what was asked under which key, and the definite answer."""

    act: Act
    key: str
    person: Person
    body: Json
    minor: int
    payee: Person | None = None
    reply: Reply | None = None
    """The definite answer; None while there is none."""
    tries: int = 0
    asked_at: float = 0.0
    answered_at: float = 0.0
    final: Json | None = None
    """How a pending one ended."""

    @property
    def path(self) -> str:
        """Where it is asked."""
        return _PATHS[self.act]

    @property
    def acknowledged(self) -> bool:
        """Whether the bank said that it did it, or that it began it."""
        return self.reply is not None and self.reply.ok

    @property
    def outcome(self) -> Json:
        """The newest that the bank said of it."""
        assert self.reply is not None
        return self.final or self.reply.json()

    @property
    def moved(self) -> bool:
        """Whether money moved, by what the bank said."""
        return self.acknowledged and self.outcome.get("state", "succeeded") == "succeeded"

    @property
    def is_pending(self) -> bool:
        """Whether the bank has said that it is not certain yet."""
        return self.acknowledged and self.outcome.get("state") == "pending"

    @property
    def name(self) -> str:
        """The id that the bank gave it: `trf_…`, `pay_…`, `top_…`, `wdr_…`."""
        told = self.outcome
        return str(told.get("transfer") or told.get("payment") or told.get("id"))

    @property
    def see_path(self) -> str:
        """Where its standing is read."""
        return f"{_PATHS[self.act]}/{self.name}"


@dataclass(slots=True)
class Ledger:
    """What the clients know."""

    people: list[Person]
    operations: list[Operation] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    """Calls that never got a definite answer: each is a failure."""
    strange: list[str] = field(default_factory=list)
    """Answers that no rule explains: each is a failure."""
    latencies_s: list[float] = field(default_factory=list)
    """From the first try to the definite answer."""
    read_back: int = 0
    """How many operations were read again and found final."""

    @property
    def acknowledged(self) -> list[Operation]:
        """What the bank said yes to."""
        return [each for each in self.operations if each.acknowledged]

    def expected_minor(self, person: Person) -> int:
        """What a person must have, by what the bank said yes to."""
        expected = person.opening_minor
        for each in self.operations:
            if not each.moved:
                continue
            if each.person is person:
                expected += _OWN_EFFECT[each.act] * each.minor
            if each.payee is person:
                expected += each.minor
        return expected


_OWN_EFFECT: Final = {
    Act.TRANSFER: -1,
    Act.PAYMENT: -1,
    Act.STATIC_PAYMENT: -1,
    Act.CARD_PAYMENT: 0,
    Act.TOP_UP: 1,
    Act.WITHDRAWAL: -1,
}

EXPECTED_REFUSALS: Final = frozenset(
    {
        "ledger.insufficient_funds",
        "customers.limit_exceeded",
        "customers.balance_cap_exceeded",
        "transfers.same_amount_pending",
        "payments.same_payment_pending",
        "payments.order_being_paid",
        "payments.order_expired",
        "identity.authorisation_invalid",
    }
)
"""What may be refused under faults: an authorisation lives two minutes, a limit is a limit."""


class Load:
    """People who do things, at most so many a second together."""

    def __init__(
        self, bank: Bank, people: Sequence[Person], *, seed: int, rate: float = 150.0
    ) -> None:
        self.ledger = Ledger(list(people))
        self._bank = bank
        self._random = random.Random(seed)
        self._gap_s = len(people) / rate
        self._stopping = asyncio.Event()
        self._stores: list[str] = []
        self._static_minor: dict[str, int] = {}
        self._began = 0.0
        self._seconds = 0.0
        self._answered = 0

    @property
    def rate(self) -> float:
        """Operations a second so far, answered for good."""
        spent = self._seconds or (time.monotonic() - self._began)
        return len(self.ledger.operations) / spent if spent else 0.0

    @property
    def answered(self) -> int:
        """How many operations have a definite answer so far."""
        return self._answered

    async def until(self, answered: int, *, within_s: float = SETTLE_S) -> None:
        """Wait until so many operations have a definite answer."""
        deadline = time.monotonic() + within_s
        while self.answered < answered:
            assert time.monotonic() < deadline, f"no {answered} operations within {within_s} s"
            await asyncio.sleep(_POLL_S)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Ledger]:
        """Let them work while the block runs, then let each finish what he has begun."""
        shops = await self.ledger.people[0].get("/sandbox/shops")
        self._stores = [shop["store"] for shop in shops["shops"]]
        self._began = time.monotonic()
        self._stopping.clear()
        async with asyncio.TaskGroup() as group:
            for number, person in enumerate(self.ledger.people):
                chance = random.Random(f"{self._random.random()}/{number}")
                group.create_task(self._live(person, chance))
            try:
                yield self.ledger
            finally:
                self._stopping.set()
        self._seconds += time.monotonic() - self._began

    async def for_a_while(self, seconds: float) -> Ledger:
        """Run without a fault."""
        async with self.running() as ledger:
            await asyncio.sleep(seconds)
        return ledger

    async def _live(self, person: Person, chance: random.Random) -> None:
        await self._pause(chance.random() * self._gap_s)
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                await self._act(person, chance)
            except NeverSettled as fault:
                self.ledger.unsettled.append(str(fault))
            except AssertionError as fault:
                self.ledger.strange.append(f"{person.customer}: {fault}")
            await self._pause(self._gap_s - (time.monotonic() - began))

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _act(self, person: Person, chance: random.Random) -> None:
        acts = [act for act in MIX if person.cards or act not in WITH_CARD]
        [act] = chance.choices(acts, [MIX[act] for act in acts])
        if act is Act.STATIC_PAYMENT:
            used = self._static_minor.get(person.customer, 0)
            act = Act.TRANSFER if used > STATIC_DAY_MAX else act
        operation = await _PREPARE[act](self, person, chance)
        await self._settle(operation)

    async def _settle(self, operation: Operation) -> None:
        self.ledger.operations.append(operation)
        operation.asked_at = time.time()
        began = time.monotonic()
        operation.reply, operation.tries = await operation.person.caller.settle(
            "POST", operation.path, operation.body, key=operation.key, within_s=SETTLE_S
        )
        operation.answered_at = time.time()
        self._answered += 1
        if len(self.ledger.latencies_s) < SAMPLES_MAX:
            self.ledger.latencies_s.append(time.monotonic() - began)
        if not operation.reply.ok and operation.reply.code not in EXPECTED_REFUSALS:
            self.ledger.strange.append(
                f"{operation.act} {operation.key}: {operation.reply.status} "
                f"{operation.reply.body[:300]!r}"
            )

    async def _transfer(self, person: Person, chance: random.Random) -> Operation:
        others = [other for other in self.ledger.people if other is not person]
        payee, minor = chance.choice(others), chance.randint(1, AMOUNT_MAX)
        authorisation = await person.authorise("transfer", payee.customer, minor)
        body = {
            "payee": payee.customer,
            "amount": money(minor),
            "memo": "午饭",
            "authorisation": authorisation,
        }
        return Operation(Act.TRANSFER, new_key(), person, body, minor, payee)

    async def _static_payment(self, person: Person, chance: random.Random) -> Operation:
        minor = chance.randint(1, AMOUNT_MAX)
        used = self._static_minor.get(person.customer, 0)
        self._static_minor[person.customer] = used + minor
        store = chance.choice(self._stores)
        body = await _payment(person, store, minor, None, {"kind": "balance"})
        return Operation(Act.STATIC_PAYMENT, new_key(), person, body, minor)

    async def _payment(self, person: Person, chance: random.Random) -> Operation:
        body, minor = await self._order(person, chance, {"kind": "balance"})
        return Operation(Act.PAYMENT, new_key(), person, body, minor)

    async def _card_payment(self, person: Person, chance: random.Random) -> Operation:
        funding = {"kind": "card", "card": chance.choice(person.cards)}
        body, minor = await self._order(person, chance, funding)
        return Operation(Act.CARD_PAYMENT, new_key(), person, body, minor)

    async def _order(
        self, person: Person, chance: random.Random, funding: Json
    ) -> tuple[Json, int]:
        minor, store = chance.randint(1, AMOUNT_MAX), chance.choice(self._stores)
        wanted = {"amount": money(minor), "description": "牛肉面"}
        order = (await person.post(f"/sandbox/shops/{store}/orders", wanted))["order"]
        return await _payment(person, store, minor, order, funding), minor

    async def _top_up(self, person: Person, chance: random.Random) -> Operation:
        return await _card_transfer(Act.TOP_UP, person, chance)

    async def _withdrawal(self, person: Person, chance: random.Random) -> Operation:
        return await _card_transfer(Act.WITHDRAWAL, person, chance)


async def _payment(
    person: Person, store: str, minor: int, order: str | None, funding: Json
) -> Json:
    return {
        "payee": store,
        "order": order,
        "amount": money(minor),
        "authorisation": await person.authorise("payment", store, minor, order),
        "funding": funding,
    }


async def _card_transfer(act: Act, person: Person, chance: random.Random) -> Operation:
    card, minor = chance.choice(person.cards), chance.randint(1, 10 * AMOUNT_MAX)
    authorisation = await person.authorise(act.value, card, minor)
    body = {"card": card, "amount": money(minor), "authorisation": authorisation}
    return Operation(act, new_key(), person, body, minor)


_Prepare = Callable[[Load, Person, random.Random], Awaitable[Operation]]
_PREPARE: Final[dict[Act, _Prepare]] = {
    Act.TRANSFER: Load._transfer,  # noqa: SLF001 - the table of its own ways
    Act.PAYMENT: Load._payment,  # noqa: SLF001 - as above
    Act.STATIC_PAYMENT: Load._static_payment,  # noqa: SLF001 - as above
    Act.CARD_PAYMENT: Load._card_payment,  # noqa: SLF001 - as above
    Act.TOP_UP: Load._top_up,  # noqa: SLF001 - as above
    Act.WITHDRAWAL: Load._withdrawal,  # noqa: SLF001 - as above
}


async def a_crowd(
    bank: Bank,
    *,
    seed: int,
    people: int = 24,
    with_cards: int = 6,
    machine_off: timedelta = timedelta(),
) -> Load:
    """Customers with money, some of them with cards, ready to do things."""
    crowd = await settle_in(bank, people, machine_off=machine_off)
    for person in crowd[:with_cards]:
        await bind_debit_card(person)
    return Load(bank, crowd, seed=seed)
