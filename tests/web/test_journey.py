"""The whole journey in Chromium: open, prove, bind, fill, scan with the camera, pay, find it."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from factories.aside import aside
from factories.screens import enter_phone, enter_pin, new_phone, open_wallet, take_code
from factories.till import Till
from tael.cli.journey import Person


def _issue_card(url: str, phone: str) -> dict[str, Any]:
    async def issue() -> dict[str, Any]:
        async with Person(url, phone, "") as person:
            return await person.post("/sandbox/cards", {"phone": phone, "kind": "debit"})

    return aside(issue)


def _prove_and_bind(page: Page, card: dict[str, Any]) -> None:
    page.goto("/limits/identity")
    page.get_by_label("Name").fill(card["name"])
    page.get_by_label("Resident ID number").fill(card["id_number"])
    page.get_by_role("button", name="Take a portrait").click()
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("You now have Class 3").first).to_be_visible()
    page.goto("/cards/add")
    page.get_by_label("Card number").fill(card["number"])
    page.get_by_label("Name").fill(card["name"])
    page.get_by_label("Resident ID number").fill(card["id_number"])
    page.get_by_label("Phone number at the bank").fill(card["phone"])
    page.get_by_role("button", name="Next").click()
    take_code(page, seen=1)
    expect(page.get_by_text("Card added and wallet upgraded").first).to_be_visible()


def test_a_new_customer_pays_an_order_with_the_camera(
    film: Callable[..., Any], bank: str, shop: Till
) -> None:
    order = shop.order(32_50, "Beef noodles")
    phone = new_phone()
    card = _issue_card(bank, phone)
    with film(order["payload"]) as page:
        open_wallet(page, phone)
        _prove_and_bind(page, card)

        page.goto("/top-up")
        page.get_by_label("Amount").fill("500")
        page.get_by_role("button", name=re.compile("^Top up ¥500")).click()
        enter_pin(page)
        expect(page.get_by_text("Topped up").first).to_be_visible()

        page.goto("/home")
        page.get_by_role("link", name="Scan", exact=True).click()
        expect(page).to_have_url(re.compile("/pay"))
        expect(page.get_by_text("Beef noodles")).to_be_visible()
        page.get_by_role("button", name=re.compile("^Pay ¥32.50")).click()
        enter_pin(page)
        expect(page.get_by_text("Paid", exact=True).first).to_be_visible()
        assert shop.state(order["order"]) == "paid"

        page.get_by_role("link", name="See the bill").click()
        expect(page.get_by_text("Receipt number")).to_be_visible()
        page.goto("/home")
        expect(page.get_by_text("467.50").first).to_be_visible()


def test_money_that_comes_in_shows_at_once(page: Page, bank: str) -> None:
    payee, payer = new_phone(), new_phone()
    card = _issue_card(bank, payer)
    open_wallet(page, payee)

    async def send() -> None:
        async with Person(bank, payer, "482915") as person:
            await person.verify_phone()
            await person.open_wallet()
            await person.prove_identity(card["name"], card["id_number"])
            bound = await person.bind_card(card)
            await person.top_up(bound["card"]["card"], 100_00)
            await person.transfer(payee, 66_66, "生日快乐")

    aside(send)
    expect(page.get_by_text(re.compile("Money in: ")).first).to_be_visible()
    expect(page.get_by_text("66.66").first).to_be_visible()
    page.goto("/bills")
    page.get_by_label("Search payee or note").fill("生日")
    expect(page.get_by_text("生日快乐").first).to_be_visible()


def test_a_code_of_another_scheme_is_named_and_refused(page: Page) -> None:
    open_wallet(page, new_phone())
    page.goto("/pay?code=https%3A%2F%2Fqr.alipay.com%2Ffkx1234567")
    expect(page.get_by_text(re.compile("Alipay|支付宝")).first).to_be_visible()


def test_coming_back_takes_the_phone_and_the_pin(page: Page) -> None:
    phone = new_phone()
    open_wallet(page, phone)
    page.goto("/me")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/welcome"))
    enter_phone(page, phone, seen=1)
    expect(page.get_by_text("Welcome back").first).to_be_visible()
    enter_pin(page, "135790")
    expect(page.get_by_text(re.compile("Wrong PIN"))).to_be_visible()
    enter_pin(page)
    expect(page).to_have_url(re.compile("/home"))


def test_the_screens_work_without_a_network(page: Page) -> None:
    open_wallet(page, new_phone())
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline", exact=False).first).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline", exact=False)).to_have_count(0)
