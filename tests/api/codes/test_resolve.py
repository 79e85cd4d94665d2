"""Resolving codes: ours are read again from the books, others' are named and refused."""

from datetime import timedelta

import httpx
import pytest

from factories.identity import Browser
from factories.shops import Bank, on_wire, ord_, sto, yuan
from tael import merchants, payments
from tael.codecs.emvco import Account, Draft, Initiation, Language, make, parse
from tael.codecs.tael_codes import Means, OurToken, our_account


async def scan(payer: Browser, payload: str) -> httpx.Response:
    return await payer.post("/codes/resolve", {"payload": payload})


def refused(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    code: str = reply.json()["code"]
    return code


def forged(store: merchants.Store, token: OurToken, **changes: object) -> str:
    """A code that anybody can print: our template with other words around it."""
    said: dict[str, object] = {
        "accounts": (our_account(token),),
        "mcc": store.mcc,
        "currency": "156",
        "country": "CN",
        "merchant_name": store.name,
        "merchant_city": store.city,
        "initiation": Initiation.DYNAMIC,
        "language": Language("ZH", store.name_zh or ""),
    }
    return make(Draft(**{**said, **changes}))  # type: ignore[arg-type]  # words by name


async def test_a_printed_code_leads_to_its_store(customer: Browser, shop: merchants.Store) -> None:
    reply = await scan(customer, payments.static_payload(shop))
    assert reply.status_code == 200, reply.text
    resolved = reply.json()
    assert (resolved["kind"], resolved["level"]) == ("store", "D")
    assert resolved["payee"]["payee"] == sto(shop)
    assert resolved["payee"]["name_zh"] == "测试小店"
    assert (resolved["amount"], resolved["order"], resolved["warnings"]) == (None, None, [])


async def test_an_orders_code_leads_to_the_order(
    customer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(12))
    resolved = (await scan(customer, payments.order_payload(shop, order))).json()
    assert (resolved["kind"], resolved["level"]) == ("order", "B")
    assert resolved["amount"] == on_wire(yuan(12))
    assert resolved["order"]["order"] == ord_(order)
    assert resolved["order"]["description"] == "牛肉面 noodles"


async def test_our_own_codes_have_every_mandatory_field(bank: Bank, shop: merchants.Store) -> None:
    order = await bank.an_order(shop, yuan(12))
    for payload in (payments.static_payload(shop), payments.order_payload(shop, order)):
        code = parse(payload)
        assert (code.missing, code.warnings) == ((), ())
        assert code.language == Language("ZH", "测试小店")


async def test_a_code_that_names_another_shop_warns_and_shows_the_real_one(
    customer: Browser, shop: merchants.Store
) -> None:
    token = OurToken(Means.STORE, shop.static_code)
    payload = forged(shop, token, merchant_name="RED CROSS", initiation=Initiation.STATIC)
    resolved = (await scan(customer, payload)).json()
    assert resolved["payee"]["name"] == "TEST SHOP"
    assert [w["code"] for w in resolved["warnings"]] == ["payee_name_differs"]


async def test_a_changed_amount_is_refused(
    customer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(12))
    token = OurToken(Means.ORDER, order.token)
    for amount in ("12.01", "0.12", None):
        reply = await scan(customer, forged(shop, token, amount=amount))
        assert refused(reply) == "payments.amount_changed"
        assert reply.json()["amount"] == on_wire(yuan(12))


async def test_an_altered_code_is_refused(
    customer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(12))
    token = OurToken(Means.ORDER, order.token)
    for change in ({"currency": "840"}, {"country": "US"}):
        reply = await scan(customer, forged(shop, token, amount="12.00", **change))
        assert refused(reply) == "payments.code_altered"
    printed = OurToken(Means.STORE, shop.static_code)
    assert refused(await scan(customer, forged(shop, printed, amount="9.99"))) == (
        "payments.code_altered"
    )


async def test_a_token_of_nobody_is_refused(customer: Browser, shop: merchants.Store) -> None:
    for means in (Means.STORE, Means.ORDER):
        reply = await scan(customer, forged(shop, OurToken(means, "NOBODY")))
        assert refused(reply) == "payments.code_unknown"
    reply = await scan(customer, forged(shop, OurToken(Means.PERSON, "NOBODY")))
    assert refused(reply) == "transfers.receive_code_unknown"


async def test_an_order_that_cannot_be_paid_is_refused_at_the_scan(
    customer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(12), life=timedelta(seconds=30))
    payload = payments.order_payload(shop, order)
    await bank.set_store(shop, merchants.StoreState.CLOSED)
    assert refused(await scan(customer, payload)) == "merchants.store_closed"
    await customer.post("/sandbox/clock", {"advance_s": 30})
    assert refused(await scan(customer, payload)) == "payments.order_expired"
    own = await bank.a_shop(owner=customer.customer)
    reply = await scan(customer, payments.static_payload(own))
    assert refused(reply) == "payments.self_payment"


@pytest.mark.parametrize(
    ("payload", "scheme"),
    [
        ("https://qr.alipay.com/fkx12345", "Alipay"),
        ("wxp://f2f0abcdef", "WeChat Pay"),
        ("https://qr.95516.com/00010000/6221", "UnionPay"),
    ],
)
async def test_links_of_other_schemes_are_named_and_refused(
    customer: Browser, payload: str, scheme: str
) -> None:
    reply = await scan(customer, payload)
    assert refused(reply) == "payments.scheme_not_routable"
    assert reply.json()["scheme"] == scheme


async def test_emvco_codes_of_other_schemes_are_named_and_refused(
    customer: Browser, shop: merchants.Store
) -> None:
    pix = (Account.template("26", "br.gov.bcb.pix", {"01": "someone"}),)
    reply = await scan(customer, forged(shop, OurToken(Means.STORE, "X"), accounts=pix))
    assert refused(reply) == "payments.scheme_not_routable"
    assert reply.json()["scheme"] == "Pix"


async def test_what_is_no_code_is_refused_with_the_rule(
    customer: Browser, shop: merchants.Store
) -> None:
    good = payments.static_payload(shop)
    flipped = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert refused(await scan(customer, flipped)) == "qr.crc_mismatch"
    assert refused(await scan(customer, "hello")) == "qr.not_emvco"
    assert refused(await scan(customer, "https://example.com/menu")) == "qr.not_emvco"
    assert refused(await scan(customer, "")) == "request.invalid"


async def test_a_template_of_ours_with_two_tokens_is_refused(
    customer: Browser, shop: merchants.Store
) -> None:
    accounts = (Account.template("26", "cn.tael.wallet", {"01": "A", "02": "B"}),)
    reply = await scan(customer, forged(shop, OurToken(Means.STORE, "X"), accounts=accounts))
    assert refused(reply) == "qr.bad_field"


async def test_scanning_is_for_who_is_signed_in(browser: Browser, shop: merchants.Store) -> None:
    await browser.begin()
    reply = await scan(browser, payments.static_payload(shop))
    assert (reply.status_code, refused(reply)) == (401, "identity.signed_out")
