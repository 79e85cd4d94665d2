"""Two customers who each own one of everything, and a right request for every operation.

Tests take a request from here and spoil one thing about it: whatever happens then is the fault
of what they spoiled.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from factories import shops
from factories.identity import OTHER_PIN, Browser
from factories.shops import on_wire, ord_, payment_body, sto, yuan
from factories.wallets_with_cards import PORTRAIT, bind, elements, prove, top_up, withdraw
from tael import merchants
from tael.kernel import ids
from tael.kernel.clock import business_day, machine_now
from tael.kernel.money import CNY, Money
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
    standing_order: str
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
        standing_order="",
        movement=paid.json()["movement"],
        receive_code=code.json()["payload"],
        card_number=number,
    )
    return Citizen(browser=browser, person=person, owned=owned)


async def with_transfer(sender: Citizen, payee: Citizen) -> Citizen:
    """The same citizen, after sending 1.00 to another, and ordering that for each month."""
    amount = on_wire(yuan(1))
    to = payee.browser.customer
    authorisation = await sender.browser.authorised(purpose="transfer", payee=to, amount=amount)
    body = {"payee": to, "amount": amount, "memo": "coffee", "authorisation": authorisation}
    sent = await sender.browser.post("/transfers", body)
    assert sent.status_code == 201, sent.text
    terms = {"payee": to, "amount": amount, "timetable": TIMETABLE}
    authorisation = await sender.browser.authorised(purpose="standing_order", **terms)
    ordered = await sender.browser.post(
        "/standing-orders", {**terms, "memo": "coffee", "authorisation": authorisation}
    )
    assert ordered.status_code == 201, ordered.text
    made = {
        "transfer": sent.json()["transfer"],
        "standing_order": ordered.json()["standing_order"],
    }
    members = {name: getattr(sender.owned, name) for name in Owned.__slots__}
    owned = Owned(**{**members, **made})
    return Citizen(browser=sender.browser, person=sender.person, owned=owned)


def requests(town: Town, of: Citizen) -> dict[str, Call]:
    """A request for every operation, well formed and about what `of` owns.

    Those that need an authorisation name one that does not exist.
    """
    return {
        **_signing_in(of),
        **_wallet(town, of),
        **_cards(of),
        **_money(town, of),
        **_sandbox(town, of),
    }


AMOUNT = on_wire(yuan(1))
THIS_MONTH = business_day(machine_now()).strftime("%Y-%m")
TIMETABLE = {
    "every": "month",
    "first_on": (business_day(machine_now()) + timedelta(days=1)).isoformat(),
    "last_on": None,
}


ORDER_ROUTE = "/standing-orders/{standing_order}"


def _get(route: str, path: str | None = None) -> dict[str, Call]:
    return {f"GET {route}": Call("GET", path or route)}


def _post(route: str, body: dict[str, Any], path: str | None = None) -> dict[str, Call]:
    return {f"POST {route}": Call("POST", path or route, body)}


def _shown(person: Person) -> dict[str, Any]:
    return {"name": person.name, "id_number": person.id_number, "portrait": PORTRAIT}


def _no(prefix: str) -> str:
    return ids.wire(prefix, ids.new_id())


def _signing_in(of: Citizen) -> dict[str, Call]:
    typed = {"challenge": _no("otp"), "code": "271906"}
    pin = of.browser.pin
    return {
        **_get("/health/live"),
        **_get("/health/ready"),
        **_get("/session"),
        **_post("/sign-in/codes", {"phone": "13700009999", "language": "en"}),
        **_post("/sign-in", typed),
        **_post("/sign-in/pin", {"pin": pin}),
        **_post("/sign-out", {}),
        **_post("/pin/change", {"old_pin": pin, "new_pin": OTHER_PIN}),
        **_post("/pin/reset", {"new_pin": OTHER_PIN, **_shown(of.person)}),
        **_post("/phone/codes", {"phone": "13700008888"}),
        **_post("/phone", {**typed, "authorisation": _no("aut")}),
        **_post("/wallets", {"pin": pin, "terms_version": "2026-01", "language": "en"}),
    }


def _wallet(town: Town, of: Citizen) -> dict[str, Call]:
    order = {"purpose": "payment", "payee": sto(town.shop), "order": town.order}
    return {
        **_post("/authorisations", {**order, "amount": AMOUNT, "pin": of.browser.pin}),
        **_get("/wallet"),
        **_get("/wallet/balance"),
        **_get("/wallet/interest"),
        **_post("/wallet/language", {"language": "en"}),
        **_post("/upgrades/identity", _shown(of.person)),
        **_post("/wallet/freeze", {}),
        **_post("/wallet/unfreeze", {"authorisation": _no("aut")}),
        **_get("/wallet/closing"),
        **_post("/wallet/close", {"authorisation": _no("aut")}),
        **_get("/limits"),
        **_post("/limits/check", {"act": "transfer", "amount": AMOUNT}),
        **_get("/history"),
        **_get("/history/{movement}", f"/history/{of.owned.movement}"),
        **_get("/history/{movement}/receipt", f"/history/{of.owned.movement}/receipt"),
        **_get("/statements"),
        **_get("/statements/{month}.{form}", f"/statements/{THIS_MONTH}.csv"),
        **_get("/events"),
    }


def _cards(of: Citizen) -> dict[str, Call]:
    owned, binding = of.owned, "/cards/bindings/{binding}/confirm"
    asked = {"card": owned.card, "amount": AMOUNT, "authorisation": _no("aut")}
    return {
        **_get("/cards"),
        **_post("/cards/recognise", {"number": "999101"}),
        **_post("/cards/bindings", elements("9992010000000000016", of.person)),
        **_post(binding, {"code": "000000"}, f"/cards/bindings/{owned.binding}/confirm"),
        "DELETE /cards/{card}": Call("DELETE", f"/cards/{owned.card}"),
        **_post("/top-ups", asked),
        **_get("/top-ups/{top_up}", f"/top-ups/{owned.top_up}"),
        **_post("/withdrawals", asked),
        **_get("/withdrawals/{withdrawal}", f"/withdrawals/{owned.withdrawal}"),
        **_get("/card-transfers", "/card-transfers?state=pending"),
    }


def _money(town: Town, of: Citizen) -> dict[str, Call]:
    other = town.bob if of is town.alice else town.alice
    payment = {
        "payee": sto(town.shop),
        "order": town.order,
        "amount": on_wire(yuan(30)),
        "authorisation": _no("aut"),
        "funding": {"kind": "card", "card": of.owned.card},
    }
    transfer = {
        "payee": other.browser.customer,
        "amount": AMOUNT,
        "memo": "lunch 午饭",
        "authorisation": _no("aut"),
        "receive_code": "NOSUCHCODE",
    }
    standing = {
        "payee": transfer["payee"],
        "amount": AMOUNT,
        "memo": "rent 房租",
        "timetable": TIMETABLE,
        "authorisation": _no("aut"),
    }
    rehearsed = {"act": "transfer", "payee": transfer["payee"], "amount": AMOUNT}
    return {
        **_post("/rehearsals", rehearsed),
        **_post("/codes/resolve", {"payload": other.owned.receive_code}),
        **_post("/payments", payment),
        **_get("/payments/{payment}", f"/payments/{of.owned.payment}"),
        **_get("/payments", "/payments?state=held"),
        **_get("/payees/recent"),
        **_post("/payees/lookup", {"phone": other.person.phone}),
        **_post("/transfers", transfer),
        **_get("/transfers/{transfer}", f"/transfers/{of.owned.transfer}"),
        **_post("/receive-codes", {"amount": AMOUNT, "memo": "AA"}),
        **_post("/standing-orders", standing),
        **_get("/standing-orders"),
        **_get(ORDER_ROUTE, f"/standing-orders/{of.owned.standing_order}"),
        f"DELETE {ORDER_ROUTE}": Call("DELETE", f"/standing-orders/{of.owned.standing_order}"),
    }


def _sandbox(town: Town, of: Citizen) -> dict[str, Call]:
    orders, at_shop = "/sandbox/shops/{store}/orders", f"/sandbox/shops/{sto(town.shop)}/orders"
    person = of.person
    card = {"kind": "debit", "bank": "demo", "name": person.name, "id_number": person.id_number}
    asked = {"amount": AMOUNT, "description": "牛肉面 ×1", "expires_in_s": 900}
    fault = {"mode": "approve", "card": "9991", "count": 1, "seconds": 0.5}
    return {
        **_get("/sandbox/inbox", f"/sandbox/inbox?to={person.phone}"),
        **_get("/sandbox/clock"),
        **_post("/sandbox/clock", {"advance_s": 1}),
        **_get("/sandbox/cards"),
        **_post("/sandbox/cards", {**card, "phone": person.phone}),
        **_post("/sandbox/switch", fault),
        **_get("/sandbox/shops"),
        **_post(orders, asked, at_shop),
        **_post(orders + "/{order}/close", {}, f"{at_shop}/{town.order}/close"),
        **_get("/sandbox/orders/{order}", f"/sandbox/orders/{town.order}"),
        **_after_sale(town, of),
    }


def _after_sale(town: Town, of: Citizen) -> dict[str, Call]:
    paid, at = of.owned.payment, "/sandbox/payments/{payment}"
    part = {"amount": on_wire(Money(1, CNY)), "reason": "退货"}
    taken = {"amount": AMOUNT, "final": False}
    return {
        **_get("/sandbox/shops/{store}/payments", f"/sandbox/shops/{sto(town.shop)}/payments"),
        **_post(f"{at}/refunds", part, f"/sandbox/payments/{paid}/refunds"),
        **_post(f"{at}/captures", taken, f"/sandbox/payments/{paid}/captures"),
        **_post(f"{at}/void", {}, f"/sandbox/payments/{paid}/void"),
        **_post("/sandbox/captures", {"captures": [{**taken, "payment": paid}]}),
    }
