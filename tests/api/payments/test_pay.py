"""Paying from the balance: what settles, what is refused, and that refusals move nothing."""

from collections.abc import Callable
from datetime import timedelta

import asyncpg
import httpx

from factories.identity import OTHER_PHONE, Browser
from factories.shops import (
    Bank,
    authorise_payment,
    on_wire,
    ord_,
    payment_body,
    sto,
    yuan,
)
from tael import merchants, payments
from tael.kernel import ids


async def pay(
    payer: Browser, shop: merchants.Store, order: payments.Order | None, amount: int
) -> httpx.Response:
    """Enter the PIN and pay."""
    authorisation = await authorise_payment(payer, shop, order, yuan(amount))
    return await payer.post("/payments", payment_body(shop, order, yuan(amount), authorisation))


def refused(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    code: str = reply.json()["code"]
    return code


async def test_an_order_is_paid_and_everything_says_so(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(25))
    reply = await pay(payer, shop, order, 25)
    assert reply.status_code == 201, reply.text
    paid = reply.json()
    assert paid["state"] == "succeeded"
    assert paid["amount"] == on_wire(yuan(25))
    assert paid["order"] == ord_(order)
    assert paid["payee"] == {
        "payee": sto(shop),
        "name": "TEST SHOP",
        "name_zh": "测试小店",
        "city": "BEIJING",
        "mcc": "5812",
    }
    assert paid["funding"] == {"kind": "balance", "card": None}
    assert paid["movement"].startswith("mov_")
    assert len(paid["receipt_number"]) == 27
    assert await bank.balance(payer.customer) == yuan(975)
    assert await bank.balance_of(shop.account) == yuan(25)
    assert await bank.day_used(payer.customer) == 2500
    standing = (await payer.get(f"/sandbox/orders/{ord_(order)}")).json()
    assert standing["state"] == "paid"
    assert standing["paid_at"] is not None
    assert (await payer.get(f"/payments/{paid['payment']}")).json() == paid
    await bank.books()


async def test_the_receipt_is_for_the_payer_only(
    payer: Browser, bank: Bank, shop: merchants.Store, browsers: Callable[..., Browser]
) -> None:
    paid = (await pay(payer, shop, await bank.an_order(shop, yuan(1)), 1)).json()
    stranger = await browsers(OTHER_PHONE).sign_up()
    reply = await stranger.get(f"/payments/{paid['payment']}")
    assert (reply.status_code, refused(reply)) == (404, "payments.payment_not_found")


async def test_the_event_tells_who_paid_whom(
    payer: Browser, bank: Bank, shop: merchants.Store, owner: asyncpg.Connection
) -> None:
    order = await bank.an_order(shop, yuan(3))
    paid = (await pay(payer, shop, order, 3)).json()
    row = await owner.fetchrow(
        """
        SELECT payload ->> 'payer' AS payer, payload ->> 'movement' AS movement,
               payload -> 'amount' ->> 'value' AS amount
        FROM kernel_outbox WHERE topic = 'payments.payment_settled.v1'
        """
    )
    assert ids.wire("cus", ids.parse("cus", payer.customer)) == payer.customer
    assert row["payer"] == str(ids.parse("cus", payer.customer))
    assert row["movement"] == str(ids.parse("mov", paid["movement"]))
    assert row["amount"] == "300"


async def test_a_printed_code_takes_any_amount_up_to_500_a_day(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    assert (await pay(payer, shop, None, 480)).status_code == 201
    async with bank.unmoved():
        reply = await pay(payer, shop, None, 21)
        assert refused(reply) == "customers.limit_exceeded"
        assert reply.json()["limit"] == "static_code_day"
        assert reply.json()["left"] == on_wire(yuan(20))
    assert (await pay(payer, shop, None, 20)).status_code == 201
    # An order's code is not a printed one: its payments have the wallet's own limits.
    order = await bank.an_order(shop, yuan(100))
    assert (await pay(payer, shop, order, 100)).status_code == 201


async def test_an_order_is_not_paid_twice(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5))
    assert (await pay(payer, shop, order, 5)).status_code == 201
    async with bank.unmoved():
        assert refused(await pay(payer, shop, order, 5)) == "payments.order_already_paid"


async def test_an_expired_order_is_not_paid(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5), life=timedelta(seconds=60))
    await payer.post("/sandbox/clock", {"advance_s": 60})
    async with bank.unmoved():
        assert refused(await pay(payer, shop, order, 5)) == "payments.order_expired"
    assert (await payer.get(f"/sandbox/orders/{ord_(order)}")).json()["state"] == "expired"


async def test_a_withdrawn_order_is_not_paid(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5))
    closed = await payer.post(f"/sandbox/shops/{sto(shop)}/orders/{ord_(order)}/close")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    async with bank.unmoved():
        assert refused(await pay(payer, shop, order, 5)) == "payments.order_closed"


async def test_an_order_is_paid_exactly(payer: Browser, bank: Bank, shop: merchants.Store) -> None:
    order = await bank.an_order(shop, yuan(5))
    async with bank.unmoved():
        for amount in (4, 6):
            reply = await pay(payer, shop, order, amount)
            assert refused(reply) == "payments.amount_changed"
            assert reply.json()["amount"] == on_wire(yuan(5))


async def test_an_owner_does_not_pay_his_own_shop(payer: Browser, bank: Bank) -> None:
    own = await bank.a_shop(owner=payer.customer)
    order = await bank.an_order(own, yuan(5))
    async with bank.unmoved():
        assert refused(await pay(payer, own, order, 5)) == "payments.self_payment"
        assert refused(await pay(payer, own, None, 5)) == "payments.self_payment"


async def test_more_than_there_is_is_not_paid(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(1001))
    async with bank.unmoved():
        reply = await pay(payer, shop, order, 1001)
        assert refused(reply) == "ledger.insufficient_funds"
        assert reply.json()["short_by"] == on_wire(yuan(1))


async def test_a_frozen_wallet_does_not_pay(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5))
    authorisation = await authorise_payment(payer, shop, order, yuan(5))
    await bank.set_status(payer.customer, "frozen")
    async with bank.unmoved():
        body = payment_body(shop, order, yuan(5), authorisation)
        assert refused(await payer.post("/payments", body)) == "customers.wallet_frozen"
    assert await bank.used_authorisations() == 0


async def test_a_limit_is_not_passed_and_says_what_is_left(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    await bank.fund(payer.customer, yuan(5000))
    order = await bank.an_order(shop, yuan(2001))
    async with bank.unmoved():
        reply = await pay(payer, shop, order, 2001)
        assert refused(reply) == "customers.limit_exceeded"
        assert reply.json()["limit"] == "per_payment"


async def test_a_closed_store_takes_no_payment(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5))
    await bank.set_store(shop, merchants.StoreState.CLOSED)
    async with bank.unmoved():
        assert refused(await pay(payer, shop, order, 5)) == "merchants.store_closed"
        assert refused(await pay(payer, shop, None, 5)) == "merchants.store_closed"


async def test_nobody_is_paid_who_is_not_there(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    elsewhere = await bank.a_shop(name="OTHER SHOP")
    order = await bank.an_order(elsewhere, yuan(5))
    nowhere = payment_body(shop, None, yuan(5), ids.wire("aut", ids.new_id()))
    nowhere["payee"] = ids.wire("sto", ids.new_id())
    async with bank.unmoved():
        assert refused(await payer.post("/payments", nowhere)) == "merchants.store_not_found"
        # Another store's order is not this store's, whatever was authorised.
        assert refused(await pay(payer, shop, order, 5)) == "payments.order_not_found"


async def test_an_authorisation_covers_what_was_shown_and_nothing_else(
    payer: Browser, bank: Bank, shop: merchants.Store, browsers: Callable[..., Browser]
) -> None:
    order = await bank.an_order(shop, yuan(5))
    other = await bank.an_order(shop, yuan(5))
    for_other = await authorise_payment(payer, shop, other, yuan(5))
    for_store = await authorise_payment(payer, shop, None, yuan(5))
    stranger = await browsers(OTHER_PHONE).sign_up()
    strangers = await authorise_payment(stranger, shop, order, yuan(5))
    invented = ids.wire("aut", ids.new_id())
    async with bank.unmoved():
        for authorisation in (for_other, for_store, strangers, invented):
            body = payment_body(shop, order, yuan(5), authorisation)
            reply = await payer.post("/payments", body)
            assert refused(reply) == "identity.authorisation_invalid"
    assert await bank.used_authorisations() == 0


async def test_an_authorisation_for_less_does_not_pay_more(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    authorisation = await authorise_payment(payer, shop, None, yuan(5))
    async with bank.unmoved():
        reply = await payer.post("/payments", payment_body(shop, None, yuan(6), authorisation))
        assert refused(reply) == "identity.authorisation_invalid"


async def test_an_authorisation_is_good_for_one_payment(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    authorisation = await authorise_payment(payer, shop, None, yuan(5))
    body = payment_body(shop, None, yuan(5), authorisation)
    assert (await payer.post("/payments", body)).status_code == 201
    async with bank.unmoved():
        assert refused(await payer.post("/payments", body)) == "identity.authorisation_invalid"


async def test_a_replay_gets_the_same_bytes_and_pays_once(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(5))
    authorisation = await authorise_payment(payer, shop, order, yuan(5))
    body = payment_body(shop, order, yuan(5), authorisation)
    first = await payer.post("/payments", body, key="the-same-key")
    async with bank.unmoved():
        second = await payer.post("/payments", body, key="the-same-key")
        assert (second.status_code, second.content) == (first.status_code, first.content)
        body["amount"] = on_wire(yuan(6))
        other = await payer.post("/payments", body, key="the-same-key")
        assert refused(other) == "request.key_reused"


async def test_a_refusal_is_replayed_too(payer: Browser, bank: Bank, shop: merchants.Store) -> None:
    order = await bank.an_order(shop, yuan(5))
    authorisation = await authorise_payment(payer, shop, order, yuan(6))
    body = payment_body(shop, order, yuan(6), authorisation)
    first = await payer.post("/payments", body, key="the-same-key")
    second = await payer.post("/payments", body, key="the-same-key")
    assert refused(first) == "payments.amount_changed"
    assert second.content == first.content


async def test_malformed_payments_are_told_what_is_wrong(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    good = payment_body(shop, None, yuan(5), ids.wire("aut", ids.new_id()))
    bad: list[dict[str, object]] = [
        {**good, "amount": {"value": 5.5, "currency": "CNY"}},
        {**good, "amount": {"value": -5, "currency": "CNY"}},
        {**good, "amount": {"value": 0, "currency": "CNY"}},
        {**good, "amount": {"value": 2**60, "currency": "CNY"}},
        {**good, "amount": {"value": True, "currency": "CNY"}},
        {**good, "amount": {"value": 5, "currency": "XXX"}},
        {**good, "amount": {"value": 5, "currency": "PTS"}},
        {**good, "payee": payer.customer},
        {**good, "order": "ord_nothing"},
        {**good, "funding": {"kind": "gold"}},
        {**good, "extra": 1},
    ]
    async with bank.unmoved():
        for body in bad:
            reply = await payer.post("/payments", body)
            assert reply.status_code == 422, (body, reply.text)
            assert refused(reply).startswith("request.")
