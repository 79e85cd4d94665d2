"""Secrets stay where they belong: not in logs, not in replies, not in a hash that can be tried."""

import hashlib
import json
import logging
from collections.abc import Callable

import asyncpg
import pytest
import structlog

from factories.identity import OTHER_PIN, PHONE, PIN, Browser, Handsets


async def journey(browser: Browser, handsets: Handsets) -> list[str]:
    """Sign up, mistake, pay attention, change and leave; the secrets that were used."""
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    body = {"challenge": challenge, "code": code}
    terms = (await browser.post("/sign-in", body)).json()["terms"]["version"]
    early = browser.token
    await browser.post("/wallets", {"pin": PIN, "terms_version": terms, "language": "en"})
    browser.customer = (await browser.get("/session")).json()["customer"]
    token = browser.token
    await browser.authorise(pin="926140")
    await browser.authorised()
    await browser.authorise(pin="12345")
    await browser.post("/pin/change", {"old_pin": PIN, "new_pin": OTHER_PIN})
    await browser.post("/sign-out")
    return [PHONE, code, PIN, OTHER_PIN, "926140", early, token]


async def test_a_whole_journey_leaves_no_secret_in_the_logs(
    browser: Browser, handsets: Handsets, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        secrets = await journey(browser, handsets)
    written = json.dumps(logs, default=str) + caplog.text
    assert [secret for secret in secrets if secret in written] == []


async def test_a_stored_key_cannot_be_tried_against_all_pins(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    """A request's plain hash would give its PIN away to whoever reads the database."""
    body = json.dumps({"pin": PIN}, separators=(",", ":")).encode()
    await customer.http.post(
        "/api/sign-in/pin",
        content=body,
        headers={"Idempotency-Key": "key-number-1", "Content-Type": "application/json"},
    )
    kept = {row["request_hash"] for row in await owner.fetch("SELECT * FROM kernel_idempotency")}
    assert hashlib.sha256(body).digest() not in kept


async def test_replies_that_refuse_say_nothing_of_what_was_sent(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    stranger = browsers()
    await stranger.begin()
    for path, body in (
        ("/sign-in/codes", {"phone": PHONE, "language": "xx"}),
        ("/sign-in", {"challenge": "otp_x", "code": "271906"}),
        ("/pin/change", {"old_pin": PIN, "new_pin": "926140", "more": 1}),
        ("/pin/reset", {"new_pin": PIN, "name": "王小明", "id_number": 7}),
    ):
        for browser in (customer, stranger):
            reply = await browser.post(path, body)
            assert reply.status_code >= 400
            for value in (PHONE, "271906", PIN, "926140", "王小明"):
                assert value not in reply.text, path
