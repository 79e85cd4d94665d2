"""Who takes part: customers with wallets, money, sessions and cards.

A few come through the front door as a person would; many are made by the bank's own use cases,
in a process that holds its keys, which is the same and faster.
"""

import asyncio
import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from campaign.bank import Bank
from campaign.client import Caller, Json, Unanswered, money, new_key
from tael import customers, identity, ledger
from tael.cli.journey import Person as Visitor
from tael.identity.sessions import start_session
from tael.kernel import ids
from tael.kernel.clock import business_day, business_now, machine_now
from tael.kernel.money import CNY, Money
from tael.sandbox import invent

PIN = "804219"
FUNDS_MINOR = 500_000
_SETTLE_S = 120.0
_PORTRAIT = base64.b64encode(b"\xff\xd8\xff\xe0" + b"face").decode()


@dataclass(slots=True)
class Person:
    """A customer who is signed in, with what he had before the load."""

    customer: str
    """As the wire names him: `cus_…`."""
    customer_id: UUID
    account: int
    caller: Caller
    opening_minor: int = 0
    cards: list[str] = field(default_factory=list)
    """Bound debit cards: `crd_…`."""

    async def authorise(
        self, purpose: str, payee: str, minor: int, order: str | None = None
    ) -> str:
        """Enter the PIN for exactly this, insisting until it is given."""
        body = {
            "purpose": purpose,
            "payee": payee,
            "amount": money(minor),
            "order": order,
            "pin": PIN,
        }
        reply, _ = await self.caller.settle(
            "POST", "/authorisations", body, key=new_key(), within_s=_SETTLE_S
        )
        assert reply.ok, reply.body
        return str(reply.json()["authorisation"])

    async def get(self, path: str, within_s: float = _SETTLE_S) -> Json:
        """Read something, insisting."""
        reply, _ = await self.caller.settle("GET", path, key=None, within_s=within_s)
        assert reply.ok, reply.body
        return reply.json()

    async def post(self, path: str, body: Json) -> Json:
        """Do something that must be done."""
        reply, _ = await self.caller.settle("POST", path, body, key=new_key(), within_s=_SETTLE_S)
        assert reply.ok, (path, reply.body)
        return reply.json()


async def settle_in(
    bank: Bank,
    count: int,
    *,
    funds_minor: int = FUNDS_MINOR,
    machine_off: timedelta = timedelta(),
) -> list[Person]:
    """So many customers of class 4 with money and a session, by the bank's own use cases.

    `machine_off` is how far the machine clock of the bank's processes is from ours.
    """
    hasher = identity.PinHasher.of(bank.settings)
    now = machine_now() + machine_off
    made = [await _customer(bank, hasher, now) for _ in range(count)]
    await fund(bank, made, funds_minor)
    return made


async def _customer(bank: Bank, hasher: identity.PinHasher, now: datetime) -> Person:
    customer, device = ids.new_id(), uuid4()
    sealer = bank.settings.sealer()
    phone = identity.Phone.parse(f"+8613{secrets.randbelow(10**9):09d}")
    pin = await hasher.hash(customer, PIN)
    async with bank.database.write() as session:
        begun = await start_session(session, phone, device, sealer=sealer, now=now)
        registration = identity.Registration(customer, pin, "zh-CN")
        signed = await identity.register(session, begun.view, registration, sealer=sealer, now=now)
        new = customers.NewWallet(
            customer_id=customer,
            phone_masked=phone.masked,
            terms_version=customers.TERMS_VERSION,
            language="zh-CN",
        )
        wallet = await customers.open_wallet(session, new, now=await business_now(session))
    token = base64.urlsafe_b64encode(signed.token).rstrip(b"=").decode()
    cookies = {"__Host-tael_session": token, "__Host-tael_device": device.hex}
    caller = Caller(bank.addresses, cookies)
    bank.callers.append(caller)
    return Person(
        customer=ids.wire("cus", customer),
        customer_id=customer,
        account=wallet.account_number,
        caller=caller,
    )


async def fund(
    bank: Bank,
    people: Sequence[Person],
    minor: int,
    *,
    out_of_clearing: bool = False,
    back: bool = False,
) -> None:
    """Give each of them so much out of suspense: the other bank knows nothing of it.

    Out of clearing it is a mistake, which a test may plant, and take `back`.
    """
    if not people or not minor:
        return
    source = ledger.CARD_CLEARING if out_of_clearing else ledger.SUSPENSE
    numbers = [ledger.AccountNumber(person.account) for person in people]
    async with bank.database.write() as session:
        now = await business_now(session)
        book = await ledger.lock(session, [source, *numbers], now=now)
        for number in numbers:
            debit, credit = (number, source) if back else (source, number)
            book.post(
                ledger.Movement(
                    id=ledger.MovementId(ids.new_id()),
                    kind=ledger.MovementKind.ADJUSTMENT,
                    postings=(ledger.Posting(debit, credit, Money(minor, CNY)),),
                    reference=ids.new_id(),
                    payer_label="campaign",
                    payee_label="wallet",
                    memo="",
                    at=now,
                )
            )
        await ledger.write(session, book)
    for person in people:
        person.opening_minor += -minor if back else minor


async def bind_debit_card(person: Person) -> str:
    """Prove an identity, have a card issued and bind it, over HTTP; the card."""
    someone = invent.person(business_day(machine_now()))
    phone = f"138{secrets.randbelow(10**8):08d}"
    proof = {"name": someone.name, "id_number": someone.id_number, "portrait": _PORTRAIT}
    if not person.cards:
        await person.post("/upgrades/identity", proof)
    holder = {"phone": phone, "name": someone.name, "id_number": someone.id_number}
    issued = await person.post("/sandbox/cards", holder)
    elements = {name: issued[name] for name in ("number", "name", "id_number", "phone")}
    binding = (await person.post("/cards/bindings", elements))["binding"]
    code = await _code(person, phone)
    bound = await person.post(f"/cards/bindings/{binding}/confirm", {"code": code})
    card = str(bound["card"]["card"])
    person.cards.append(card)
    return card


async def _code(person: Person, phone: str) -> str:
    for _ in range(100):
        messages = (await person.get(f"/sandbox/inbox?to={phone}"))["messages"]
        if messages:
            found = re.search(r"\d{6}", messages[-1]["text"])
            assert found, "the newest message holds a code"
            return found.group()
        await asyncio.sleep(0.1)
    raise Unanswered("no message arrived in the sandbox's inbox")


async def walk_in(bank: Bank) -> Person:
    """A customer who comes through the front door: phone, SMS code, terms, PIN."""
    phone = f"137{secrets.randbelow(10**8):08d}"
    host, port = bank.addresses[0]
    async with Visitor(f"http://{host}:{port}", phone, PIN) as visitor:
        await visitor.verify_phone()
        await visitor.open_wallet()
        cookies = visitor.cookies
    customer_id = ids.parse("cus", visitor.customer)
    async with bank.database.read() as session:
        wallet = await customers.wallet(session, customer_id)
    caller = Caller(bank.addresses, cookies)
    bank.callers.append(caller)
    return Person(
        customer=visitor.customer,
        customer_id=customer_id,
        account=wallet.account_number,
        caller=caller,
    )
