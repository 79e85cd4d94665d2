"""GET /history/{movement}/receipt: what a customer can check without trusting the bank."""

import json
from base64 import b64encode
from collections.abc import Callable

import httpx
import pytest

from factories import log, shops
from factories.identity import Browser
from factories.shops import Bank
from tael import merchants
from tael.kernel import ids
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.kernel.settings import Settings
from tael.ledger.jobs import sequence
from tael_verify import Disproven, Malformed, verify


@pytest.fixture
async def paid(payer: Browser, bank: Bank, shop: merchants.Store) -> str:
    """A payment of 12.50 to the shop: its movement."""
    price = Money(1_250, CNY)
    order = await bank.an_order(shop, price)
    terms = {"purpose": "payment", "payee": shops.sto(shop), "amount": shops.on_wire(price)}
    authorisation = await payer.authorised(**terms, order=shops.ord_(order))
    body = shops.payment_body(shop, order, price, authorisation)
    reply = await payer.post("/payments", body)
    assert reply.status_code == 201, reply.text
    return str(reply.json()["movement"])


async def test_a_receipt_verifies_without_the_bank(
    payer: Browser, paid: str, database: Database, settings: Settings
) -> None:
    await log.publish(database, settings.sealer())
    reply = await payer.get(f"/history/{paid}/receipt")
    assert reply.status_code == 200
    verdict = verify(reply.text, await log.keys(database))
    assert verdict.act["movement"] == paid
    assert verdict.act["kind"] == "payment"
    [side] = verdict.sides
    assert (side["part"], side["amount"], side["balance"]) == ("debit", 1_250, 98_750)
    bill = (await payer.get(f"/history/{paid}")).json()
    assert bill["balance_after"]["value"] == side["balance"]


async def test_before_it_is_in_the_log_it_is_asked_for_again(
    payer: Browser, paid: str, database: Database, settings: Settings
) -> None:
    reply = await payer.get(f"/history/{paid}/receipt")
    assert reply.status_code == 409
    assert reply.json()["code"] == "audit.not_yet_in_log"
    assert reply.json()["advice"] == "same_key"
    assert reply.headers["retry-after"] == "1"
    # In the log, and not published yet.
    await sequence(database)
    assert (await payer.get(f"/history/{paid}/receipt")).json()["code"] == "audit.not_yet_in_log"
    await log.publish(database, settings.sealer())
    assert (await payer.get(f"/history/{paid}/receipt")).status_code == 200


async def test_a_receipt_tells_nothing_of_the_other_side(
    payer: Browser,
    paid: str,
    database: Database,
    settings: Settings,
    shop: merchants.Store,
    client: httpx.AsyncClient,
) -> None:
    await log.publish(database, settings.sealer())
    reply = await payer.get(f"/history/{paid}/receipt")
    document = reply.json()
    async with database.read() as session:
        rows = await session.fetch(
            """
            SELECT debit, credit, credit_seq, credit_balance
            FROM ledger_postings WHERE movement_id = $1
            """,
            ids.parse("mov", paid),
        )
        salt = await session.fetchval(
            "SELECT salt FROM audit_leaves WHERE subject = $1", ids.parse("mov", paid)
        )
    told = [json.loads(part["text"]) for part in document["parts"] if "text" in part]
    accounts = {row["credit"] for row in rows}
    assert accounts
    assert not accounts & {part.get("account") for part in told}
    assert log.members(document) == {"format", "movement", "parts", "proof"} | {
        "salt",
        "text",
        "digest",
    }
    # One act, one own side; the shop's side and whatever else there is stay closed, and the
    # leaf's salt, which would open them, is not there.
    assert [part["part"] for part in told] == ["act", "debit"]
    closed = [part for part in document["parts"] if "text" not in part]
    assert closed == [{"digest": part["digest"]} for part in closed]
    assert len(closed) == 2 * len(rows) - 1
    assert b64encode(salt).decode().rstrip("=") not in reply.text
    # What anybody can read holds nothing but hashes.
    bundle = (await client.get("/log/tile/entries/000.p/2")).content
    assert len(bundle) == 2 * 34
    for secret in (paid, shop.name, str(next(iter(accounts)))):
        assert secret.encode() not in bundle


async def test_an_altered_receipt_does_not_verify(
    payer: Browser, paid: str, database: Database, settings: Settings
) -> None:
    await log.publish(database, settings.sealer())
    text = (await payer.get(f"/history/{paid}/receipt")).text
    keys = await log.keys(database)
    verify(text, keys)
    alterations = [
        ('\\"amount\\":1250', '\\"amount\\":125'),
        ('\\"balance\\":98750', '\\"balance\\":98751'),
        ('\\"part\\":\\"debit\\"', '\\"part\\":\\"credit\\"'),
        ("payment", "transfer"),
        ('\\"memo\\":\\"', '\\"memo\\":\\"x'),
        (paid, ids.wire("mov", ids.new_id())),
        ("index 1", "index 0"),
    ]
    for old, new in alterations:
        assert old in text
        with pytest.raises(Disproven):
            verify(text.replace(old, new), keys)
    with pytest.raises(Malformed, match="no key that you trust"):
        verify(text, [])


async def test_only_who_was_part_of_it_gets_a_receipt(
    payer: Browser,
    paid: str,
    database: Database,
    settings: Settings,
    browsers: Callable[..., Browser],
) -> None:
    await log.publish(database, settings.sealer())
    other = await browsers("13900000007").sign_up()
    for asked in (paid, ids.wire("mov", ids.new_id())):
        reply = await other.get(f"/history/{asked}/receipt")
        assert (reply.status_code, reply.json()["code"]) == (404, "ledger.movement_not_found")
