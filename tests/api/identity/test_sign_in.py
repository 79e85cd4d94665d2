"""Signing up, in and out: each rise of stage has its proof, and its own token."""

from collections.abc import Callable

from factories.identity import PIN, Browser
from tael.http.cookies import SESSION_COOKIE


async def test_a_new_browser_is_anonymous_and_gets_its_device_cookie(browser: Browser) -> None:
    reply = await browser.get("/session")
    assert reply.json()["stage"] == "anonymous"
    assert reply.json()["registered"] is None
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("__Host-tael_device=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"))
    assert "set-cookie" not in (await browser.get("/session")).headers


async def test_a_person_signs_up_by_code_and_pin(browser: Browser) -> None:
    await browser.begin()
    session = await browser.confirm_phone()
    assert (session["stage"], session["registered"]) == ("phone_verified", False)
    assert session["phone_masked"] == "138****1234"
    assert session["customer"] is None
    reply = await browser.post(
        "/wallets", {"pin": PIN, "terms_version": session["terms"]["version"], "language": "en"}
    )
    assert reply.status_code == 201, reply.text
    session = (await browser.get("/session")).json()
    assert (session["stage"], session["registered"]) == ("full", True)
    assert session["customer"] == reply.json()["customer"]
    assert session["language"] == "en"


async def test_a_customer_comes_back_by_code_and_pin(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    elsewhere = browsers()
    await elsewhere.begin()
    session = await elsewhere.confirm_phone()
    assert (session["stage"], session["registered"]) == ("phone_verified", True)
    reply = await elsewhere.post("/sign-in/pin", {"pin": PIN})
    assert reply.status_code == 200, reply.text
    assert reply.json()["customer"] == customer.customer
    assert reply.json()["stage"] == "full"
    # Two devices at once are fine.
    assert (await customer.get("/wallet")).status_code == 200


async def test_each_rise_of_stage_makes_a_new_token_and_the_old_opens_nothing(
    browser: Browser,
) -> None:
    await browser.begin()
    session = await browser.confirm_phone()
    early = browser.token
    await browser.post(
        "/wallets", {"pin": PIN, "terms_version": session["terms"]["version"], "language": "en"}
    )
    risen = browser.token
    assert risen != early
    browser.show(early)
    assert (await browser.get("/session")).json()["stage"] == "anonymous"


async def test_a_verified_number_alone_may_not_see_the_wallet(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    elsewhere = browsers()
    await elsewhere.begin()
    await elsewhere.confirm_phone()
    for path in ("/wallet", "/limits"):
        reply = await elsewhere.get(path)
        assert (reply.status_code, reply.json()["code"]) == (403, "identity.pin_required")
    reply = await elsewhere.authorise()
    assert reply.json()["code"] == "identity.pin_required"


async def test_nobody_is_signed_in_without_a_session(browser: Browser) -> None:
    await browser.begin()
    assert (await browser.get("/wallet")).json()["code"] == "identity.signed_out"
    for path in ("/sign-in/pin", "/wallets", "/pin/reset"):
        body = {
            "/sign-in/pin": {"pin": PIN},
            "/wallets": {"pin": PIN, "terms_version": "2026-01", "language": "en"},
            "/pin/reset": {"new_pin": PIN},
        }[path]
        reply = await browser.post(path, body)
        assert (reply.status_code, reply.json()["code"]) == (401, "identity.signed_out"), path


async def test_an_unregistered_number_has_no_pin_to_enter(browser: Browser) -> None:
    await browser.begin()
    await browser.confirm_phone()
    reply = await browser.post("/sign-in/pin", {"pin": PIN})
    assert (reply.status_code, reply.json()["code"]) == (409, "identity.not_registered")


async def test_a_registered_number_opens_no_second_wallet(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    elsewhere = browsers()
    await elsewhere.begin()
    session = await elsewhere.confirm_phone()
    reply = await elsewhere.post(
        "/wallets", {"pin": PIN, "terms_version": session["terms"]["version"], "language": "en"}
    )
    assert (reply.status_code, reply.json()["code"]) == (409, "identity.already_registered")
    assert customer.customer


async def test_sign_out_ends_the_session_at_once_everywhere_it_is_shown(customer: Browser) -> None:
    token = customer.token
    reply = await customer.post("/sign-out")
    assert reply.status_code == 204
    assert SESSION_COOKIE not in customer.http.cookies
    customer.show(token)
    assert (await customer.get("/wallet")).json()["code"] == "identity.signed_out"


async def test_signing_out_twice_is_no_fault(customer: Browser) -> None:
    assert (await customer.post("/sign-out")).status_code == 204
    assert (await customer.post("/sign-out")).status_code == 204


async def test_signing_in_anew_ends_the_browsers_earlier_session(customer: Browser) -> None:
    token = customer.token
    await customer.confirm_phone()
    customer.show(token)
    assert (await customer.get("/session")).json()["stage"] == "anonymous"


async def test_a_lost_reply_to_the_pin_is_replayed_with_its_new_cookie(
    customer: Browser, browsers: Callable[..., Browser]
) -> None:
    elsewhere = browsers()
    await elsewhere.begin()
    await elsewhere.confirm_phone()
    early = elsewhere.token
    first = await elsewhere.post("/sign-in/pin", {"pin": PIN}, key="the-same-key")
    # The reply is lost: the browser still shows the token of before.
    elsewhere.show(early)
    second = await elsewhere.post("/sign-in/pin", {"pin": PIN}, key="the-same-key")
    assert (second.status_code, second.content) == (200, first.content)
    assert (await elsewhere.get("/wallet")).status_code == 200
    assert customer.customer
