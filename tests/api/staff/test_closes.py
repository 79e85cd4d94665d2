"""Closed days and the trial balance of any moment, as staff read them."""

from datetime import timedelta

from factories.identity import Browser
from factories.shops import Bank, yuan
from factories.staff import Desk
from tael import ledger
from tael.kernel.clock import business_day, machine_now
from tael.kernel.database import Database


async def test_closed_days_are_listed_and_read_as_they_were_kept(
    database: Database, bank: Bank, customer: Browser, clerk: Desk
) -> None:
    await bank.fund(customer.customer, yuan(1000))
    today = business_day(machine_now())
    async with database.write() as session:
        await ledger.close_due(session, now=machine_now() + timedelta(days=3))
    first = (await clerk.get("/closes?limit=2")).json()
    assert [each["day"] for each in first["closes"]] == [
        str(today + timedelta(days=ahead)) for ahead in (2, 1)
    ]
    rest = (await clerk.get(f"/closes?before={first['next']}")).json()
    assert [each["day"] for each in rest["closes"]] == [str(today)]
    assert rest["next"] is None
    told = (await clerk.get(f"/closes/{today}")).json()
    cash = [row for row in told["trial_balance"] if row["kind"] == "customer_cash"]
    assert cash[0]["balance"] == {"value": 1000_00, "currency": "CNY"}
    assert (told["movements"], told["differences"]) == (1, [])
    missing = await clerk.get("/closes/2020-01-01")
    assert (missing.status_code, missing.json()["code"]) == (404, "ledger.day_not_closed")


async def test_the_trial_balance_of_any_moment_sums_to_zero(
    bank: Bank, customer: Browser, clerk: Desk
) -> None:
    await bank.fund(customer.customer, yuan(1000))
    now = (await clerk.get("/trial-balance")).json()
    assert now["balanced"]
    assert {row["kind"]: row["balance"]["value"] for row in now["rows"]}["customer_cash"] == 1000_00
    before = (await clerk.get("/trial-balance?as_of=2026-01-01")).json()
    assert all(row["balance"]["value"] == 0 for row in before["rows"])


async def test_customers_do_not_read_the_closes(customer: Browser) -> None:
    for path in ("/staff/closes", "/staff/closes/2026-01-01", "/staff/trial-balance"):
        assert (await customer.get(path)).status_code == 401
