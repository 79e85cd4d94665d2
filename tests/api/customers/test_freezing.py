"""Freezing takes no PIN, unfreezing does; a frozen wallet receives and spends nothing."""

import asyncpg

from factories.customers import NOON, fen, spend
from factories.identity import Browser
from tael import customers
from tael.customers import SpendAct
from tael.kernel import ids
from tael.kernel.database import Database

NOTHING = {"value": 0, "currency": "CNY"}


async def pin_for(browser: Browser, purpose: str) -> str:
    return await browser.authorised(purpose=purpose, payee=browser.customer, amount=NOTHING)


async def test_a_frozen_wallet_spends_nothing_and_receives(
    customer: Browser, database: Database
) -> None:
    reply = await customer.post("/wallet/freeze")
    assert reply.status_code == 200, reply.text
    assert reply.json()["status"] == "frozen"
    own = ids.parse("cus", customer.customer)
    for act in SpendAct:
        assert await spend(database, own, [fen(1)], act=act) == ["customers.wallet_frozen"]
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [own], now=NOON)
        assert use.refuses_credit(own, fen(1), fen(0)) is None


async def test_freezing_twice_is_freezing_once(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    first = (await customer.post("/wallet/freeze")).json()
    frozen_at = await owner.fetchval("SELECT frozen_at FROM customers_wallets")
    assert (await customer.post("/wallet/freeze")).json() == first
    assert await owner.fetchval("SELECT frozen_at FROM customers_wallets") == frozen_at


async def test_the_pin_unfreezes(customer: Browser, database: Database) -> None:
    await customer.post("/wallet/freeze")
    authorisation = await pin_for(customer, "unfreeze")
    reply = await customer.post("/wallet/unfreeze", {"authorisation": authorisation})
    assert reply.status_code == 200, reply.text
    assert reply.json()["status"] == "active"
    assert await spend(database, ids.parse("cus", customer.customer), [fen(1)]) == [None]


async def test_an_authorisation_for_something_else_unfreezes_nothing(customer: Browser) -> None:
    await customer.post("/wallet/freeze")
    elsewhere = await customer.authorised()
    for authorisation in (elsewhere, await pin_for(customer, "close_wallet")):
        reply = await customer.post("/wallet/unfreeze", {"authorisation": authorisation})
        assert reply.status_code == 403
        assert reply.json()["code"] == "identity.authorisation_invalid"
    assert (await customer.get("/wallet")).json()["status"] == "frozen"


async def test_an_authorisation_unfreezes_once(customer: Browser) -> None:
    await customer.post("/wallet/freeze")
    authorisation = await pin_for(customer, "unfreeze")
    await customer.post("/wallet/unfreeze", {"authorisation": authorisation})
    await customer.post("/wallet/freeze")
    reply = await customer.post("/wallet/unfreeze", {"authorisation": authorisation})
    assert reply.json()["code"] == "identity.authorisation_invalid"
    assert (await customer.get("/wallet")).json()["status"] == "frozen"


async def test_what_is_not_frozen_is_not_unfrozen_and_keeps_its_authorisation(
    customer: Browser,
) -> None:
    authorisation = await pin_for(customer, "unfreeze")
    reply = await customer.post("/wallet/unfreeze", {"authorisation": authorisation})
    assert reply.status_code == 409
    assert reply.json()["code"] == "customers.wallet_not_frozen"
    await customer.post("/wallet/freeze")
    again = await customer.post("/wallet/unfreeze", {"authorisation": authorisation})
    assert again.json()["status"] == "active"


async def test_the_language_is_kept_for_the_app_and_for_messages(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    reply = await customer.post("/wallet/language", {"language": "en"})
    assert reply.json()["language"] == "en"
    assert (await customer.get("/session")).json()["language"] == "en"
    assert await owner.fetchval("SELECT language FROM customers_wallets") == "en"
    wrong = await customer.post("/wallet/language", {"language": "de"})
    assert wrong.json()["code"] == "request.invalid"


async def test_a_wallet_is_seen_by_its_signed_in_holder_only(
    browser: Browser, customer: Browser
) -> None:
    assert (await customer.get("/wallet")).status_code == 200
    await customer.post("/sign-out")
    reply = await browser.get("/wallet")
    assert reply.status_code == 401
    assert reply.json()["code"] == "identity.signed_out"
