"""The console in Chromium: a clerk proposes to undo a movement, a checker approves, it is seen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect

from factories.aside import aside
from factories.screens import PIN, new_phone
from tael.cli.journey import Person
from tael.cli.people import STAFF, SeededStaff

CLERK, CHECKER, _AUDITOR = STAFF


@contextmanager
def _desk(browser: Browser, url: str, who: SeededStaff) -> Iterator[Page]:
    """Somebody of the bank, signed in at a desktop."""
    context = browser.new_context(
        base_url=url, locale="en-GB", viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    try:
        page.goto("/staff")
        expect(page).to_have_url(re.compile("/staff/sign-in"))
        page.get_by_label("Log-in").fill(who.login)
        page.get_by_label("Password", exact=True).fill(who.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Today")).to_be_visible()
        yield page
    finally:
        context.close()


@contextmanager
def _wallet(browser: Browser, url: str, person: Person) -> Iterator[Page]:
    """A customer's phone, signed in already."""
    context = browser.new_context(base_url=url, locale="en-GB")
    secure = url.replace("http://", "https://")
    context.add_cookies(
        [{"name": name, "value": value, "url": secure} for name, value in person.cookies.items()]
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def _two_customers(url: str) -> tuple[Person, dict[str, Any]]:
    payer, payee = new_phone(), new_phone()

    async def send() -> tuple[Person, dict[str, Any]]:
        async with Person(url, payee, PIN) as friend:
            await friend.verify_phone()
            await friend.open_wallet()
        async with Person(url, payer, PIN) as person:
            card = await person.post("/sandbox/cards", {"phone": payer, "kind": "debit"})
            await person.verify_phone()
            await person.open_wallet()
            await person.prove_identity(card["name"], card["id_number"])
            bound = await person.bind_card(card)
            await person.top_up(bound["card"]["card"], 100_00)
            await person.transfer(payee, 66_66, "晚饭")
            return person, (await person.get("/history"))["entries"][0]

    return aside(send)


def test_a_clerk_proposes_a_checker_approves_and_the_customer_sees_it(
    browser: Browser, bank: str
) -> None:
    person, entry = _two_customers(bank)
    with _desk(browser, bank, CLERK) as clerk:
        expect(clerk.get_by_text("Balanced: every currency sums to zero")).to_be_visible()
        clerk.get_by_role("link", name="Movements").click()
        clerk.get_by_label("Movement or receipt number").fill(entry["movement"])
        clerk.get_by_role("button", name="Find").click()
        found = clerk.get_by_role("table").get_by_role("link")
        # Until the answer is here, the table holds what the page began with.
        expect(found).to_have_count(1)
        found.click()
        expect(clerk.get_by_text("What stands behind it")).to_be_visible()
        clerk.get_by_role("button", name="Propose to undo it").click()
        clerk.get_by_label("Why (kept with the act)").fill("sent to the wrong person")
        clerk.get_by_role("button", name="Propose", exact=True).click()
        expect(clerk.get_by_role("heading", name="Undo a movement")).to_be_visible()
        expect(clerk.get_by_role("button", name="Approve and carry out")).to_have_count(0)

    with _desk(browser, bank, CHECKER) as checker:
        checker.get_by_role("link", name=re.compile("waiting for a decision")).click()
        checker.get_by_role("table").get_by_role("link", name="Undo a movement").first.click()
        expect(checker.get_by_text("sent to the wrong person")).to_be_visible()
        checker.get_by_label("Why (kept with the act)").fill("checked with both of them")
        checker.get_by_role("button", name="Approve and carry out").click()
        expect(checker.get_by_text("Approved", exact=True)).to_be_visible()

    with _wallet(browser, bank, person) as customer:
        customer.goto("/bills")
        expect(customer.get_by_text("Reversal").first).to_be_visible()
        expect(customer.get_by_text("+¥66.66").first).to_be_attached()
        expect(customer.get_by_text("−¥66.66").first).to_be_attached()
