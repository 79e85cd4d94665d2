"""One run: who takes part, how a request is sent, and how its outcome is compared."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

import httpx

from factories.hostile import fault_of
from factories.identity import Browser
from simulation.bank import Bank
from simulation.deposits import Deposit
from simulation.figures import id_number
from simulation.model import Order, Person, ReceiveCode, Refused, Shop
from tael import payments
from tael.kernel import ids

REMEMBERED: Final = 40
"""How many operations a failure shows."""
NAMES: Final = ("王小明", "李雷", "韩梅梅", "欧阳娜娜", "陈静", "Li Wei")
SHOPS: Final = ("NOODLE HOUSE", "Tea & Co")
LATER: Final = frozenset({"request.in_progress", "kernel.busy", "kernel.overloaded"})

Json: TypeAlias = dict[str, Any]


class Mismatch(AssertionError):
    """The bank did not do what the model says."""


@dataclass(frozen=True)
class Sent:
    """A request that was answered, to be sent again."""

    browser: Browser
    path: str
    body: Json
    key: str
    status: int
    content: bytes


@dataclass
class Play:
    """The state of one run: the bank, the model of it, and what was done last."""

    bank: Bank
    seed: int
    people: list[Person] = field(default_factory=list)
    browsers: list[Browser] = field(default_factory=list)
    shops: list[Shop] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    codes: list[ReceiveCode] = field(default_factory=list)
    deposits: list[Deposit] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    used_authorisations: list[tuple[int, str]] = field(default_factory=list)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    counts: dict[str, int] = field(default_factory=dict)
    step: int = 0

    def now(self) -> datetime:
        """The bank's time."""
        return self.bank.now()

    def note(self, text: str) -> None:
        """Remember an operation for the report of a failure."""
        self.log.append(f"{self.step:4d}  {self.now():%m-%d %H:%M:%S}  {text}")

    def browser(self, person: Person) -> Browser:
        """The person's browser."""
        return self.browsers[person.index]

    def active(self) -> list[Person]:
        """Who is signed in."""
        return [person for person in self.people if person.status != "closed"]

    async def authorised(self, person: Person, **terms: Any) -> str:  # noqa: ANN401 - a JSON body
        """Enter the right PIN for an act."""
        person.pin_tries = 0
        return await self.browser(person).authorised(**terms)

    async def act(
        self,
        person: Person,
        path: str,
        body: Json,
        refused: Refused | None,
        rng: random.Random,
        *,
        status: int = 201,
    ) -> Json | None:
        """Send an unsafe request in some way, and hold its outcome against the model's.

        Ways: once; two at a time; left before the answer and sent again; and whatever came, sent
        again under the same key, or another body under it.
        """
        browser, key = self.browser(person), UUID(int=rng.getrandbits(128), version=4).hex
        way = rng.choices(("once", "twins", "left"), (88, 6, 6))[0]
        asks_bank = path in {"/top-ups", "/withdrawals"} or body.get("funding", {}).get("card")
        if way == "left" and not asks_bank:
            await self._leave(browser, path, body, key, rng)
        if way == "twins":
            twins = [self._settled(browser, path, body, key) for _ in range(2)]
            reply, other = await asyncio.gather(*twins)
            self.equal(other.content, reply.content, f"twins of POST {path}")
        else:
            reply = await self._settled(browser, path, body, key)
        self.compare(reply, refused, status, f"POST {path} {body}")
        self.sent.append(Sent(browser, path, body, key, reply.status_code, reply.content))
        again = rng.random()
        if again < 0.08:
            await self.replay(self.sent[-1])
        elif again < 0.12:
            await self.spoil(self.sent[-1])
        done: Json | None = None if refused is not None or not reply.content else reply.json()
        return done

    async def replay(self, sent: Sent) -> None:
        """The same key, the same request: the same bytes."""
        reply = await self._settled(sent.browser, sent.path, sent.body, sent.key)
        self.equal(
            (reply.status_code, reply.content), (sent.status, sent.content), f"replay {sent.path}"
        )

    async def spoil(self, sent: Sent) -> None:
        """The same key, another request: refused, whatever it says."""
        browser = sent.browser
        reply = await browser.http.post(
            f"/api{sent.path}",
            content=httpx.Request("POST", "http://x", json=sent.body).content + b" ",
            headers={"Idempotency-Key": sent.key, "Content-Type": "application/json"},
        )
        self.compare(reply, Refused("request.key_reused"), 0, f"spoiled key at {sent.path}")

    async def _leave(
        self, browser: Browser, path: str, body: Json, key: str, rng: random.Random
    ) -> None:
        task = asyncio.create_task(browser.post(path, body, key=key))
        await asyncio.sleep(rng.choice((0.0, 0.001, 0.004)))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _settled(self, browser: Browser, path: str, body: Json, key: str) -> httpx.Response:
        for _ in range(100):
            reply = await browser.post(path, body, key=key)
            if reply.status_code < 400 or reply.json()["code"] not in LATER:
                return reply
            await asyncio.sleep(0.05)
        raise Mismatch(f"POST {path} is never settled")

    async def get(self, person: Person, path: str, *, refused: Refused | None = None) -> Json:
        """Read something."""
        reply = await self.browser(person).get(path)
        self.compare(reply, refused, 200, f"GET {path}")
        found: Json = reply.json()
        return found

    def compare(
        self, reply: httpx.Response, refused: Refused | None, status: int, what: str
    ) -> None:
        """Hold a reply against the refusal, or the success, that the model predicts."""
        fault = fault_of(reply)
        if fault is not None:
            raise Mismatch(f"{what}: {fault}")
        if refused is None:
            if reply.status_code not in {status, 204}:
                raise Mismatch(f"{what}: the model says done, the bank {reply.text}")
            return
        if reply.status_code < 400:
            raise Mismatch(f"{what}: the model says {refused.code}, the bank did {reply.text}")
        problem = reply.json()
        told = {name: problem.get(name) for name in refused.told or {}}
        self.equal((problem["code"], told), (refused.code, refused.told or {}), what)

    def equal(self, found: object, expected: object, what: str) -> None:
        """The bank says what the model says."""
        if found != expected:
            raise Mismatch(f"{what}:\n  bank  {found}\n  model {expected}")


Step: TypeAlias = Callable[[Play, random.Random], Awaitable[None]]


async def begin(bank: Bank, seed: int) -> Play:
    """Open wallets and shops for a run, at a time of the year that the seed chooses."""
    rng = random.Random(f"{seed}:begin")
    play = Play(bank, seed)
    bank.clearing_before = await bank.account_balance(1100)
    await bank.forget_attempts()
    at = bank.now()
    minutes = rng.choice((rng.randrange(1440), 15 * 60 + rng.randrange(56, 60), 16 * 60 - 7))
    wanted = date(at.year, 1, 1) + timedelta(days=rng.choice((rng.randrange(365), 363, 364)))
    start = at.replace(month=wanted.month, day=wanted.day, hour=0, minute=0, second=0)
    start += timedelta(minutes=minutes)
    await bank.set_clock(start if start > at else start + timedelta(days=365))
    for index in range(rng.choice((2, 3, 3, 4))):
        await _newcomer(play, index, rng)
    for index, name in enumerate(SHOPS):
        owner = play.people[-1] if index else None
        store = await bank.counter.a_shop(owner.id if owner else None, name)
        assert store.name_zh is not None
        play.shops.append(
            Shop(
                id=ids.wire("sto", store.id),
                name=store.name,
                name_zh=store.name_zh,
                static_payload=payments.static_payload(store),
                account=store.account,
                owner=owner,
            )
        )
    play.note(f"begin with {len(play.people)} people")
    return play


async def _newcomer(play: Play, index: int, rng: random.Random) -> None:
    bank = play.bank
    bank.people += 1
    serial = bank.people
    born = date(1960, 1, 1) + timedelta(days=serial * 7 % 14_000)
    person = Person(
        index=index,
        name=NAMES[(index + rng.randrange(2)) % len(NAMES)],
        id_number=id_number(born, serial % 1000),
        phone=f"139{serial:08d}",
    )
    browser = await bank.browser(person.phone).sign_up()
    person.id = browser.customer
    play.people.append(person)
    play.browsers.append(browser)
