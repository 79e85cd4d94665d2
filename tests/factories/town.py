"""Two customers who each own one of everything, and a right request for every operation.

Tests take a request from here and spoil one thing about it: whatever happens then is the fault
of what they spoiled.
"""

from dataclasses import dataclass
from typing import Any

import httpx

from factories import shops
from factories.identity import OTHER_PIN, Browser
from factories.shops import on_wire, ord_, payment_body, sto, yuan
from factories.wallets_with_cards import PORTRAIT, bind, elements, prove, top_up, withdraw
from tael import merchants
from tael.kernel import ids
from tael.sandbox.world import World
from tael.sandbox.world.people import CardKind, Person

TOPPED_UP = 100_000
"""Fen that each of them filled the wallet with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """The ids of what one customer owns, by the name of the path parameter that takes each."""

    card: str
    binding: str
    top_up: str
    withdrawal: str
    payment: str
    transfer: str
    movement: str
    receive_code: str
    card_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """A customer of class 2 with money, and what is theirs."""

    browser: Browser
    person: Person
    owned: Owned


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Two citizens, the shop they pay, and an order that nobody has paid."""

    alice: Citizen
    bob: Citizen
    shop: merchants.Store
    order: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request: what is sent and where."""

    method: str
    path: str
    body: dict[str, Any] | None = None

    async def send(self, browser: Browser, **changes: Any) -> httpx.Response:  # noqa: ANN401 - a JSON body
        """Send it from a browser, with a fresh key; `changes` take the place of members."""
        if self.method == "GET":
            return await browser.get(self.path)
        if self.method == "DELETE":
            headers = {"Idempotency-Key": ids.new_id().hex}
            return await browser.http.delete(f"/api{self.path}", headers=headers)
        return await browser.post(self.path, {**(self.body or {}), **changes})


async def settled(
    browser: Browser, person: Person, world: World, bank: shops.Bank, shop: merchants.Store
) -> Citizen:
    """Open a wallet, raise it to class 2, and do one of everything."""
    await browser.sign_up()
    await prove(browser, person)
    number = world.books.issue(person, "demo", CardKind.DEBIT, 2_000_000)
    card = str((await bind(browser, world, number, person))["card"])
    filled = await top_up(browser, card, TOPPED_UP)
    emptied = await withdraw(browser, card, 1_000)
    order = await bank.an_order(shop, yuan(5))
    terms = {"purpose": "payment", "payee": sto(shop), "amount": on_wire(yuan(5))}
    authorisation = await browser.authorised(**terms, order=ord_(order))
    paid = await browser.post("/payments", payment_body(shop, order, yuan(5), authorisation))
    second = world.books.issue(person, "greenfield", CardKind.DEBIT, 10_000)
    begun = await browser.post("/cards/bindings", elements(second, person))
    code = await browser.post("/receive-codes", {"memo": "午饭"})
    for reply in (filled, emptied, paid, begun, code):
        assert reply.status_code in {201, 202}, reply.text
    owned = Owned(
        card=card,
        binding=begun.json()["binding"],
        top_up=filled.json()["id"],
        withdrawal=emptied.json()["id"],
        payment=paid.json()["payment"],
        transfer="",
        movement=paid.json()["movement"],
        receive_code=code.json()["payload"],
        card_number=number,
    )
    return Citizen(browser=browser, person=person, owned=owned)


async def with_transfer(sender: Citizen, payee: Citizen) -> Citizen:
    """The same citizen, after sending 1.00 to another."""
    amount = on_wire(yuan(1))
    to = payee.browser.customer
    authorisation = await sender.browser.authorised(purpose="transfer", payee=to, amount=amount)
    body = {"payee": to, "amount": amount, "memo": "coffee", "authorisation": authorisation}
    sent = await sender.browser.post("/transfers", body)
    assert sent.status_code == 201, sent.text
    members = {name: getattr(sender.owned, name) for name in Owned.__slots__}
    owned = Owned(**{**members, "transfer": sent.json()["transfer"]})
    return Citizen(browser=sender.browser, person=sender.person, owned=owned)


def requests(town: Town, of: Citizen) -> dict[str, Call]:
    """A request for every operation, well formed and about what `of` owns.

    Those that need an authorisation name one that does not exist.
    """
    owned, none = of.owned, ids.wire("aut", ids.new_id())
    challenge = ids.wire("otp", ids.new_id())
    amount = on_wire(yuan(1))
    card_transfer = {"card": owned.card, "amount": amount, "authorisation": none}
    shown = {
        "name": of.person.name,
        "id_number": of.person.id_number,
        "portrait": PORTRAIT,
    }
    orders = f"/sandbox/shops/{sto(town.shop)}/orders"
    other = town.bob if of is town.alice else town.alice
    return {
        "GET /health/live": Call("GET", "/health/live"),
        "GET /health/ready": Call("GET", "/health/ready"),
        "GET /session": Call("GET", "/session"),
        "POST /sign-in/codes": Call(
            "POST", "/sign-in/codes", {"phone": "13700009999", "language": "en"}
        ),
        "POST /sign-in": Call("POST", "/sign-in", {"challenge": challenge, "code": "271906"}),
        "POST /sign-in/pin": Call("POST", "/sign-in/pin", {"pin": of.browser.pin}),
        "POST /sign-out": Call("POST", "/sign-out", {}),
        "POST /pin/change": Call(
            "POST", "/pin/change", {"old_pin": of.browser.pin, "new_pin": OTHER_PIN}
        ),
        "POST /pin/reset": Call("POST", "/pin/reset", {"new_pin": OTHER_PIN, **shown}),
        "POST /phone/codes": Call("POST", "/phone/codes", {"phone": "13700008888"}),
        "POST /phone": Call(
            "POST", "/phone", {"challenge": challenge, "code": "271906", "authorisation": none}
        ),
        "POST /authorisations": Call(
            "POST",
            "/authorisations",
            {
                "purpose": "payment",
                "payee": sto(town.shop),
                "amount": amount,
                "order": town.order,
                "pin": of.browser.pin,
            },
        ),
        "POST /wallets": Call(
            "POST",
            "/wallets",
            {"pin": of.browser.pin, "terms_version": "2026-01", "language": "en"},
        ),
        "GET /wallet": Call("GET", "/wallet"),
        "POST /wallet/language": Call("POST", "/wallet/language", {"language": "en"}),
        "POST /upgrades/identity": Call("POST", "/upgrades/identity", shown),
        "POST /wallet/freeze": Call("POST", "/wallet/freeze", {}),
        "POST /wallet/unfreeze": Call("POST", "/wallet/unfreeze", {"authorisation": none}),
        "GET /wallet/closing": Call("GET", "/wallet/closing"),
        "POST /wallet/close": Call("POST", "/wallet/close", {"authorisation": none}),
        "GET /limits": Call("GET", "/limits"),
        "POST /limits/check": Call("POST", "/limits/check", {"act": "transfer", "amount": amount}),
        "GET /cards": Call("GET", "/cards"),
        "POST /cards/recognise": Call("POST", "/cards/recognise", {"number": "999101"}),
        "POST /cards/bindings": Call(
            "POST", "/cards/bindings", elements("9992010000000000016", of.person)
        ),
        "POST /cards/bindings/{binding}/confirm": Call(
            "POST", f"/cards/bindings/{owned.binding}/confirm", {"code": "000000"}
        ),
        "DELETE /cards/{card}": Call("DELETE", f"/cards/{owned.card}"),
        "POST /top-ups": Call("POST", "/top-ups", card_transfer),
        "GET /top-ups/{top_up}": Call("GET", f"/top-ups/{owned.top_up}"),
        "POST /withdrawals": Call("POST", "/withdrawals", card_transfer),
        "GET /withdrawals/{withdrawal}": Call("GET", f"/withdrawals/{owned.withdrawal}"),
        "GET /card-transfers": Call("GET", "/card-transfers?state=pending"),
        "POST /codes/resolve": Call(
            "POST", "/codes/resolve", {"payload": other.owned.receive_code}
        ),
        "POST /payments": Call(
            "POST",
            "/payments",
            {
                "payee": sto(town.shop),
                "order": town.order,
                "amount": on_wire(yuan(30)),
                "authorisation": none,
                "funding": {"kind": "card", "card": owned.card},
            },
        ),
        "GET /payments/{payment}": Call("GET", f"/payments/{owned.payment}"),
        "GET /payees/recent": Call("GET", "/payees/recent"),
        "POST /payees/lookup": Call("POST", "/payees/lookup", {"phone": other.person.phone}),
        "POST /transfers": Call(
            "POST",
            "/transfers",
            {
                "payee": other.browser.customer,
                "amount": amount,
                "memo": "lunch 午饭",
                "authorisation": none,
                "receive_code": "NOSUCHCODE",
            },
        ),
        "GET /transfers/{transfer}": Call("GET", f"/transfers/{owned.transfer}"),
        "POST /receive-codes": Call("POST", "/receive-codes", {"amount": amount, "memo": "AA"}),
        "GET /history": Call("GET", "/history"),
        "GET /history/{movement}": Call("GET", f"/history/{owned.movement}"),
        "GET /events": Call("GET", "/events"),
        "GET /sandbox/inbox": Call("GET", f"/sandbox/inbox?to={of.person.phone}"),
        "GET /sandbox/clock": Call("GET", "/sandbox/clock"),
        "POST /sandbox/clock": Call("POST", "/sandbox/clock", {"advance_s": 1}),
        "GET /sandbox/cards": Call("GET", "/sandbox/cards"),
        "POST /sandbox/cards": Call(
            "POST",
            "/sandbox/cards",
            {
                "phone": of.person.phone,
                "kind": "debit",
                "bank": "demo",
                "name": of.person.name,
                "id_number": of.person.id_number,
            },
        ),
        "POST /sandbox/switch": Call(
            "POST",
            "/sandbox/switch",
            {"mode": "approve", "card": "9991", "count": 1, "seconds": 0.5},
        ),
        "GET /sandbox/shops": Call("GET", "/sandbox/shops"),
        "POST /sandbox/shops/{store}/orders": Call(
            "POST",
            orders,
            {"amount": amount, "description": "牛肉面 ×1", "expires_in_s": 900},
        ),
        "POST /sandbox/shops/{store}/orders/{order}/close": Call(
            "POST", f"{orders}/{town.order}/close", {}
        ),
        "GET /sandbox/orders/{order}": Call("GET", f"/sandbox/orders/{town.order}"),
    }
