"""A wallet that knows a name gives its PIN away only to that person."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI

from factories.customers import LI_ID, WANG, Checker
from factories.identity import OTHER_PIN, PIN, Browser
from tael.customers import Prover, Verdict


@pytest.fixture
def checker(app: FastAPI) -> Checker:
    """The identity checker that the app asks."""
    told = Checker()
    services = app.state.services
    prover = Prover(proofing=told, sealer=services.sealer)
    app.state.services = replace(services, prover=prover)
    return told


@pytest.fixture
async def proven(customer: Browser, checker: Checker) -> Browser:
    """王小明, in class 3."""
    reply = await customer.post("/upgrades/identity", WANG)
    assert (reply.status_code, reply.json()["class"]) == (200, 3), reply.text
    checker.asked.clear()
    return customer


async def forgetful(browsers: Callable[..., Browser]) -> Browser:
    """Somebody who has the phone, and not the PIN."""
    browser = browsers()
    await browser.begin()
    await browser.confirm_phone()
    return browser


async def test_a_phone_alone_does_not_reset_a_named_wallets_pin(
    proven: Browser, browsers: Callable[..., Browser], checker: Checker
) -> None:
    thief = await forgetful(browsers)
    reply = await thief.post("/pin/reset", {"new_pin": OTHER_PIN})
    assert (reply.status_code, reply.json()["code"]) == (403, "identity.proof_required")
    assert reply.json()["needs"] == ["name", "id_number", "portrait"]
    assert checker.asked == []
    await proven.authorised(pin=PIN)


async def test_the_holder_resets_the_pin_by_name_number_and_face(
    proven: Browser, browsers: Callable[..., Browser], checker: Checker
) -> None:
    browser = await forgetful(browsers)
    reply = await browser.post("/pin/reset", {"new_pin": OTHER_PIN, **WANG})
    assert reply.status_code == 200, reply.text
    assert reply.json()["stage"] == "full"
    assert len(checker.asked) == 1
    await browser.authorised(pin=OTHER_PIN)
    assert (await proven.get("/wallet")).json()["code"] == "identity.signed_out"


@pytest.mark.parametrize(
    "shown",
    [{**WANG, "name": "王大明"}, {**WANG, "id_number": LI_ID}],
    ids=["another name", "another number"],
)
async def test_somebody_else_does_not(
    proven: Browser, browsers: Callable[..., Browser], shown: dict[str, Any]
) -> None:
    thief = await forgetful(browsers)
    reply = await thief.post("/pin/reset", {"new_pin": OTHER_PIN, **shown})
    assert reply.json()["code"] == "customers.identity_mismatch", reply.text
    await proven.authorised(pin=PIN)
    assert (await thief.get("/session")).json()["stage"] == "phone_verified"


async def test_another_face_does_not(
    proven: Browser, browsers: Callable[..., Browser], checker: Checker
) -> None:
    checker.verdict = Verdict.MISMATCH
    thief = await forgetful(browsers)
    reply = await thief.post("/pin/reset", {"new_pin": OTHER_PIN, **WANG})
    assert reply.json()["code"] == "customers.identity_mismatch", reply.text
    await proven.authorised(pin=PIN)


@pytest.mark.parametrize(
    ("pin", "why"), [("900307", "birthday"), ("070038", "id_number"), ("199003", "birthday")]
)
async def test_a_named_customers_pin_is_not_their_birthday_or_number(
    proven: Browser, owner: asyncpg.Connection, pin: str, why: str
) -> None:
    reply = await proven.post("/pin/change", {"old_pin": PIN, "new_pin": pin})
    assert (reply.status_code, reply.json()["code"]) == (422, "identity.pin_weak")
    assert reply.json()["why"] == why
    assert await owner.fetchval("SELECT version FROM identity_pins") == 1
