"""The sandbox's shops: seeded once, with codes that scan; and orders at their tills."""

from factories.identity import Browser
from factories.shops import Bank, on_wire, sto, yuan
from tael import merchants
from tael.codecs.emvco import parse
from tael.kernel import ids
from tael.kernel.clock import business_now


async def test_seeding_twice_opens_each_shop_once(bank: Bank) -> None:
    for _ in range(2):
        async with bank.database.write() as session:
            seeded = await merchants.seed(session, now=await business_now(session))
    async with bank.database.read() as session:
        assert [store.id for store in await merchants.list_stores(session)] == [
            store.id for store in sorted(seeded, key=lambda store: store.name)
        ]
    assert len({store.account for store in seeded}) == len(seeded) == 6


async def test_every_printed_code_scans_to_its_shop(browser: Browser, bank: Bank) -> None:
    async with bank.database.write() as session:
        await merchants.seed(session, now=await business_now(session))
    await browser.sign_up()
    shops = (await browser.get("/sandbox/shops")).json()["shops"]
    assert len(shops) == 6
    for shop in shops:
        resolved = (
            await browser.post("/codes/resolve", {"payload": shop["static_payload"]})
        ).json()
        assert resolved["payee"]["payee"] == shop["store"]
        assert resolved["payee"]["name_zh"] == shop["name_zh"]
        assert parse(shop["static_payload"]).missing == ()


async def test_a_till_opens_an_order_and_watches_it(payer: Browser, shop: merchants.Store) -> None:
    asked = {"amount": on_wire(yuan(12)), "description": "茶 tea", "expires_in_s": 60}
    opened = await payer.post(f"/sandbox/shops/{sto(shop)}/orders", asked)
    assert opened.status_code == 201, opened.text
    order = opened.json()["order"]
    assert (await payer.get(f"/sandbox/orders/{order}")).json() == {
        "order": order,
        "state": "open",
        "amount": on_wire(yuan(12)),
        "paid_at": None,
    }
    scanned = await payer.post("/codes/resolve", {"payload": opened.json()["payload"]})
    assert scanned.json()["order"]["order"] == order


async def test_what_a_till_cannot_ask_is_refused(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    good = {"amount": on_wire(yuan(12)), "description": "tea"}
    nowhere = ids.wire("sto", ids.new_id())
    reply = await payer.post(f"/sandbox/shops/{nowhere}/orders", good)
    assert (reply.status_code, reply.json()["code"]) == (404, "merchants.store_not_found")
    reply = await payer.post("/sandbox/shops/sto_x/orders", good)
    assert (reply.status_code, reply.json()["code"]) == (422, "request.malformed_id")
    for bad in ({"expires_in_s": 0}, {"expires_in_s": 10**9}, {"description": ""}):
        reply = await payer.post(f"/sandbox/shops/{sto(shop)}/orders", {**good, **bad})
        assert (reply.status_code, reply.json()["code"]) == (422, "request.invalid")
    await bank.set_store(shop, merchants.StoreState.CLOSED)
    reply = await payer.post(f"/sandbox/shops/{sto(shop)}/orders", good)
    assert reply.json()["code"] == "merchants.store_closed"
    reply = await payer.get(f"/sandbox/orders/{ids.wire('ord', ids.new_id())}")
    assert (reply.status_code, reply.json()["code"]) == (404, "payments.order_not_found")


async def test_a_store_opens_again_with_its_old_code(bank: Bank, shop: merchants.Store) -> None:
    await bank.set_store(shop, merchants.StoreState.CLOSED)
    await bank.set_store(shop, merchants.StoreState.CLOSED)
    await bank.set_store(shop, merchants.StoreState.OPEN)
    async with bank.database.read() as session:
        found = await merchants.store_by_static_code(session, shop.static_code)
    assert found == shop
