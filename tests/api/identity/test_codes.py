"""Codes by SMS: few, short-lived, for one purpose on one device, and silent about who is known."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest

from factories.identity import OTHER_PHONE, PHONE, Browser, Handsets
from tael.kernel import ids


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


async def age(owner: asyncpg.Connection, by: timedelta) -> None:
    """Let time pass for every challenge."""
    await owner.execute(
        """
        UPDATE identity_challenges
        SET sent_at = sent_at - $1::interval, expires_at = expires_at - $1::interval
        """,
        by,
    )


async def test_a_code_is_sent_in_the_language_asked_for(
    browser: Browser, handsets: Handsets
) -> None:
    await browser.begin()
    reply = await browser.post("/sign-in/codes", {"phone": PHONE, "language": "en"})
    assert reply.status_code == 202
    assert reply.json()["phone_masked"] == "138****1234"
    assert reply.json()["resend_after_s"] == 60
    assert (await handsets.texts(PHONE))[-1].startswith("[Tael Wallet] Your code is ")


@pytest.mark.parametrize("phone", ["110", "12345", "02112345678", "not a phone", "+86138000012345"])
async def test_what_is_no_mobile_number_gets_no_code(browser: Browser, phone: str) -> None:
    await browser.begin()
    reply = await browser.post("/sign-in/codes", {"phone": phone})
    assert (reply.status_code, reply.json()["code"]) == (422, "identity.phone_invalid")
    assert browser.handsets.messages == []


async def test_a_browser_without_its_device_cookie_gets_no_code(browser: Browser) -> None:
    reply = await browser.post("/sign-in/codes", {"phone": PHONE})
    assert (reply.status_code, reply.json()["code"]) == (400, "request.device_missing")


async def test_a_second_code_waits_a_minute_and_replaces_the_first(
    browser: Browser, handsets: Handsets, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    first = await browser.challenge()
    early = await handsets.code(PHONE)
    reply = await browser.post("/sign-in/codes", {"phone": PHONE})
    assert (reply.status_code, reply.json()["code"]) == (429, "identity.code_too_soon")
    assert 0 < reply.json()["resend_after_s"] <= 60
    await age(owner, timedelta(seconds=61))
    second = await browser.challenge()
    reply = await browser.post("/sign-in", {"challenge": first, "code": early})
    assert (reply.status_code, reply.json()["code"]) == (409, "identity.code_spent")
    assert reply.json()["reason"] == "replaced"
    code = await handsets.code(PHONE)
    reply = await browser.post("/sign-in", {"challenge": second, "code": code})
    assert reply.status_code == 200


async def test_a_wrong_code_says_how_many_tries_are_left(
    browser: Browser, handsets: Handsets
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    for left in (4, 3, 2, 1):
        reply = await browser.post("/sign-in", {"challenge": challenge, "code": wrong(code)})
        assert (reply.status_code, reply.json()["code"]) == (403, "identity.code_wrong")
        assert reply.json()["tries_left"] == left
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": wrong(code)})
    assert (reply.status_code, reply.json()["reason"]) == (409, "tried_out")
    # The right one comes too late.
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": code})
    assert (reply.status_code, reply.json()["reason"]) == (409, "tried_out")
    assert (await browser.get("/session")).json()["stage"] == "anonymous"


async def test_a_code_dies_after_five_minutes(
    browser: Browser, handsets: Handsets, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    await age(owner, timedelta(minutes=5))
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": code})
    assert (reply.status_code, reply.json()["reason"]) == (409, "expired")


async def test_a_code_works_once(browser: Browser, handsets: Handsets) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    body = {"challenge": challenge, "code": code}
    assert (await browser.post("/sign-in", body)).status_code == 200
    reply = await browser.post("/sign-in", body)
    assert (reply.status_code, reply.json()["reason"]) == (409, "used")


async def test_a_code_works_only_on_the_device_that_asked(
    browser: Browser, browsers: Callable[..., Browser], handsets: Handsets
) -> None:
    thief = browsers()
    await browser.begin()
    await thief.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    reply = await thief.post("/sign-in", {"challenge": challenge, "code": code})
    assert (reply.status_code, reply.json()["reason"]) == (409, "unknown")
    # Nor did that cost the owner a try.
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": wrong(code)})
    assert reply.json()["tries_left"] == 4


async def test_a_strangers_request_does_not_end_the_owners_code(
    browser: Browser, browsers: Callable[..., Browser], handsets: Handsets
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    stranger = browsers()
    await stranger.begin()
    await stranger.challenge()
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": code})
    assert reply.status_code == 200


async def test_a_code_works_only_for_its_purpose(customer: Browser, handsets: Handsets) -> None:
    reply = await customer.post("/phone/codes", {"phone": OTHER_PHONE})
    code = await handsets.code(OTHER_PHONE)
    body = {"challenge": reply.json()["challenge"], "code": code}
    reply = await customer.post("/sign-in", body)
    assert (reply.status_code, reply.json()["reason"]) == (409, "unknown")


async def test_an_unknown_challenge_is_refused_like_a_foreign_one(browser: Browser) -> None:
    await browser.begin()
    body = {"challenge": ids.wire("otp", ids.new_id()), "code": "271906"}
    reply = await browser.post("/sign-in", body)
    assert (reply.status_code, reply.json()["reason"]) == (409, "unknown")
    body["challenge"] = ids.wire("cus", ids.new_id())
    reply = await browser.post("/sign-in", body)
    assert (reply.status_code, reply.json()["code"]) == (422, "request.malformed_id")


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "１２３４５６", 123456, None, ""])
async def test_a_malformed_code_costs_no_try_and_is_not_echoed(
    browser: Browser, handsets: Handsets, code: object
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": code})
    assert (reply.status_code, reply.json()["code"]) == (422, "request.invalid")
    assert not code or str(code) not in reply.text
    right = await handsets.code(PHONE)
    reply = await browser.post("/sign-in", {"challenge": challenge, "code": wrong(right)})
    assert reply.json()["tries_left"] == 4


async def test_fifty_guesses_at_once_get_five_tries(
    browser: Browser, handsets: Handsets, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    replies = await asyncio.gather(
        *(
            browser.post("/sign-in", {"challenge": challenge, "code": wrong(code)})
            for _ in range(50)
        )
    )
    codes = [reply.json()["code"] for reply in replies]
    assert codes.count("identity.code_wrong") == 4
    assert codes.count("identity.code_spent") == 46
    assert await owner.fetchval("SELECT tries FROM identity_challenges") == 5


async def test_a_right_code_entered_fifty_times_at_once_signs_in_once(
    browser: Browser, handsets: Handsets, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    code = await handsets.code(PHONE)
    body = {"challenge": challenge, "code": code}
    replies = await asyncio.gather(*(browser.post("/sign-in", body) for _ in range(50)))
    assert [reply.status_code for reply in replies].count(200) == 1
    assert await owner.fetchval("SELECT count(*) FROM identity_sessions") == 1


async def test_the_same_request_again_gets_the_same_bytes_and_sends_one_message(
    browser: Browser, handsets: Handsets
) -> None:
    await browser.begin()
    body = {"phone": PHONE}
    first = await browser.post("/sign-in/codes", body, key="key-number-1")
    again = await browser.post("/sign-in/codes", body, key="key-number-1")
    assert (again.status_code, again.content) == (202, first.content)
    assert len(await handsets.texts(PHONE)) == 1
    other = await browser.post("/sign-in/codes", {"phone": OTHER_PHONE}, key="key-number-1")
    assert (other.status_code, other.json()["code"]) == (422, "request.key_reused")


async def test_a_known_and_an_unknown_number_get_the_same_answer(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    stranger = browsers()
    await stranger.begin()
    known = await stranger.post("/sign-in/codes", {"phone": customer.phone})
    unknown = await stranger.post("/sign-in/codes", {"phone": "13800001235"})
    assert known.status_code == unknown.status_code
    assert len(known.content) == len(unknown.content)
    assert known.json().keys() == unknown.json().keys()
    assert known.headers.keys() == unknown.headers.keys()
    assert known.json()["resend_after_s"] == unknown.json()["resend_after_s"]


async def test_a_number_gets_ten_codes_an_hour_from_whatever_devices(
    browsers: Callable[..., Browser],
) -> None:
    for number in range(11):
        stranger = browsers()
        await stranger.begin()
        reply = await stranger.post("/sign-in/codes", {"phone": PHONE})
        assert reply.status_code == (202 if number < 10 else 429)
    assert reply.json()["code"] == "request.too_many"
    assert reply.json()["retry_after_s"] > 0
    assert reply.headers["retry-after"] == str(reply.json()["retry_after_s"])


async def test_a_device_gets_twenty_codes_an_hour_for_whatever_numbers(browser: Browser) -> None:
    await browser.begin()
    for number in range(21):
        reply = await browser.post("/sign-in/codes", {"phone": f"138000010{number:02}"})
        assert reply.status_code == (202 if number < 20 else 429)
    assert reply.json()["code"] == "request.too_many"


async def test_neither_code_nor_number_is_kept_in_the_clear(
    browser: Browser, handsets: Handsets, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    challenge = await browser.challenge()
    queued = await owner.fetch("SELECT * FROM notifications_messages")
    code = await handsets.code(PHONE)
    sent = await owner.fetch("SELECT * FROM notifications_messages")
    await browser.post("/sign-in", {"challenge": challenge, "code": code})
    kept = [
        *queued,
        *sent,
        *await owner.fetch("SELECT * FROM identity_challenges"),
        *await owner.fetch("SELECT * FROM identity_sessions"),
        *await owner.fetch("SELECT * FROM kernel_idempotency"),
        *await owner.fetch("SELECT * FROM kernel_outbox"),
    ]
    for row in kept:
        for value in row.values():
            shown = value if isinstance(value, bytes) else str(value).encode()
            assert PHONE.encode() not in shown
            if isinstance(value, bytes | str):
                assert code.encode() not in shown
    # Once sent, the text is gone altogether.
    assert [row["body_sealed"] for row in sent] == [None]
