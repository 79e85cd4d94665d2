"""The payment PIN: hard to guess, locked after five wrong ones, kept so that nobody can read it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from fastapi import FastAPI

from factories.identity import OTHER_PIN, PHONE, PIN, Browser, Handsets
from tael import identity
from tael.kernel import ids
from tael.kernel.settings import Settings

WRONG = "926140"


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("888888", "repeat"),
        ("123456", "run"),
        ("112233", "pattern"),
        ("147258", "common"),
        ("001234", "phone"),
    ],
)
async def test_a_weak_pin_opens_no_wallet_and_says_why(
    browser: Browser, pin: str, why: str, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    session = await browser.confirm_phone()
    terms = session["terms"]["version"]
    reply = await browser.post(
        "/wallets", {"pin": pin, "terms_version": terms, "language": "zh-CN"}
    )
    assert (reply.status_code, reply.json()["code"]) == (422, "identity.pin_weak")
    assert reply.json()["why"] == why
    assert await owner.fetchval("SELECT count(*) FROM identity_principals") == 0


async def test_two_wallets_opened_at_once_are_one(
    browser: Browser, owner: asyncpg.Connection
) -> None:
    await browser.begin()
    session = await browser.confirm_phone()
    body = {"pin": PIN, "terms_version": session["terms"]["version"], "language": "zh-CN"}
    replies = await asyncio.gather(*(browser.post("/wallets", body) for _ in range(8)))
    statuses = sorted(reply.status_code for reply in replies)
    assert statuses.count(201) == 1
    assert {reply.json()["code"] for reply in replies if reply.status_code != 201} <= {
        "identity.already_registered",
        "identity.signed_out",
    }
    assert await owner.fetchval("SELECT count(*) FROM identity_principals") == 1


async def test_the_pin_is_kept_as_argon2id_and_nowhere_else(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    await customer.authorised()
    kept = await owner.fetchval("SELECT hash FROM identity_pins")
    assert kept.startswith("1:$argon2id$v=19$m=64,t=1,p=1$")
    for table in ("identity_principals", "identity_sessions", "kernel_idempotency"):
        for row in await owner.fetch(f"SELECT * FROM {table}"):
            assert PIN not in str([value for value in row.values() if isinstance(value, str)])


async def test_two_customers_with_one_pin_have_different_hashes(
    customer: Browser, browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    await browsers("13900005678").sign_up()
    hashes = [row["hash"] for row in await owner.fetch("SELECT hash FROM identity_pins")]
    assert len(set(hashes)) == 2
    assert customer.customer


async def test_wrong_pins_count_down_warn_and_lock_for_a_day(
    customer: Browser, handsets: Handsets
) -> None:
    for left, warn in ((4, False), (3, False), (2, True), (1, True)):
        reply = await customer.authorise(pin=WRONG)
        assert (reply.status_code, reply.json()["code"]) == (403, "identity.pin_wrong")
        assert (reply.json()["tries_left"], reply.json()["warn"]) == (left, warn)
    reply = await customer.authorise(pin=WRONG)
    assert (reply.status_code, reply.json()["code"]) == (423, "identity.pin_locked")
    until = datetime.fromisoformat(reply.json()["until"])
    day = timedelta(hours=24)
    assert timedelta() < day - (until - datetime.now(UTC)) < timedelta(minutes=1)
    # The right one does not help any more, and the customer hears of it.
    reply = await customer.authorise()
    assert (reply.status_code, reply.json()["code"]) == (423, "identity.pin_locked")
    assert "锁定 24 小时" in (await handsets.texts(PHONE))[-1]


async def test_a_right_pin_starts_the_count_anew(customer: Browser) -> None:
    for _ in range(4):
        await customer.authorise(pin=WRONG)
    await customer.authorised()
    reply = await customer.authorise(pin=WRONG)
    assert reply.json()["tries_left"] == 4


async def test_after_a_day_the_lock_is_over(customer: Browser, owner: asyncpg.Connection) -> None:
    for _ in range(5):
        await customer.authorise(pin=WRONG)
    await owner.execute(
        "UPDATE identity_pins SET locked_until = locked_until - interval '24 hours'"
    )
    await customer.authorised()


async def test_fifty_guesses_at_once_get_five_tries(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    replies = await asyncio.gather(*(customer.authorise(pin=WRONG) for _ in range(50)))
    codes = [reply.json()["code"] for reply in replies]
    assert codes.count("identity.pin_wrong") == 4
    assert codes.count("identity.pin_locked") == 46
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") == 0


async def test_the_lock_holds_at_sign_in_too(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    elsewhere = browsers()
    await elsewhere.begin()
    await elsewhere.confirm_phone()
    for _ in range(5):
        reply = await elsewhere.post("/sign-in/pin", {"pin": WRONG})
    assert reply.json()["code"] == "identity.pin_locked"
    assert (await customer.authorise()).json()["code"] == "identity.pin_locked"


async def test_a_refused_pin_replays_without_costing_another_try(customer: Browser) -> None:
    body = {
        "purpose": "unfreeze",
        "payee": customer.customer,
        "amount": {"value": 0, "currency": "CNY"},
        "pin": WRONG,
    }
    first = await customer.post("/authorisations", body, key="key-number-1")
    again = await customer.post("/authorisations", body, key="key-number-1")
    assert again.content == first.content
    assert first.json()["tries_left"] == 4
    assert (await customer.authorise(pin=WRONG)).json()["tries_left"] == 3


async def test_a_changed_pin_takes_over_and_ends_the_other_sessions(
    customer: Browser, browsers: Callable[..., Browser], handsets: Handsets
) -> None:
    elsewhere = await browsers().sign_in()
    reply = await customer.post("/pin/change", {"old_pin": PIN, "new_pin": OTHER_PIN})
    assert reply.status_code == 204, reply.text
    assert (await elsewhere.get("/wallet")).json()["code"] == "identity.signed_out"
    assert (await customer.get("/wallet")).status_code == 200
    assert (await customer.authorise(pin=PIN)).json()["code"] == "identity.pin_wrong"
    await customer.authorised(pin=OTHER_PIN)
    assert "支付密码已修改" in (await handsets.texts(PHONE))[-1]


async def test_a_pin_changes_only_for_one_who_knows_the_old(customer: Browser) -> None:
    reply = await customer.post("/pin/change", {"old_pin": WRONG, "new_pin": OTHER_PIN})
    assert (reply.status_code, reply.json()["tries_left"]) == (403, 4)
    await customer.authorised(pin=PIN)


@pytest.mark.parametrize(
    ("new_pin", "code"),
    [(PIN, "identity.pin_unchanged"), ("121212", "identity.pin_weak")],
)
async def test_a_poor_new_pin_is_refused_and_costs_no_try(
    customer: Browser, new_pin: str, code: str
) -> None:
    reply = await customer.post("/pin/change", {"old_pin": PIN, "new_pin": new_pin})
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert (await customer.authorise(pin=WRONG)).json()["tries_left"] == 4


async def test_two_pin_changes_at_once_leave_one_pin(customer: Browser) -> None:
    pins = (OTHER_PIN, WRONG)
    replies = await asyncio.gather(
        *(customer.post("/pin/change", {"old_pin": PIN, "new_pin": pin}) for pin in pins)
    )
    statuses = [reply.status_code for reply in replies]
    assert statuses.count(204) == 1, statuses
    await customer.authorised(pin=pins[statuses.index(204)])


async def test_a_forgotten_pin_is_reset_by_a_fresh_code_in_class_4(
    customer: Browser, browsers: Callable[..., Browser], handsets: Handsets
) -> None:
    for _ in range(5):
        await customer.authorise(pin=WRONG)
    elsewhere = browsers()
    await elsewhere.begin()
    await elsewhere.confirm_phone()
    reply = await elsewhere.post("/pin/reset", {"new_pin": OTHER_PIN})
    assert reply.status_code == 200, reply.text
    assert reply.json()["stage"] == "full"
    # The lock is lifted, the old sessions are over, and the customer hears of it.
    await elsewhere.authorised(pin=OTHER_PIN)
    assert (await customer.get("/wallet")).json()["code"] == "identity.signed_out"
    assert "支付密码已重置" in (await handsets.texts(PHONE))[-1]


async def test_two_resets_at_once_leave_one_pin_and_one_session(
    customer: Browser, browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    forgetful = [browsers() for _ in range(4)]
    pins = [OTHER_PIN, WRONG, "604815", "270493"]
    for browser in forgetful:
        await browser.begin()
        await browser.confirm_phone()
    replies = await asyncio.gather(
        *(
            browser.post("/pin/reset", {"new_pin": pin})
            for browser, pin in zip(forgetful, pins, strict=True)
        )
    )
    assert {reply.status_code for reply in replies} == {200}
    live = "SELECT count(*) FROM identity_sessions WHERE ended_at IS NULL AND stage = 'full'"
    assert await owner.fetchval(live) == 1
    alive = [each for each in forgetful if (await each.get("/wallet")).status_code == 200]
    assert len(alive) == 1
    await alive[0].authorised(pin=pins[forgetful.index(alive[0])])
    assert customer.customer


async def test_signing_in_and_resetting_at_once_do_not_block_each_other(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    people = [browsers() for _ in range(8)]
    for browser in people:
        await browser.begin()
        await browser.confirm_phone()
    replies = await asyncio.gather(
        *(
            browser.post("/pin/reset", {"new_pin": PIN})
            if number % 2
            else browser.post("/sign-in/pin", {"pin": PIN})
            for number, browser in enumerate(people)
        )
    )
    # A try whose PIN was replaced meanwhile does not count, though it was the same digits.
    assert {reply.status_code for reply in replies} <= {200, 403, 423}
    assert all(reply.status_code == 200 for reply in replies[1::2])
    assert customer.customer


async def test_a_reset_is_noted_for_the_cooling_off(
    customer: Browser, app: FastAPI, browsers: Callable[..., Browser]
) -> None:
    customer_id = ids.parse("cus", customer.customer)
    database = app.state.services.database
    async with database.read() as session:
        assert await identity.secret_changes(session, [customer_id]) == {}
    elsewhere = browsers()
    await elsewhere.begin()
    await elsewhere.confirm_phone()
    await elsewhere.post("/pin/reset", {"new_pin": OTHER_PIN})
    async with database.read() as session:
        assert customer_id in await identity.secret_changes(session, [customer_id])


async def test_a_stale_code_resets_nothing(
    customer: Browser, browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    elsewhere = browsers()
    await elsewhere.begin()
    await elsewhere.confirm_phone()
    await owner.execute(
        "UPDATE identity_sessions SET phone_verified_at = phone_verified_at - interval '10 min'"
    )
    reply = await elsewhere.post("/pin/reset", {"new_pin": OTHER_PIN})
    assert (reply.status_code, reply.json()["code"]) == (403, "identity.code_not_fresh")
    await customer.authorised(pin=PIN)


async def test_a_reset_of_an_unknown_number_is_refused(browser: Browser) -> None:
    await browser.begin()
    await browser.confirm_phone()
    reply = await browser.post("/pin/reset", {"new_pin": PIN})
    assert (reply.status_code, reply.json()["code"]) == (409, "identity.not_registered")


async def test_a_hash_follows_new_parameters_as_its_pin_is_used(
    customer: Browser, app: FastAPI, settings: Settings, owner: asyncpg.Connection
) -> None:
    stronger = settings.model_copy(
        update={"pin_hash_memory_kib": 128, "pin_keys": {**settings.pin_keys, 2: bytes(32)}}
    )
    customer_id = ids.parse("cus", customer.customer)
    hasher = identity.PinHasher.of(stronger)
    async with app.state.services.database.write() as session:
        now = datetime.now(UTC)
        taken = await identity.take_pin_try(session, customer_id, now=now)
        right = await identity.judge_pin(hasher, taken, PIN)
        await identity.confirm_pin(session, right)
    kept = await owner.fetchval("SELECT hash FROM identity_pins")
    assert kept.startswith("2:$argon2id$v=19$m=128,t=1,p=1$")
    assert await hasher.matches(customer_id, PIN, identity.PinHash(kept))


async def test_a_pin_changed_while_it_is_checked_does_not_count(
    customer: Browser, app: FastAPI
) -> None:
    services = app.state.services
    customer_id = ids.parse("cus", customer.customer)
    async with services.database.write() as session:
        taken = await identity.take_pin_try(session, customer_id, now=datetime.now(UTC))
    right = await identity.judge_pin(services.pins, taken, PIN)
    await customer.post("/pin/change", {"old_pin": PIN, "new_pin": OTHER_PIN})
    async with services.database.write() as session:
        with pytest.raises(identity.PinWrong):
            await identity.confirm_pin(session, right)
