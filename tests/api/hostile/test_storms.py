"""The same key many times at once: one effect, the same bytes for all who asked the same."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

from factories import shops
from factories.hostile import fault_of
from factories.identity import Browser
from factories.shops import on_wire, ord_, payment_body, sto, yuan
from factories.town import Town

STORM: Final = 50
ROUNDS: Final = int(os.environ.get("TAEL_STORM_ROUNDS", "2"))

LATER: Final = {"request.in_progress", "kernel.busy", "kernel.overloaded"}
"""What a twin may get that is not to wait any longer: ask again with the same key."""


async def a_transfer(town: Town, _counter: shops.Bank) -> tuple[str, dict[str, Any], str]:
    amount, payee = on_wire(yuan(1)), town.bob.browser.customer
    authorisation = await town.alice.browser.authorised(
        purpose="transfer", payee=payee, amount=amount
    )
    body = {"payee": payee, "amount": amount, "memo": "one", "authorisation": authorisation}
    return "/transfers", body, "memo"


async def a_payment(town: Town, counter: shops.Bank) -> tuple[str, dict[str, Any], str]:
    order = await counter.an_order(town.shop, yuan(1))
    terms = {"purpose": "payment", "payee": sto(town.shop), "amount": on_wire(yuan(1))}
    authorisation = await town.alice.browser.authorised(**terms, order=ord_(order))
    return "/payments", payment_body(town.shop, order, yuan(1), authorisation), "order"


async def a_top_up(town: Town, _counter: shops.Bank) -> tuple[str, dict[str, Any], str]:
    card, amount = town.alice.owned.card, on_wire(yuan(1))
    authorisation = await town.alice.browser.authorised(purpose="top_up", payee=card, amount=amount)
    return "/top-ups", {"card": card, "amount": amount, "authorisation": authorisation}, "card"


async def a_withdrawal(town: Town, _counter: shops.Bank) -> tuple[str, dict[str, Any], str]:
    card, amount = town.alice.owned.card, on_wire(yuan(1))
    authorisation = await town.alice.browser.authorised(
        purpose="withdrawal", payee=card, amount=amount
    )
    return "/withdrawals", {"card": card, "amount": amount, "authorisation": authorisation}, "card"


async def to_the_end(browser: Browser, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    """Ask, and ask again with the same key for as long as the answer advises it."""
    for _ in range(40):
        reply = await browser.post(path, body, key=key)
        assert fault_of(reply) is None, reply.text
        if reply.status_code < 400 or reply.json()["code"] not in LATER:
            return reply
        await asyncio.sleep(0.2)
    raise AssertionError(reply.text)


@pytest.mark.parametrize("act", [a_transfer, a_payment, a_top_up, a_withdrawal])
async def test_fifty_of_the_same_have_one_effect_and_get_the_same_bytes(
    town: Town, counter: shops.Bank, owner: asyncpg.Connection, act: Callable[..., Any]
) -> None:
    alice = town.alice.browser
    for _ in range(ROUNDS):
        path, body, _member = await act(town, counter)
        key, before = uuid4().hex, await movements(owner)
        replies = await asyncio.gather(*(to_the_end(alice, path, body, key) for _ in range(STORM)))
        assert {reply.status_code for reply in replies} == {201}, replies[0].text
        assert len({reply.content for reply in replies}) == 1
        assert await movements(owner) == before + 1
        assert (await alice.post(path, body, key=key)).content == replies[0].content


@pytest.mark.parametrize("act", [a_transfer, a_payment, a_top_up, a_withdrawal])
async def test_one_key_is_good_for_one_request(
    town: Town, counter: shops.Bank, owner: asyncpg.Connection, act: Callable[..., Any]
) -> None:
    """Half of the storm is another request by one byte: whoever is second is told so."""
    alice = town.alice.browser
    for _ in range(ROUNDS):
        path, body, member = await act(town, counter)
        text = body[member]
        other = {**body, member: text[:-1] + ("0" if text[-1] != "0" else "1")}
        key, before = uuid4().hex, await movements(owner)
        replies = await asyncio.gather(
            *(
                to_the_end(alice, path, other if number % 2 else body, key)
                for number in range(STORM)
            )
        )
        codes = Counter(
            reply.json().get("code", "done") if reply.status_code >= 400 else "done"
            for reply in replies
        )
        assert codes["request.key_reused"] == STORM // 2, codes
        # One request got through, whichever it was; if it was the spoiled one, it was refused.
        settled = [reply for reply in replies if not is_reuse(reply)]
        assert len({reply.content for reply in settled}) == 1
        done = settled[0].status_code == 201
        assert await movements(owner) == before + int(done)


def is_reuse(reply: httpx.Response) -> bool:
    if reply.status_code != 422:
        return False
    return bool(reply.json()["code"] == "request.key_reused")


async def test_fifty_openings_of_one_wallet_open_one(
    browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    browser = browsers()
    await browser.begin()
    session = await browser.confirm_phone()
    body = {
        "pin": browser.pin,
        "terms_version": session["terms"]["version"],
        "language": "en",
    }
    key, token = uuid4().hex, browser.token

    async def opened() -> httpx.Response:
        cookies = {"Idempotency-Key": key}
        return await browser.http.post("/api/wallets", json=body, headers=cookies)

    replies = await asyncio.gather(*(opened() for _ in range(STORM)))
    assert browser.token != token
    assert {reply.status_code for reply in replies} == {201}, replies[0].text
    assert len({reply.content for reply in replies}) == 1
    assert len({reply.headers["set-cookie"] for reply in replies}) == 1
    assert await owner.fetchval("SELECT count(*) FROM customers_wallets") == 1
    # Other keys are other requests: the wallet is there.
    others = await asyncio.gather(*(browser.post("/wallets", body) for _ in range(STORM)))
    assert {reply.json()["code"] for reply in others} <= {
        "identity.already_registered",
        "identity.signed_out",
    }
    assert await owner.fetchval("SELECT count(*) FROM customers_wallets") == 1


async def movements(owner: asyncpg.Connection) -> int:
    """How often money moved."""
    count: int = await owner.fetchval("SELECT count(*) FROM ledger_movements")
    return count
