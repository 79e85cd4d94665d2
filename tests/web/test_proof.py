"""A bill that proves itself in the browser, and what shows when the bank is not true."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from factories.aside import aside
from factories.screens import new_phone
from tael.cli.journey import Person

PIN = "284915"


@pytest.fixture(scope="module")
def customer(bank: str) -> tuple[dict[str, str], str]:
    """The cookies of a customer who filled the wallet once, and the bill of it."""

    async def live() -> tuple[dict[str, str], str]:
        async with Person(bank, new_phone(), PIN) as person:
            await person.verify_phone()
            await person.open_wallet()
            card = await person.post("/sandbox/cards", {"phone": person.phone, "kind": "debit"})
            await person.prove_identity(card["name"], card["id_number"])
            bound = await person.bind_card(card)
            await person.top_up(bound["card"]["card"], 50_00)
            [entry] = (await person.get("/history"))["entries"]
            return person.cookies, str(entry["movement"])

    return aside(live)


@pytest.fixture
def context(
    browser: Browser, bank: str, customer: tuple[dict[str, str], str]
) -> Iterator[BrowserContext]:
    """The customer's phone, which saw nothing of the log yet."""
    opened = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", base_url=bank
    )
    secure = bank.replace("http://", "https://")
    opened.add_cookies(
        [{"name": name, "value": value, "url": secure} for name, value in customer[0].items()]
    )
    yield opened
    opened.close()


def check(page: Page, movement: str) -> None:
    """Open the bill and press what checks it."""
    page.goto(f"/bills/{movement}")
    page.get_by_role("button", name="Check this bill yourself").click()


def answer(page: Page, pattern: str, change: Any) -> None:  # noqa: ANN401 - text in, text out
    """Let the bank's answers to a path be changed on their way."""

    def altered(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, body=change(reply.text()))

    page.route(pattern, altered)


def test_a_bill_is_checked_here_and_its_receipt_is_kept(
    context: BrowserContext, customer: tuple[dict[str, str], str]
) -> None:
    page = context.new_page()
    check(page, customer[1])
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_text("This bill is true")).to_be_visible()
    expect(sheet.get_by_text(r"signed this state of the log")).to_be_visible()
    with page.expect_download() as download:
        sheet.get_by_role("button", name="Save receipt").click()
    kept = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert (kept["format"], kept["movement"]) == ("tael-receipt/1", customer[1])
    # The second visit compares with what the first one saw.
    page.reload()
    check(page, customer[1])
    expect(sheet.get_by_text("Nothing has changed in the log since")).to_be_visible()


def test_an_altered_receipt_is_found_out(
    context: BrowserContext, customer: tuple[dict[str, str], str]
) -> None:
    page = context.new_page()
    answer(page, "**/receipt", lambda body: body.replace("5000", "5001"))
    check(page, customer[1])
    expect(page.get_by_text("This receipt is not true")).to_be_visible()
    expect(page.get_by_text("This bill is true")).to_have_count(0)


def test_a_bill_that_differs_from_its_receipt_is_found_out(
    context: BrowserContext, customer: tuple[dict[str, str], str]
) -> None:
    page = context.new_page()
    answer(page, f"**/api/history/{customer[1]}", lambda body: body.replace("5000", "9000"))
    check(page, customer[1])
    expect(page.get_by_text("This receipt is not true")).to_be_visible()


def test_a_log_that_forgot_what_it_showed_raises_the_alarm(
    context: BrowserContext, customer: tuple[dict[str, str], str]
) -> None:
    page = context.new_page()
    check(page, customer[1])
    expect(page.get_by_text("This bill is true")).to_be_visible()
    # Somebody changed what this phone remembers: for it, it is the bank that changed.
    page.evaluate(
        """async () => {
          const database = await new Promise((resolve, reject) => {
            const request = indexedDB.open('tael-log', 1);
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
          const store = database.transaction('memory', 'readwrite').objectStore('memory');
          await new Promise((resolve) => {
            const request = store.get('log');
            request.onsuccess = () => {
              const memory = request.result;
              const last = memory.seen.at(-1);
              last.root = btoa('\\0'.repeat(32));
              store.put(memory, 'log').onsuccess = resolve;
            };
          });
          database.close();
        }"""
    )
    page.goto("/home")
    alarm = page.get_by_role("alert")
    expect(alarm.get_by_text("The bank's log contradicts what this device saw")).to_be_visible()
    # It stays: one right answer does not undo a wrong one.
    page.reload()
    expect(alarm.get_by_text("The bank's log contradicts what this device saw")).to_be_visible()


def test_a_log_of_another_key_raises_the_alarm(
    context: BrowserContext, customer: tuple[dict[str, str], str]
) -> None:
    page = context.new_page()
    check(page, customer[1])
    expect(page.get_by_text("This bill is true")).to_be_visible()
    answer(page, "**/log/consistency/*", lambda body: body[:-20] + "A" * 18 + "=\n")
    page.reload()
    expect(page.get_by_role("alert").get_by_text("contradicts what this device")).to_be_visible()
