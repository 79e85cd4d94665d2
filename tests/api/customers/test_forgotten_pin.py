"""A forgotten PIN of a wallet that knows its holder: name, ID number and face, or no new PIN."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from factories.customers import LI_ID, WANG, Checker
from factories.identity import OTHER_PIN, PIN, Browser
from tael.customers import Verdict


@pytest.fixture
async def forgetful(proven: Browser, browsers: Callable[..., Browser]) -> Browser:
    """The holder in another browser, with a fresh code and without the PIN."""
    assert proven.customer
    browser = browsers()
    await browser.begin()
    await browser.confirm_phone()
    return browser


async def reset(
    browser: Browser,
    *,
    key: str | None = None,
    **shown: Any,  # noqa: ANN401 - a JSON body
) -> httpx.Response:
    return await browser.post("/pin/reset", {"new_pin": OTHER_PIN, **shown}, key=key)


async def test_the_holder_sets_a_new_pin(forgetful: Browser, proven: Browser) -> None:
    reply = await reset(forgetful, **WANG)
    assert reply.status_code == 200, reply.text
    forgetful.customer = proven.customer
    await forgetful.authorised(pin=OTHER_PIN)
    assert (await proven.get("/wallet")).json()["code"] == "identity.signed_out"


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        ({}, "identity.proof_required"),
        ({"name": "王小明"}, "identity.proof_required"),
        ({**WANG, "name": "李雷", "id_number": LI_ID}, "customers.identity_mismatch"),
        ({**WANG, "name": "王晓明"}, "customers.identity_mismatch"),
        ({**WANG, "id_number": "110101199003070039"}, "customers.id_number_invalid"),
    ],
)
async def test_somebody_else_does_not(
    forgetful: Browser, proven: Browser, shown: dict[str, str], code: str
) -> None:
    assert (await reset(forgetful, **shown)).json()["code"] == code
    await proven.authorised(pin=PIN)


async def test_another_face_does_not(forgetful: Browser, proven: Browser, checker: Checker) -> None:
    checker.verdict = Verdict.MISMATCH
    assert (await reset(forgetful, **WANG)).json()["code"] == "customers.identity_mismatch"
    await proven.authorised(pin=PIN)


async def test_an_unanswered_check_is_asked_again_with_the_same_key(
    forgetful: Browser, proven: Browser, checker: Checker
) -> None:
    checker.verdict = None
    first = await reset(forgetful, key="reset-0001", **WANG)
    assert (first.status_code, first.json()["advice"]) == (503, "same_key")
    await proven.authorised(pin=PIN)
    checker.verdict = Verdict.MATCH
    again = await reset(forgetful, key="reset-0001", **WANG)
    assert again.status_code == 200, again.text
    assert len({inquiry.id for inquiry in checker.asked[1:]}) == 1, "one check, asked twice"
    await forgetful.authorised(pin=OTHER_PIN, payee=proven.customer)
