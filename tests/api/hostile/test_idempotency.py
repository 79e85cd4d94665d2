"""Every unsafe operation under its key, from the route table: the law of architecture.md, § 3.

Without a key 400; again with it the same bytes and no second effect; with another payload 422;
ten at a time, one effect. A new operation without a request in the town fails.
"""

import asyncio
from collections.abc import Mapping
from http.cookiejar import Cookie
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

from factories import shops
from factories.hostile import fault_of
from factories.identity import OTHER_PIN, Browser
from factories.shops import on_wire, yuan
from factories.town import Call, Town, requests
from tael.cli.openapi import document

AT_ONCE: Final = 10

AUTHORISED: Final = {
    "POST /payments": "payment",
    "POST /transfers": "transfer",
    "POST /top-ups": "top_up",
    "POST /withdrawals": "withdrawal",
    "POST /wallet/unfreeze": "unfreeze",
    "POST /wallet/close": "close_wallet",
}
"""What needs an authorisation, and for which purpose."""

DESTRUCTIVE: Final = (
    "DELETE /cards/{card}",
    "POST /wallet/freeze",
    "POST /wallet/unfreeze",
    "POST /pin/change",
    "POST /pin/reset",
    "POST /wallet/close",
    "POST /sign-out",
)
"""What is done last, in this order: it takes from the others what they need."""

ENDS_THE_SESSION: Final = frozenset({"POST /wallet/close", "POST /sign-out"})
"""After these nobody is signed in under whose name a key could be found: who asks again is told
that, or signs out once more."""

RENEWS_THE_SESSION: Final = frozenset({"POST /pin/reset", "POST /sign-in/pin"})
"""After these the old token opens nothing: a customer who asks again with it is signed out."""

LATER: Final = frozenset({"request.in_progress", "kernel.busy", "kernel.overloaded"})

DONE: Final = frozenset(
    {
        "DELETE /cards/{card}",
        "POST /authorisations",
        "POST /payments",
        "POST /pin/change",
        "POST /receive-codes",
        "POST /sandbox/clock",
        "POST /sandbox/shops/{store}/orders",
        "POST /sign-in/codes",
        "POST /top-ups",
        "POST /transfers",
        "POST /wallet/freeze",
        "POST /wallet/unfreeze",
        "POST /wallet/language",
        "POST /withdrawals",
    }
)
"""What the town's requests get done, so that the test is about effects and not refusals alone."""


def keyed() -> list[str]:
    """Every operation of a customer or the sandbox that takes a key, the destructive ones last."""
    names = [
        f"{method.upper()} {path.removeprefix('/api')}"
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", []))
        and not path.startswith("/api/staff/")
    ]
    return [*(name for name in names if name not in DESTRUCTIVE), *DESTRUCTIVE]


async def rows(owner: asyncpg.Connection) -> Mapping[str, int]:
    """How many rows every table holds, but for those that count attempts and keep replies."""
    tables = await owner.fetch(
        """
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'public'
          AND tablename NOT IN ('kernel_rate_limits', 'kernel_idempotency')
        """
    )
    counted = " UNION ALL ".join(
        f"SELECT '{row['tablename']}', count(*) FROM {row['tablename']}" for row in tables
    )
    return dict(await owner.fetch(counted))


async def right(town: Town, name: str, counter: shops.Bank) -> Call:
    """A request that can be done, with what the PIN must agree to."""
    call = requests(town, town.alice)[name]
    alice = town.alice.browser
    body = dict(call.body or {})
    if name == "POST /transfers":
        body["receive_code"] = None
    if name == "POST /payments":
        body["funding"] = {"kind": "balance"}
    if name in AUTHORISED:
        terms: dict[str, Any] = {
            "purpose": AUTHORISED[name],
            "payee": body.get("payee") or body.get("card") or alice.customer,
            "amount": body.get("amount") or on_wire(yuan(0)),
            "order": body.get("order"),
        }
        body["authorisation"] = await alice.authorised(**terms)
    if name == "POST /wallet/close":
        account = await counter.balance(alice.customer)
        await counter.drain(alice.customer, account)
    return Call(call.method, call.path, body if call.body is not None else None)


async def send(browser: Browser, call: Call, key: str | None, more: bytes = b"") -> httpx.Response:
    """Send it, octet for octet the same each time but for `more`, until it is settled."""
    content = httpx.Request("POST", "http://x", json=call.body).content if call.body else b""
    for _ in range(100):
        reply = await browser.http.request(
            call.method,
            f"/api{call.path}",
            content=content + more,
            headers={
                "Content-Type": "application/json",
                **({"Idempotency-Key": key} if key else {}),
            },
        )
        assert fault_of(reply) is None, reply.text
        if reply.status_code < 400 or reply.json()["code"] not in LATER:
            return reply
        await asyncio.sleep(0.05)
    raise AssertionError(f"{call} is never settled")


def jar(browser: Browser) -> list[Cookie]:
    """What the browser would show."""
    return list(browser.http.cookies.jar)


def put_back(browser: Browser, cookies: list[Cookie]) -> None:
    """As if the reply with new cookies had been lost."""
    browser.http.cookies.jar.clear()
    for cookie in cookies:
        browser.http.cookies.jar.set_cookie(cookie)


async def test_every_unsafe_operation_is_refused_without_a_key(
    town: Town, counter: shops.Bank, owner: asyncpg.Connection
) -> None:
    calls = requests(town, town.alice)
    before = await rows(owner)
    async with counter.unmoved():
        for name in keyed():
            reply = await send(town.alice.browser, calls[name], None)
            assert (reply.status_code, reply.json()["code"]) == (400, "request.key_missing"), name
    assert await rows(owner) == before


async def test_every_unsafe_operation_answers_a_key_once(
    town: Town, counter: shops.Bank, owner: asyncpg.Connection
) -> None:
    alice, done = town.alice.browser, set[str]()
    for name in keyed():
        await owner.execute("DELETE FROM kernel_rate_limits")
        call, key, cookies = await right(town, name, counter), uuid4().hex, jar(alice)
        first = await send(alice, call, key)
        if first.status_code < 400:
            done.add(name)
            if name == "POST /pin/change":
                alice.pin = OTHER_PIN
        new_cookies = jar(alice)
        put_back(alice, cookies)
        settled = await rows(owner)
        again = await send(alice, call, key)
        if name in ENDS_THE_SESSION:
            assert first.status_code < 400, first.text
            assert again.status_code in {204, 401}, name
            continue
        if name in RENEWS_THE_SESSION:
            assert first.status_code < 400, first.text
            assert (again.status_code, again.json()["code"]) == (401, "identity.signed_out"), name
            assert await rows(owner) == settled, f"{name} had an effect twice"
            put_back(alice, new_cookies)
            continue
        assert (again.status_code, again.content) == (first.status_code, first.content), name
        assert again.headers.get("set-cookie") == first.headers.get("set-cookie"), name
        put_back(alice, cookies)
        other = await send(alice, call, key, more=b" ")
        if call.body is not None:
            assert (other.status_code, other.json()["code"]) == (422, "request.key_reused"), name
        assert await rows(owner) == settled, f"{name} had an effect twice"
        put_back(alice, new_cookies)
    assert done >= DONE, DONE - done


@pytest.mark.parametrize(
    "names",
    [
        ("POST /wallet/language", "POST /receive-codes", "POST /sandbox/shops/{store}/orders"),
        ("POST /cards/bindings", "DELETE /cards/{card}"),
        ("POST /authorisations", "POST /sign-in/codes", "POST /sandbox/clock"),
        ("POST /wallet/freeze", "POST /wallet/unfreeze", "POST /pin/change"),
    ],
    ids=["wallet", "cards", "sign-in", "freeze"],
)
async def test_ten_at_once_with_one_key_have_one_effect(
    town: Town, counter: shops.Bank, owner: asyncpg.Connection, names: tuple[str, ...]
) -> None:
    """Half of them are another request by one byte: whoever is second is told so."""
    alice = town.alice.browser
    for name in names:
        await owner.execute("DELETE FROM kernel_rate_limits")
        call, key, cookies = await right(town, name, counter), uuid4().hex, jar(alice)
        replies = await asyncio.gather(
            *(send(alice, call, key, b" " * (number % 2)) for number in range(AT_ONCE))
        )
        told = [
            reply
            for reply in replies
            if not (reply.status_code == 422 and reply.json()["code"] == "request.key_reused")
        ]
        assert len(told) == AT_ONCE // 2, name
        assert {reply.status_code < 400 for reply in told} == {name in DONE}, told[0].text
        assert len({reply.content for reply in told}) == 1, name
        settled = await rows(owner)
        last = jar(alice)
        put_back(alice, cookies)
        again = await send(alice, call, key, b" " if told[0] is replies[1] else b"")
        assert again.content == told[0].content, name
        assert await rows(owner) == settled, name
        put_back(alice, last)
