"""Balances of the past, interest and closed days over HTTP."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from factories.identity import Browser
from factories.ledger import audit
from factories.shops import Bank, yuan
from tael.customers import WalletClass
from tael.customers.classes import note_class
from tael.interest.days import step
from tael.kernel import ids
from tael.kernel.clock import business_day, machine_now
from tael.kernel.database import Database


async def test_a_customer_asks_what_the_wallet_had_on_a_day(customer: Browser, bank: Bank) -> None:
    await bank.fund(customer.customer, yuan(1000))
    today = business_day(machine_now())
    now = await customer.get("/wallet/balance")
    assert now.json()["balance"] == {"value": 1000_00, "currency": "CNY"}
    before = await customer.get(f"/wallet/balance?as_of={today - timedelta(days=1)}")
    assert before.json()["balance"]["value"] == 0
    unknown = await customer.get(
        f"/wallet/balance?as_of={today}&known_at=2026-01-01T00:00:00%2B08:00"
    )
    assert unknown.json() == {
        "as_of": unknown.json()["as_of"],
        "known_at": "2025-12-31T16:00:00Z",
        "balance": {"value": 0, "currency": "CNY"},
    }


@pytest.mark.parametrize("asked", ["yesterday", "2026-13-01", "2026-11-22T04:00:00", "1999-01-01"])
async def test_a_moment_that_is_none_is_refused(customer: Browser, asked: str) -> None:
    told = await customer.get(f"/wallet/balance?as_of={asked}")
    assert (told.status_code, told.json()["code"]) == (422, "request.invalid")


async def test_interest_so_far_and_how_it_is_paid_are_told(
    customer: Browser, bank: Bank, database: Database, owner: asyncpg.Connection
) -> None:
    await bank.fund(customer.customer, yuan(10_000))
    now = machine_now()
    assert (await customer.get("/wallet/interest")).json()["rate_ppm"] == 0, "class 4"
    async with database.write() as session:
        named = WalletClass.ID_PROVEN
        await note_class(session, ids.parse("cus", customer.customer), named, since=now)
    await owner.execute("UPDATE customers_wallets SET wallet_class = 3")
    more = True
    while more:
        async with database.write() as session:
            more = await step(session, now=now + timedelta(days=2))
    told = (await customer.get("/wallet/interest")).json()
    assert (told["rate_ppm"], told["accrued"], told["paid"]) == (500, "0.0277", None)
    assert told["accrued_to"] == str(business_day(now) + timedelta(days=1))
    await owner.execute("UPDATE interest_progress SET day = '2027-03-20'")
    more = True
    while more:
        async with database.write() as session:
            more = await step(session, now=datetime(2027, 3, 21, 4, tzinfo=UTC))
    page = (await customer.get("/history")).json()
    assert (page["entries"][0]["kind"], page["entries"][0]["amount"]["value"]) == ("interest", 5)
    assert page["archived"] is False
    detail = await customer.get(f"/history/{page['entries'][0]['movement']}")
    assert detail.json()["receipt"]["payer"] == "Tael"
    assert await audit(database) == ()


async def test_what_has_left_with_an_old_month_is_refused_to_the_customer(
    customer: Browser, bank: Bank, owner: asyncpg.Connection
) -> None:
    await bank.fund(customer.customer, yuan(1000))
    movement = (await customer.get("/history")).json()["entries"][0]["movement"]
    # What archiving leaves, without the work of it.
    await owner.execute(
        """
        INSERT INTO ledger_partition_closes
            (month, lower_id, upper_id, movements, postings, last_at, closed_at, digest, manifest)
        VALUES ('2026-01-01', '00000000-0000-0000-0000-000000000000',
                'ffffffff-ffff-ffff-ffff-ffffffffffff', 1, 1, now(), now(),
                decode(repeat('00', 32), 'hex'), '')
        """
    )
    await owner.execute(
        """
        INSERT INTO ledger_closings (currency, account, month, postings, balance, posted_at)
        SELECT currency, number, '2026-01-01', 1, balance, posted_at
        FROM ledger_accounts
        WHERE postings > 0
        """
    )
    past = await customer.get("/wallet/balance?as_of=2026-01-01")
    assert (past.status_code, past.json()["code"]) == (410, "ledger.archived")
    other = "mov_01h455vb4pex5vsknk084sn02q"
    assert (await customer.get(f"/history/{other}")).json()["code"] == "ledger.archived"
    assert (await customer.get("/history")).json()["archived"] is True
    assert (await customer.get(f"/history/{movement}")).status_code == 200
