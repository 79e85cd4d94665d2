"""Two servers on one database: their batches meet at the locks, and nothing is paid twice."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from factories.identity import OTHER_PHONE, Browser
from factories.shops import Bank, authorise_payment, on_wire, payment_body, yuan
from tael import merchants
from tael.http import create_app
from tael.kernel.settings import Settings

MANY = 50


@pytest.fixture
async def elsewhere(payer: Browser, settings: Settings) -> AsyncIterator[Browser]:
    """The same customer's browser, served by another process's app."""
    built = create_app(settings)
    async with built.router.lifespan_context(built):
        transport = httpx.ASGITransport(app=built)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://localhost", cookies=payer.http.cookies
        ) as client:
            yield Browser(client, payer.handsets, payer.phone, customer=payer.customer)


def codes(replies: list[httpx.Response]) -> Counter[str]:
    return Counter("done" if r.status_code == 201 else r.json()["code"] for r in replies)


async def test_one_order_is_paid_once(
    payer: Browser, elsewhere: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(7))
    authorisation = await authorise_payment(payer, shop, order, yuan(7))
    body = payment_body(shop, order, yuan(7), authorisation)
    replies = await asyncio.gather(
        *((payer, elsewhere)[turn % 2].post("/payments", body) for turn in range(MANY))
    )
    assert codes(list(replies))["done"] == 1
    assert set(codes(list(replies))) == {"done", "payments.order_already_paid"}
    assert await bank.balance_of(shop.account) == yuan(7)
    await bank.books()


async def test_twins_with_one_key_get_the_same_bytes(
    payer: Browser, elsewhere: Browser, bank: Bank, shop: merchants.Store
) -> None:
    authorisation = await authorise_payment(payer, shop, None, yuan(7))
    body = payment_body(shop, None, yuan(7), authorisation)
    replies = await asyncio.gather(
        *(
            (payer, elsewhere)[turn % 2].post("/payments", body, key="one-key-for-all")
            for turn in range(MANY)
        )
    )
    assert {(reply.status_code, reply.content) for reply in replies} == {(201, replies[0].content)}
    assert await bank.balance_of(shop.account) == yuan(7)


async def test_payments_and_transfers_both_ways_meet_without_a_deadlock(
    payer: Browser,
    elsewhere: Browser,
    bank: Bank,
    shop: merchants.Store,
    browsers: Callable[..., Browser],
) -> None:
    other = await browsers(OTHER_PHONE).sign_up()
    await bank.fund(other.customer, yuan(1000))
    calls = []
    for turn in range(10):
        paying = (payer, elsewhere)[turn % 2]
        authorisation = await authorise_payment(payer, shop, None, yuan(1))
        calls.append(paying.post("/payments", payment_body(shop, None, yuan(1), authorisation)))
        for sender, payee in ((payer, other.customer), (other, payer.customer)):
            authorisation = await sender.authorised(
                purpose="transfer", payee=payee, amount=on_wire(yuan(2))
            )
            body = {
                "payee": payee,
                "amount": on_wire(yuan(2)),
                "memo": "",
                "authorisation": authorisation,
            }
            through = elsewhere if sender is payer and turn % 2 else sender
            calls.append(through.post("/transfers", body))
    replies = await asyncio.gather(*calls)
    assert codes(list(replies)) == {"done": 30}
    assert await bank.balance(payer.customer) == yuan(990)
    assert await bank.balance_of(shop.account) == yuan(10)
    await bank.books()
