"""A customer with a life of their own, and every screen of the app for them to see."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page

from factories.till import Till
from tael.cli.journey import Person, money
from tael.cli.people import PEOPLE, STAFF, Seeded

Cookies = dict[str, str]

CUSTOMER, FRIEND, NEWCOMER = PEOPLE[0], PEOPLE[1], PEOPLE[3]


@dataclass(frozen=True, slots=True)
class Stay:
    """The sessions of a tour, and what its screens show."""

    cookies: dict[str, Cookies]
    order: str
    static: str
    card: str
    bill: str
    payment: str
    top_up: str
    standing: str
    deposit: str
    held: str
    refund: str
    sent: str
    proposal: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One screen: its path, who is there, and what is pressed once it stands."""

    name: str
    path: str
    who: str = "customer"
    act: Callable[[Page], None] | None = None


async def settle(url: str, till: Till) -> Stay:
    """Open the wallets, move some money about, and keep the sessions."""
    orders = [
        await asyncio.to_thread(till.order, minor, what)
        for minor, what in ((32_50, "牛肉面"), (126_50, "水果"), (32_50, "牛肉面"))
    ]
    async with (
        Person(url, "", "") as stranger,
        Person(url, CUSTOMER.phone, CUSTOMER.pin) as customer,
        Person(url, FRIEND.phone, FRIEND.pin) as friend,
        Person(url, NEWCOMER.phone, NEWCOMER.pin) as newcomer,
    ):
        top_up = await _open(customer, CUSTOMER)
        await _open(friend, FRIEND)
        payment = await customer.pay(orders[0]["payload"])
        standing = await _order_rent(customer)
        refund, held, deposit = await _after_sale(customer, till, payment["payment"])
        await customer.pay(till.static_payload, 9_90)
        await customer.transfer(FRIEND.phone, 88_88, "生日快乐")
        await friend.transfer(CUSTOMER.phone, 42_00, "电影票")
        await customer.pay(orders[1]["payload"])
        await newcomer.verify_phone()
        cookies = {
            "stranger": stranger.cookies,
            "customer": customer.cookies,
            "newcomer": newcomer.cookies,
        }
        history = (await customer.get("/history", kind="transfer"))["entries"]
        sent = str(history[0]["movement"])
        proposal = await _staff_at_work(url, sent, cookies)
        async with Person(url, FRIEND.phone, FRIEND.pin) as returning:
            await returning.verify_phone()
            cookies["returning"] = returning.cookies
        return Stay(
            cookies=cookies,
            order=orders[2]["payload"],
            static=till.static_payload,
            card=(await customer.get("/cards"))["cards"][0]["card"],
            bill=payment["movement"],
            payment=payment["payment"],
            top_up=top_up["id"],
            standing=standing["standing_order"],
            deposit=deposit,
            held=held,
            refund=refund,
            sent=sent,
            proposal=proposal,
        )


async def _staff_at_work(url: str, movement: str, cookies: dict[str, Cookies]) -> str:
    """Seat the bank's people, and let the clerk propose something."""
    proposal = ""
    for who in STAFF:
        async with Person(url, "", "") as desk:
            sign_in = {"login": who.login, "password": who.password}
            await desk.post("/staff/sign-in", sign_in)
            cookies[who.login] = desk.cookies
            if who is STAFF[0]:
                terms = {"movement": movement, "memo": "转错人"}
                asked = {"kind": "ledger.reversal", "terms": terms, "reason": "顾客来电：转错人"}
                proposal = (await desk.post("/staff/approvals", asked))["approval"]
    return proposal


async def _open(person: Person, who: Seeded) -> dict[str, Any]:
    await person.verify_phone()
    await person.open_wallet()
    known = (await person.get("/sandbox/cards"))["cards"]
    cards = [card for card in known if card["phone"] == who.phone]
    await person.prove_identity(who.name, cards[0]["id_number"])
    cards.sort(key=lambda card: card["kind"] != "debit")
    bound = [await person.bind_card(card) for card in cards]
    return await person.top_up(bound[0]["card"]["card"], who.balance_minor)


async def _after_sale(customer: Person, till: Till, payment: str) -> tuple[str, str, str]:
    """A refund's movement, a held payment of which a part was taken, and a deposit to pay."""
    refunds, orders = f"/sandbox/payments/{payment}/refunds", f"/sandbox/shops/{till.store}/orders"
    given: dict[str, Any] = {}
    for fen, reason in ((5_00, "少了一份小菜"), (2_50, "退货")):
        given = await customer.post(refunds, {"amount": money(fen), "reason": reason})
    asked = {"amount": money(200_00), "description": "押金", "capture": "manual"}
    paid, open_ = [await customer.post(orders, asked) for _ in range(2)]
    held = (await customer.pay(paid["payload"]))["payment"]
    taken = {"amount": money(60_00), "final": False}
    await customer.post(f"/sandbox/payments/{held}/captures", taken)
    return given["movement"], held, open_["payload"]


async def _order_rent(customer: Person) -> dict[str, Any]:
    """Something that is sent each month, and something later once."""
    made: dict[str, Any] = {}
    today = datetime.fromisoformat((await customer.get("/session"))["business_time"])
    for every, after, fen, memo in (("once", 20, 66_00, "生日红包"), ("month", 9, 35_00, "房租")):
        made = await customer.order_transfers(
            FRIEND.phone,
            fen,
            memo,
            {
                "every": every,
                "first_on": (today + timedelta(days=after)).date().isoformat(),
                "last_on": None,
            },
        )
    return made


def _send_monthly(page: Page) -> None:
    page.locator("main section button.item").first.click()
    page.locator("main .when label").last.click()
    page.locator("main .when input[type='date']").first.wait_for()


def _no_camera(page: Page) -> None:
    page.locator("main .trouble").wait_for()


def _make_order(page: Page) -> None:
    page.locator('main button[type="submit"]').first.click()
    page.locator("main svg[role='img']").first.wait_for()


def _refund(page: Page) -> None:
    page.locator("main section .acts button").last.click()
    page.locator("dialog[open] form").wait_for()


def _ask_for_pin(page: Page) -> None:
    page.locator("main .foot button").last.click()
    page.locator("dialog[open]").first.wait_for()


def _open_filter(page: Page) -> None:
    page.locator("main button.filter").click()
    page.locator("dialog[open]").first.wait_for()


def _open_past(page: Page) -> None:
    page.locator("main .ways button").click()
    page.locator("dialog[open] .told .money").wait_for()


def _prove(page: Page) -> None:
    page.locator("main button.item").last.click()
    page.locator("dialog[open] ol").first.wait_for()


def _open_reversal(page: Page) -> None:
    page.locator("main header button").first.click()
    page.locator("dialog[open]").first.wait_for()


def _console(stay: Stay) -> list[Stop]:
    """The console's screens, each with somebody who works there."""
    return [
        Stop("console-sign-in", "/staff/sign-in", "stranger"),
        Stop("console-password", "/staff/password", "clerk"),
        Stop("console-today", "/staff", "clerk"),
        Stop("console-movements", "/staff/movements", "clerk"),
        Stop("console-movement", f"/staff/movements/{stay.sent}", "clerk"),
        Stop("console-reversal", f"/staff/movements/{stay.sent}", "clerk", act=_open_reversal),
        Stop("console-adjustment", "/staff/adjustment", "clerk"),
        Stop("console-approvals", "/staff/approvals", "checker"),
        Stop("console-approval", f"/staff/approvals/{stay.proposal}", "checker"),
        Stop("console-payouts", "/staff/payouts", "clerk"),
        Stop("console-closes", "/staff/closes", "auditor"),
        Stop("console-log", "/staff/log", "auditor"),
        Stop("console-acts", "/staff/acts", "auditor"),
    ]


def stops(stay: Stay) -> list[Stop]:
    """Every screen, in the order in which a customer meets them; then those of the bank."""
    order = f"/pay?code={quote(stay.order)}"
    return [
        Stop("welcome", "/welcome", "stranger"),
        Stop("sign-in", "/sign-in", "stranger"),
        Stop("terms", "/terms", "stranger"),
        Stop("sign-up", "/sign-up", "newcomer"),
        Stop("unlock", "/unlock", "returning"),
        Stop("forgot-pin", "/forgot-pin", "returning"),
        Stop("home", "/home"),
        Stop("scan", "/scan", act=_no_camera),
        Stop("pay-order", order),
        Stop("pay-pin", order, act=_ask_for_pin),
        Stop("pay-static", f"/pay?code={quote(stay.static)}"),
        Stop("pay-deposit", f"/pay?code={quote(stay.deposit)}"),
        Stop("pay-refused", "/pay?code=https%3A%2F%2Fqr.alipay.com%2Ffkx1234567"),
        Stop("result", f"/result/payment/{stay.payment}"),
        Stop("result-held", f"/result/payment/{stay.held}"),
        Stop("result-top-up", f"/result/top-up/{stay.top_up}"),
        Stop("transfer", "/transfer"),
        Stop("transfer-monthly", "/transfer", act=_send_monthly),
        Stop("standing", "/standing"),
        Stop("standing-order", f"/standing/{stay.standing}"),
        Stop("receive", "/receive"),
        Stop("top-up", "/top-up"),
        Stop("withdraw", "/withdraw"),
        Stop("cards", "/cards"),
        Stop("cards-add", "/cards/add"),
        Stop("card", f"/cards/{stay.card}"),
        Stop("limits", "/limits"),
        Stop("limits-identity", "/limits/identity"),
        Stop("bills", "/bills"),
        Stop("bills-filter", "/bills", act=_open_filter),
        Stop("bills-past", "/bills", act=_open_past),
        Stop("bill", f"/bills/{stay.bill}"),
        Stop("bill-refund", f"/bills/{stay.refund}"),
        Stop("bill-proof", f"/bills/{stay.bill}", act=_prove),
        Stop("statements", "/bills/statements"),
        Stop("me", "/me"),
        Stop("me-pin", "/me/pin"),
        Stop("me-phone", "/me/phone"),
        Stop("me-freeze", "/me/freeze"),
        Stop("me-close", "/me/close"),
        Stop("sandbox", "/sandbox", act=_make_order),
        Stop("sandbox-refund", "/sandbox", act=_refund),
        Stop("missing", "/no-such-page", "stranger"),
        *_console(stay),
    ]
