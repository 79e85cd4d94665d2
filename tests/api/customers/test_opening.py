"""Opening a wallet: one a phone number, with an account, a class and the accepted terms."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx

from factories.identity import OTHER_PHONE, PIN, Browser
from tael import customers

ASKED = {"pin": PIN, "terms_version": customers.TERMS_VERSION, "language": "zh-CN"}


async def count(owner: asyncpg.Connection, table: str) -> int:
    found: int = await owner.fetchval(f"SELECT count(*) FROM {table}")
    return found


async def ready(browser: Browser) -> Browser:
    await browser.begin()
    await browser.confirm_phone()
    return browser


async def test_a_wallet_opens_empty_in_class_4_and_is_there_at_once(browser: Browser) -> None:
    reply = await (await ready(browser)).post("/wallets", ASKED)
    assert reply.status_code == 201, reply.text
    wallet: dict[str, Any] = reply.json()
    nothing = {"value": 0, "currency": "CNY"}
    assert wallet["class"] == 4
    assert wallet["status"] == "active"
    assert (wallet["balance"], wallet["available"], wallet["held"]) == (nothing,) * 3
    assert wallet["name_masked"] is None
    assert wallet["phone_masked"] == "138****1234"
    assert wallet["interest"] is False
    assert wallet["language"] == "zh-CN"
    assert (await browser.get("/wallet")).json() == wallet


async def test_account_consent_and_event_are_written_with_the_wallet(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    account = await owner.fetchrow(
        """
        SELECT account.kind, account.floor, account.balance, account.holder = wallet.customer_id
        FROM customers_wallets AS wallet
        JOIN ledger_accounts AS account ON account.number = wallet.account_number
        """
    )
    assert tuple(account) == ("customer_cash", 0, 0, True)
    consent = await owner.fetchrow(
        """
        SELECT consent.subject, consent.version, consent.language,
               consent.accepted_at = wallet.opened_at
        FROM customers_consents AS consent
        JOIN customers_wallets AS wallet USING (customer_id)
        """
    )
    assert tuple(consent) == ("terms", customers.TERMS_VERSION, "zh-CN", True)
    topics = await owner.fetch("SELECT topic FROM kernel_outbox WHERE topic LIKE 'customers.%'")
    assert [row["topic"] for row in topics] == ["customers.wallet_opened.v1"]
    assert (await customer.get("/wallet")).status_code == 200


async def test_two_browsers_with_one_number_at_once_open_one_wallet(
    browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    first = await ready(browsers())
    # The minute between two codes for one number is over.
    await owner.execute("UPDATE identity_challenges SET sent_at = sent_at - interval '2 minutes'")
    second = await ready(browsers())
    replies = await asyncio.gather(first.post("/wallets", ASKED), second.post("/wallets", ASKED))
    assert sorted(reply.status_code for reply in replies) == [201, 409]
    refused = next(reply for reply in replies if reply.status_code == 409)
    assert refused.json()["code"] == "identity.already_registered"
    assert await count(owner, "customers_wallets") == 1
    assert await count(owner, "ledger_accounts WHERE kind = 'customer_cash'") == 1


async def test_ten_clicks_with_one_key_open_one_wallet_and_get_one_answer(
    browser: Browser, owner: asyncpg.Connection
) -> None:
    await ready(browser)
    replies = await asyncio.gather(
        *(browser.post("/wallets", ASKED, key="one-click-0001") for _ in range(10))
    )
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert await count(owner, "customers_wallets") == 1


async def refused(browser: Browser, body: dict[str, Any]) -> httpx.Response:
    reply = await browser.post("/wallets", body)
    assert reply.status_code >= 400
    return reply


async def test_old_terms_open_nothing(browser: Browser, owner: asyncpg.Connection) -> None:
    await ready(browser)
    reply = await refused(browser, {**ASKED, "terms_version": "2019-01"})
    assert reply.json()["code"] == "customers.terms_outdated"
    assert reply.json()["current"] == customers.TERMS_VERSION
    for table in ("customers_wallets", "identity_principals", "customers_consents"):
        assert await count(owner, table) == 0
    assert await count(owner, "ledger_accounts WHERE kind = 'customer_cash'") == 0


async def test_a_weak_pin_opens_nothing(browser: Browser, owner: asyncpg.Connection) -> None:
    await ready(browser)
    reply = await refused(browser, {**ASKED, "pin": "123456"})
    assert reply.json()["code"] == "identity.pin_weak"
    assert await count(owner, "customers_wallets") == 0


async def test_nobody_opens_a_wallet_without_a_verified_number(
    browser: Browser, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    reply = await refused(browser, ASKED)
    assert reply.json()["code"] == "identity.signed_out"
    assert await count(owner, "customers_wallets") == 0


async def test_bodies_that_are_no_wallet_change_nothing(
    browser: Browser, owner: asyncpg.Connection
) -> None:
    await ready(browser)
    for wrong in (
        {},
        {**ASKED, "pin": 804219},
        {**ASKED, "pin": "80421"},
        {**ASKED, "language": "fr"},
        {**ASKED, "terms_version": "x" * 99},
        {**ASKED, "class": 1},
    ):
        assert (await refused(browser, wrong)).json()["code"] == "request.invalid"
    assert await count(owner, "customers_wallets") == 0


async def test_a_number_from_elsewhere_has_a_wallet_too(browsers: Callable[..., Browser]) -> None:
    signed_up = await browsers(OTHER_PHONE).sign_up()
    assert (await signed_up.get("/wallet")).json()["phone_masked"] == "139****5678"
