"""A rehearsal tells what the act then does, to the fen, and does nothing."""

from typing import Any

import asyncpg
import pytest

from factories import shops
from factories.shops import authorise_payment, on_wire, ord_, payment_body, sto, yuan
from factories.town import Citizen
from factories.wallets_with_cards import move
from tael import merchants
from tael.sandbox.world import World


async def rehearse(citizen: Citizen, body: dict[str, Any]) -> dict[str, Any]:
    """Ask without a key: nothing is done."""
    reply = await citizen.browser.http.post("/api/rehearsals", json=body)
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def now(citizen: Citizen) -> dict[str, Any]:
    """How things stand, in the words of a rehearsal."""
    wallet = (await citizen.browser.get("/wallet")).json()
    [entry, *_] = (await citizen.browser.get("/history")).json()["entries"]
    limits = (await citizen.browser.get("/limits")).json()["limits"]
    return {
        "balance": wallet["balance"],
        "available": wallet["available"],
        "limits": limits,
        "entry": {name: entry[name] for name in ("kind", "direction", "amount", "balance_after")},
    }


def told_alike(told: dict[str, Any]) -> dict[str, Any]:
    """The part of a rehearsal's answer that `now` can be compared with."""
    assert (told["passes"], told["refusal"]) == (True, None), told
    assert told["entry"] is not None
    return {
        "balance": told["balance"],
        "available": told["available"],
        "limits": told["limits"],
        "entry": {
            name: told["entry"][name] for name in ("kind", "direction", "amount", "balance_after")
        },
    }


async def test_a_payment_does_what_its_rehearsal_told(
    wang: Citizen, counter: shops.Bank, store: merchants.Store
) -> None:
    order = await counter.an_order(store, yuan(30))
    asked = {
        "act": "payment",
        "payee": sto(store),
        "order": ord_(order),
        "amount": on_wire(yuan(30)),
        "funding": {"kind": "balance"},
    }
    async with counter.unmoved():
        told = await rehearse(wang, asked)
        assert await rehearse(wang, asked) | {"entry": None} == told | {"entry": None}
    authorisation = await authorise_payment(wang.browser, store, order, yuan(30))
    body = payment_body(store, order, yuan(30), authorisation)
    assert (await wang.browser.post("/payments", body)).status_code == 201
    assert told_alike(told) == await now(wang)


async def test_a_payment_by_card_does_what_its_rehearsal_told_and_asks_no_bank(
    wang: Citizen, counter: shops.Bank, store: merchants.Store, world: World
) -> None:
    funding = {"kind": "card", "card": wang.owned.card}
    asked = {
        "act": "payment",
        "payee": sto(store),
        "amount": on_wire(yuan(5)),
        "funding": funding,
    }
    before = world.books.card(wang.owned.card_number)
    async with counter.unmoved():
        told = await rehearse(wang, asked)
    assert world.books.card(wang.owned.card_number) == before
    authorisation = await authorise_payment(wang.browser, store, None, yuan(5))
    body = {**payment_body(store, None, yuan(5), authorisation), "funding": funding}
    assert (await wang.browser.post("/payments", body)).json()["state"] == "succeeded"
    assert told_alike(told) == await now(wang)


async def test_a_transfer_does_what_its_rehearsal_told(
    wang: Citizen, li: Citizen, counter: shops.Bank
) -> None:
    terms = {"payee": li.browser.customer, "amount": on_wire(yuan(12))}
    async with counter.unmoved():
        told = await rehearse(wang, {"act": "transfer", "memo": "午饭", **terms})
    assert told["entry"]["memo"] == "午饭"
    authorisation = await wang.browser.authorised(purpose="transfer", **terms)
    body = {**terms, "memo": "午饭", "authorisation": authorisation}
    assert (await wang.browser.post("/transfers", body)).status_code == 201
    assert told_alike(told) == await now(wang)


@pytest.mark.parametrize("act", ["top_up", "withdrawal"])
async def test_a_card_transfer_does_what_its_rehearsal_told(
    wang: Citizen, counter: shops.Bank, act: str
) -> None:
    async with counter.unmoved():
        told = await rehearse(
            wang, {"act": act, "card": wang.owned.card, "amount": on_wire(yuan(40))}
        )
    moved = await move(wang.browser, act, wang.owned.card, 4_000)
    assert moved.json()["state"] == "succeeded", moved.text
    assert told_alike(told) == await now(wang)


async def test_a_refusal_is_the_one_that_the_act_gets(
    wang: Citizen, li: Citizen, counter: shops.Bank
) -> None:
    terms = {"payee": li.browser.customer, "amount": on_wire(yuan(1_999))}
    before = await now(wang)
    async with counter.unmoved():
        told = await rehearse(wang, {"act": "transfer", **terms})
        authorisation = await wang.browser.authorised(purpose="transfer", **terms)
        body = {**terms, "memo": "", "authorisation": authorisation}
        refused = (await wang.browser.post("/transfers", body)).json()
    assert told["passes"] is False
    assert told["entry"] is None
    assert told["refusal"]["code"] == refused["code"]
    assert told["refusal"].get("short_by") == refused.get("short_by")
    assert (told["balance"], told["limits"]) == (before["balance"], before["limits"])


async def test_a_frozen_wallet_is_told_that_it_is_frozen(wang: Citizen, li: Citizen) -> None:
    await wang.browser.post("/wallet/freeze")
    asked = {"act": "transfer", "payee": li.browser.customer, "amount": on_wire(yuan(1))}
    told = await rehearse(wang, asked)
    assert told["refusal"]["code"] == "customers.wallet_frozen"


async def test_what_is_rehearsed_for_another_is_not_done_with_his_card(
    wang: Citizen, li: Citizen, counter: shops.Bank
) -> None:
    asked = {"act": "top_up", "card": li.owned.card, "amount": on_wire(yuan(1))}
    async with counter.unmoved():
        told = await rehearse(wang, asked)
    assert told["refusal"]["code"] == "instruments.card_unknown"


async def test_nobody_rehearses_without_end(
    wang: Citizen, li: Citizen, owner: asyncpg.Connection
) -> None:
    asked = {"act": "transfer", "payee": li.browser.customer, "amount": on_wire(yuan(1))}
    await rehearse(wang, asked)
    await owner.execute("UPDATE kernel_rate_limits SET count = 600 WHERE count = 1")
    reply = await wang.browser.http.post("/api/rehearsals", json=asked)
    assert (reply.status_code, reply.json()["code"]) == (429, "request.too_many")
