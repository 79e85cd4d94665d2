"""Moving to another number: PIN and a code from the new number; the old one is told."""

import asyncio
from collections.abc import Callable

import asyncpg

from factories.identity import OTHER_PHONE, PHONE, Browser, Handsets
from tael.kernel import ids


async def authorised(customer: Browser) -> str:
    return await customer.authorised(
        purpose="change_phone",
        payee=customer.customer,
        amount={"value": 0, "currency": "CNY"},
    )


async def code_for(customer: Browser, phone: str) -> dict[str, str]:
    reply = await customer.post("/phone/codes", {"phone": phone})
    assert reply.status_code == 202, reply.text
    return {
        "challenge": reply.json()["challenge"],
        "code": await customer.handsets.code(phone),
    }


async def test_a_customer_moves_to_another_number(
    customer: Browser, browsers: Callable[..., Browser], handsets: Handsets
) -> None:
    elsewhere = await browsers().sign_in()
    token = customer.token
    confirmed = await code_for(customer, OTHER_PHONE)
    reply = await customer.post(
        "/phone", {**confirmed, "authorisation": await authorised(customer)}
    )
    assert reply.status_code == 200, reply.text
    assert reply.json()["phone_masked"] == "139****5678"
    assert reply.json()["customer"] == customer.customer
    # This session goes on under a new token, the others are over, the old number is told.
    assert customer.token != token
    assert (await customer.get("/wallet")).status_code == 200
    assert (await elsewhere.get("/wallet")).json()["code"] == "identity.signed_out"
    assert "139****5678" in (await handsets.texts(PHONE))[-1]
    # The new number signs in, the old one is nobody's.
    moved = browsers(OTHER_PHONE)
    assert (await moved.sign_in()).customer == customer.customer
    stranger = browsers(PHONE)
    await stranger.begin()
    assert (await stranger.confirm_phone())["registered"] is False


async def test_the_number_of_an_open_wallet_is_not_taken_and_not_told_before_its_code(
    customer: Browser, browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    await browsers(OTHER_PHONE).sign_up()
    free = await customer.post("/phone/codes", {"phone": "13700001111"})
    taken = await customer.post("/phone/codes", {"phone": OTHER_PHONE})
    assert (free.status_code, free.json().keys()) == (taken.status_code, taken.json().keys())
    body = {
        "challenge": taken.json()["challenge"],
        "code": await customer.handsets.code(OTHER_PHONE),
        "authorisation": await authorised(customer),
    }
    reply = await customer.post("/phone", body)
    assert (reply.status_code, reply.json()["code"]) == (409, "identity.phone_unavailable")
    masked = await owner.fetchval(
        "SELECT phone_masked FROM identity_principals WHERE customer_id = $1",
        ids.parse("cus", customer.customer),
    )
    assert masked == "138****1234"


async def test_ones_own_number_is_no_other(customer: Browser) -> None:
    body = await code_for(customer, PHONE)
    reply = await customer.post("/phone", {**body, "authorisation": await authorised(customer)})
    assert (reply.status_code, reply.json()["code"]) == (409, "identity.phone_unavailable")


async def test_a_number_moves_only_with_the_pin_for_just_that(customer: Browser) -> None:
    body = await code_for(customer, OTHER_PHONE)
    other = await customer.authorised(
        purpose="unfreeze", payee=customer.customer, amount={"value": 0, "currency": "CNY"}
    )
    reply = await customer.post("/phone", {**body, "authorisation": other})
    assert (reply.status_code, reply.json()["code"]) == (403, "identity.authorisation_invalid")
    assert reply.json()["reason"] == "mismatch"
    assert (await customer.get("/session")).json()["phone_masked"] == "138****1234"


async def test_a_wrong_code_spends_no_authorisation(customer: Browser) -> None:
    body = await code_for(customer, OTHER_PHONE)
    authorisation = await authorised(customer)
    wrong = f"{(int(body['code']) + 1) % 1_000_000:06}"
    reply = await customer.post("/phone", {**body, "code": wrong, "authorisation": authorisation})
    assert reply.json()["code"] == "identity.code_wrong"
    reply = await customer.post("/phone", {**body, "authorisation": authorisation})
    assert reply.status_code == 200, reply.text


async def test_two_customers_race_for_one_number_and_one_gets_it(
    customer: Browser, browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    rival = await browsers(OTHER_PHONE).sign_up()
    bodies = []
    for person in (customer, rival):
        body = await code_for(person, "13700001111")
        bodies.append({**body, "authorisation": await authorised(person)})
    replies = await asyncio.gather(
        customer.post("/phone", bodies[0]), rival.post("/phone", bodies[1])
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    masks = await owner.fetch("SELECT phone_masked FROM identity_principals")
    assert [row["phone_masked"] for row in masks].count("137****1111") == 1
