"""Paying a shop from a card: each way the card's bank may behave, and nothing twice."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from factories import shops
from factories.identity import Browser
from factories.shops import authorise_payment, on_wire, ord_, payment_body, yuan
from factories.wallets_with_cards import Bank, balances, bind, top_up
from tael import merchants, payments
from tael.codecs.response_codes import ResponseCode
from tael.sandbox.world import World
from tael.sandbox.world.modes import Mode, ModeKind, When
from tael.sandbox.world.people import WANG, CardKind


async def pay(
    payer: Browser,
    card: str,
    shop: merchants.Store,
    order: payments.Order | None,
    amount: int,
) -> httpx.Response:
    """Enter the PIN and pay from the card."""
    authorisation = await authorise_payment(payer, shop, order, yuan(amount))
    body: dict[str, Any] = payment_body(shop, order, yuan(amount), authorisation)
    return await payer.post("/payments", {**body, "funding": {"kind": "card", "card": card}})


def refused(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    code: str = reply.json()["code"]
    return code


async def order_state(payer: Browser, order: payments.Order) -> str:
    state: str = (await payer.get(f"/sandbox/orders/{ord_(order)}")).json()["state"]
    return state


async def test_a_card_pays_an_order_past_the_wallet(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(30))
    reply = await pay(wang, debit, shop, order, 30)
    assert reply.status_code == 201, reply.text
    paid = reply.json()
    assert (paid["state"], paid["decline"]) == ("succeeded", None)
    assert paid["funding"] == {"kind": "card", "card": debit}
    assert paid["movement"].startswith("mov_")
    assert await order_state(wang, order) == "paid"
    assert await counter.balance_of(shop.account) == yuan(30)
    assert await bank.clearing() == 3_000
    assert await balances(wang) == (0, 0)
    assert await counter.day_used(wang.customer) == 0
    assert (await wang.get(f"/payments/{paid['payment']}")).json() == paid
    assert refused(await pay(wang, debit, shop, order, 30)) == "payments.order_already_paid"


async def test_the_history_shows_once_what_a_card_paid(
    wang: Browser, debit: str, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(30))
    paid = (await pay(wang, debit, shop, order, 30)).json()
    [entry] = (await wang.get("/history")).json()["entries"]
    assert (entry["movement"], entry["direction"]) == (paid["movement"], "out")
    assert entry["amount"] == on_wire(yuan(30))
    assert entry["balance_after"] == on_wire(yuan(0))
    assert (await wang.get("/history?direction=in")).json()["entries"] == []
    detail = (await wang.get(f"/history/{paid['movement']}")).json()
    assert detail["amount"] == on_wire(yuan(30))
    assert detail["receipt"]["funding"] == {"kind": "card", "card": debit}


async def test_a_credit_card_pays(
    wang: Browser, world: World, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    number = world.books.issue(WANG, "demo", CardKind.CREDIT, 1_000_000)
    credit = str((await bind(wang, world, number, WANG))["card"])
    order = await counter.an_order(shop, yuan(30))
    assert (await pay(wang, credit, shop, order, 30)).json()["state"] == "succeeded"


async def test_a_declined_payment_says_why_and_frees_the_order(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(30))
    bank.world.modes.order(Mode(kind=ModeKind.DECLINE, code=ResponseCode.INSUFFICIENT_FUNDS))
    async with counter.unmoved():
        done = (await pay(wang, debit, shop, order, 30)).json()
        assert (done["state"], done["movement"]) == ("declined", None)
        assert done["decline"]["code"] == "insufficient_funds"
        assert await order_state(wang, order) == "open"
    assert (await pay(wang, debit, shop, order, 30)).json()["state"] == "succeeded"


SILENCES = {
    "answer_lost": (Mode(kind=ModeKind.TIMEOUT), "succeeded", "paid"),
    "request_lost": (Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE), "declined", "open"),
    "late": (Mode(kind=ModeKind.DELAY, seconds=0.8), "succeeded", "paid"),
    "line_cut": (Mode(kind=ModeKind.DROP), "succeeded", "paid"),
}


@pytest.mark.parametrize("silence", SILENCES)
async def test_an_unknown_outcome_holds_back_a_second_payment_until_it_is_certain(
    wang: Browser,
    debit: str,
    bank: Bank,
    counter: shops.Bank,
    shop: merchants.Store,
    silence: str,
) -> None:
    mode, end, standing = SILENCES[silence]
    order = await counter.an_order(shop, yuan(30))
    alike = await counter.an_order(shop, yuan(30))
    bank.world.modes.order(mode)
    pending = (await pay(wang, debit, shop, order, 30)).json()
    assert (pending["state"], pending["movement"]) == ("pending", None)
    assert pending["final_by"] is not None
    await counter.fund(wang.customer, yuan(100))
    async with counter.unmoved():
        assert await order_state(wang, order) == "paying"
        assert refused(await pay(wang, debit, shop, order, 30)) == "payments.order_being_paid"
        again = await pay(wang, debit, shop, alike, 30)
        assert refused(again) == "payments.same_payment_pending"
        authorisation = await authorise_payment(wang, shop, None, yuan(30))
        body = payment_body(shop, None, yuan(30), authorisation)
        from_balance = await wang.post("/payments", body)
        assert refused(from_balance) == "payments.same_payment_pending"
    await counter.drain(wang.customer, yuan(100))
    await bank.finish_everything()
    done = (await wang.get(f"/payments/{pending['payment']}")).json()
    assert (done["state"], await order_state(wang, order)) == (end, standing)
    expected = yuan(30) if end == "succeeded" else yuan(0)
    assert await counter.balance_of(shop.account) == expected


async def test_printed_codes_take_500_a_day_from_cards_apart_from_the_balance(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    assert (await pay(wang, debit, shop, None, 490)).json()["state"] == "succeeded"
    async with counter.unmoved():
        reply = await pay(wang, debit, shop, None, 11)
        assert refused(reply) == "customers.limit_exceeded"
        assert reply.json()["left"] == on_wire(yuan(10))
    # A declined payment gives the cap back.
    bank.world.modes.order(Mode(kind=ModeKind.DECLINE, code=ResponseCode.DO_NOT_HONOUR))
    assert (await pay(wang, debit, shop, None, 10)).json()["state"] == "declined"
    assert (await pay(wang, debit, shop, None, 10)).json()["state"] == "succeeded"
    await top_up(wang, debit, 50_000)
    authorisation = await authorise_payment(wang, shop, None, yuan(500))
    body = payment_body(shop, None, yuan(500), authorisation)
    assert (await wang.post("/payments", body)).status_code == 201


async def test_many_pay_one_order_by_card_and_one_is_served(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(3))
    given = [await authorise_payment(wang, shop, order, yuan(3)) for _ in range(8)]
    by_card = {"funding": {"kind": "card", "card": debit}}
    bodies = [{**payment_body(shop, order, yuan(3), each), **by_card} for each in given]
    replies = await asyncio.gather(*(wang.post("/payments", body) for body in bodies))
    outcome = Counter(r.json().get("state") or refused(r) for r in replies)
    assert outcome["succeeded"] == 1
    others = {"succeeded", "payments.order_being_paid", "payments.order_already_paid"}
    assert set(outcome) <= others
    assert await counter.balance_of(shop.account) == yuan(3)
    assert await bank.clearing() == 300


async def test_twins_with_one_key_get_the_same_bytes(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(3))
    authorisation = await authorise_payment(wang, shop, order, yuan(3))
    body = payment_body(shop, order, yuan(3), authorisation)
    body["funding"] = {"kind": "card", "card": debit}
    replies = await asyncio.gather(
        *(wang.post("/payments", body, key="one-key-for-all") for _ in range(10))
    )
    assert {reply.content for reply in replies} == {replies[0].content}
    assert replies[0].json()["state"] == "succeeded"
    assert await bank.clearing() == 300


async def test_a_strangers_card_does_not_pay(
    wang: Browser,
    debit: str,
    bank: Bank,
    counter: shops.Bank,
    shop: merchants.Store,
    browsers: Callable[..., Browser],
) -> None:
    stranger = await browsers("13900005678").sign_up()
    order = await counter.an_order(shop, yuan(3))
    async with counter.unmoved():
        reply = await pay(stranger, debit, shop, order, 3)
        assert refused(reply) == "instruments.card_unknown"


async def test_a_frozen_wallets_card_does_not_pay(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(3))
    authorisation = await authorise_payment(wang, shop, order, yuan(3))
    body = payment_body(shop, order, yuan(3), authorisation)
    body["funding"] = {"kind": "card", "card": debit}
    await counter.set_status(wang.customer, "frozen")
    async with counter.unmoved():
        assert refused(await wang.post("/payments", body)) == "customers.wallet_frozen"
    assert await bank.clearing() == 0


async def test_a_pending_payment_stands_against_closing_the_wallet(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(3))
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    assert (await pay(wang, debit, shop, order, 3)).json()["state"] == "pending"
    preview = (await wang.get("/wallet/closing")).json()
    assert [each["code"] for each in preview["obstacles"]] == ["payments.card_payment_pending"]
    await bank.finish_everything()
    assert (await wang.get("/wallet/closing")).json()["can_close"]
