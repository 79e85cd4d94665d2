"""Standing orders: authorised once for exactly these days, run once a day, stopped at will."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from factories import shops
from factories.identity import OTHER_PHONE, Browser
from factories.shops import on_wire, yuan
from tael import auditor, transfers
from tael.jobs import relay
from tael.kernel import ids
from tael.kernel.clock import SHANGHAI, business_day, machine_now
from tael.kernel.database import Database

TODAY = business_day(machine_now())


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)


def day(after: int) -> date:
    return TODAY + timedelta(days=after)


@dataclass(frozen=True, slots=True)
class Pair:
    """Who pays whom."""

    payer: Browser
    payee: Browser
    database: Database

    async def ask(
        self, every: str, first: date, *, last: date | None = None, amount: int = 10
    ) -> httpx.Response:
        """Enter the PIN for a standing order and make it."""
        timetable = {
            "every": every,
            "first_on": first.isoformat(),
            "last_on": last and last.isoformat(),
        }
        terms = {
            "payee": self.payee.customer,
            "amount": on_wire(yuan(amount)),
            "timetable": timetable,
        }
        authorisation = await self.payer.authorised(purpose="standing_order", **terms)
        body = {**terms, "memo": "房租 rent", "authorisation": authorisation}
        return await self.payer.post("/standing-orders", body)

    async def made(
        self, every: str, first: date, *, last: date | None = None, amount: int = 10
    ) -> str:
        """The id of one that was taken."""
        reply = await self.ask(every, first, last=last, amount=amount)
        assert reply.status_code == 201, reply.text
        identity: str = reply.json()["standing_order"]
        return identity

    async def run(self, now: datetime) -> int:
        """What the worker does at `now`."""
        async with self.database.write() as session:
            return await transfers.run_due(session, now=now)

    async def see(self, order: str) -> dict[str, Any]:
        reply = await self.payer.get(f"/standing-orders/{order}")
        assert reply.status_code == 200, reply.text
        seen: dict[str, Any] = reply.json()
        return seen

    async def balances(self) -> tuple[int, int]:
        found = [(await each.get("/wallet")).json() for each in (self.payer, self.payee)]
        return found[0]["balance"]["value"], found[1]["balance"]["value"]


@pytest.fixture
async def pair(payer: Browser, browsers: Callable[..., Browser], database: Database) -> Pair:
    """A payer with 1,000.00, and somebody to send to."""
    return Pair(payer, await browsers(OTHER_PHONE).sign_up(), database)


async def test_what_was_ordered_is_sent_on_its_day_and_not_before(
    pair: Pair, bank: shops.Bank
) -> None:
    async with bank.unmoved():
        order = await pair.made("once", day(3))
        assert await pair.run(noon(day(2))) == 0
        early = datetime.combine(day(3), time(7, 59), SHANGHAI)
        assert await pair.run(early) == 0
    assert (await pair.see(order))["next_on"] == day(3).isoformat()
    assert await pair.run(noon(day(3))) == 1
    assert await pair.run(noon(day(3))) == 0
    assert await pair.balances() == (99_000, 1_000)
    seen = await pair.see(order)
    assert (seen["state"], seen["next_on"]) == ("finished", None)
    [run] = seen["runs"]
    assert (run["due_on"], run["state"], run["refusal"]) == (day(3).isoformat(), "sent", None)
    [entry] = (await pair.payee.get("/history")).json()["entries"]
    assert entry["movement"] == run["movement"]
    assert (entry["kind"], entry["memo"]) == ("transfer", "房租 rent")


async def test_missed_days_are_run_in_order_each_once(pair: Pair) -> None:
    order = await pair.made("week", day(1), last=day(22))
    later = noon(day(60))
    ran = [await pair.run(later) for _ in range(6)]
    assert ran == [1, 1, 1, 1, 0, 0]
    assert await pair.balances() == (96_000, 4_000)
    seen = await pair.see(order)
    assert seen["state"] == "finished"
    assert [run["due_on"] for run in seen["runs"]] == [day(n).isoformat() for n in (22, 15, 8, 1)]


async def test_two_workers_run_a_day_once(pair: Pair) -> None:
    await pair.made("month", day(1))
    await asyncio.gather(*[pair.run(noon(day(1))) for _ in range(8)])
    assert await pair.balances() == (99_000, 1_000)


async def test_what_is_refused_is_tried_again_that_day_then_given_up(
    pair: Pair, bank: shops.Bank, owner: asyncpg.Connection
) -> None:
    order = await pair.made("week", day(1), amount=300)
    await bank.drain(pair.payer.customer, yuan(900))
    morning = noon(day(1)) - timedelta(hours=3)
    async with bank.unmoved():
        assert await pair.run(morning) == 1
        assert await pair.run(morning + timedelta(minutes=59)) == 0
        assert (await pair.see(order))["runs"] == []
    await bank.fund(pair.payer.customer, yuan(300))
    assert await pair.run(morning + timedelta(hours=1)) == 1
    assert (await pair.see(order))["runs"][0]["state"] == "sent"
    async with bank.unmoved():
        assert await pair.run(noon(day(8))) == 1
        assert await pair.run(noon(day(9))) == 1
    [failed, _] = (await pair.see(order))["runs"]
    assert (failed["state"], failed["refusal"]) == ("failed", "ledger.insufficient_funds")
    assert (await pair.see(order))["next_on"] == day(15).isoformat()
    told = [row["payload"] for row in await owner.fetch("SELECT payload FROM notifications_live")]
    assert told == []
    await _deliver(pair.database)
    kinds = await owner.fetch(
        "SELECT kind FROM notifications_live WHERE kind = 'standing_order_failed'"
    )
    assert len(kinds) == 1


async def test_a_run_counts_against_the_limits_of_its_day(
    pair: Pair, bank: shops.Bank, auditor_database: Database
) -> None:
    await pair.made("once", day(1), amount=400)
    await pair.run(noon(day(1)))
    assert await bank.day_used(pair.payer.customer) == 40_000
    async with auditor_database.snapshot() as session:
        report = await auditor.check(session)
    assert report.ok, report.as_json()


async def test_a_cancelled_order_sends_nothing(pair: Pair, bank: shops.Bank) -> None:
    order = await pair.made("month", day(1))
    async with bank.unmoved():
        gone = await _delete(pair.payer, order)
        assert (gone.status_code, gone.json()["state"]) == (200, "cancelled")
        assert await pair.run(noon(day(1))) == 0
        again = await _delete(pair.payer, order)
        assert (again.status_code, again.json()["code"]) == (409, "transfers.standing_order_ended")


async def test_a_strangers_order_is_like_a_missing_one(pair: Pair, bank: shops.Bank) -> None:
    order = await pair.made("month", day(1))
    async with bank.unmoved():
        for refused in (
            await pair.payee.get(f"/standing-orders/{order}"),
            await _delete(pair.payee, order),
        ):
            assert refused.status_code == 404
            assert refused.json()["code"] == "transfers.standing_order_not_found"
    assert (await pair.payee.get("/standing-orders")).json() == {"standing_orders": []}
    [listed] = (await pair.payer.get("/standing-orders")).json()["standing_orders"]
    assert (listed["standing_order"], listed["state"]) == (order, "active")


@pytest.mark.parametrize(
    ("every", "first", "last"),
    [
        ("once", 0, None),
        ("once", -1, None),
        ("month", 800, None),
        ("week", 5, 4),
        ("once", 5, 9),
    ],
)
async def test_days_that_make_no_sense_are_refused(
    pair: Pair, bank: shops.Bank, every: str, first: int, last: int | None
) -> None:
    async with bank.unmoved():
        reply = await pair.ask(every, day(first), last=None if last is None else day(last))
    assert (reply.status_code, reply.json()["code"]) == (422, "transfers.standing_days_invalid")
    assert reply.json()["earliest"] == day(1).isoformat()


async def test_the_pin_agrees_to_these_days_and_no_others(pair: Pair, bank: shops.Bank) -> None:
    terms = {"payee": pair.payee.customer, "amount": on_wire(yuan(10))}
    once = {"every": "once", "first_on": day(2).isoformat(), "last_on": None}
    authorisation = await pair.payer.authorised(purpose="standing_order", timetable=once, **terms)
    async with bank.unmoved():
        for changed in (
            {"every": "month"},
            {"first_on": day(3).isoformat()},
            {"every": "week", "last_on": day(30).isoformat()},
        ):
            body = {**terms, "timetable": {**once, **changed}, "authorisation": authorisation}
            reply = await pair.payer.post("/standing-orders", body)
            assert reply.json()["code"] == "identity.authorisation_invalid"
    body = {**terms, "timetable": once, "authorisation": authorisation}
    assert (await pair.payer.post("/standing-orders", body)).status_code == 201
    as_transfer = {**terms, "memo": "", "authorisation": authorisation}
    async with bank.unmoved():
        reply = await pair.payer.post("/transfers", as_transfer)
        assert reply.json()["code"] == "identity.authorisation_invalid"


async def test_a_wallet_has_so_many_orders_and_no_more(
    pair: Pair, owner: asyncpg.Connection
) -> None:
    order = await pair.made("month", day(1))
    await owner.execute(
        """
        INSERT INTO transfers_standing_orders
        SELECT gen_random_uuid(), payer_id, payee_id, amount_minor, currency, memo, every,
               first_on, last_on, state, next_on, retry_at, created_at, ended_at
        FROM transfers_standing_orders, generate_series(1, 49)
        """
    )
    reply = await pair.ask("month", day(1))
    assert (reply.status_code, reply.json()["code"]) == (409, "transfers.standing_orders_full")
    await _delete(pair.payer, order)
    assert (await pair.ask("month", day(1))).status_code == 201


async def test_orders_end_with_the_wallet_that_they_lead_to(
    pair: Pair, bank: shops.Bank, owner: asyncpg.Connection
) -> None:
    kept = await pair.made("month", day(1))
    terms = {"purpose": "close_wallet", "payee": pair.payee.customer}
    authorisation = await pair.payee.authorised(**terms, amount={"value": 0, "currency": "CNY"})
    closed = await pair.payee.post("/wallet/close", {"authorisation": authorisation})
    assert closed.status_code == 200, closed.text
    await _deliver(pair.database)
    async with bank.unmoved():
        assert await pair.run(noon(day(1))) == 0
    assert (await pair.see(kept))["state"] == "ended"


async def test_a_frozen_wallet_makes_no_order_and_runs_none(pair: Pair, bank: shops.Bank) -> None:
    order = await pair.made("once", day(1))
    await pair.payer.post("/wallet/freeze")
    async with bank.unmoved():
        refused = await pair.ask("once", day(1))
        assert refused.json()["code"] == "customers.wallet_frozen"
        assert await pair.run(noon(day(1))) == 1
        assert await pair.run(noon(day(2))) == 1
    [run] = (await pair.see(order))["runs"]
    assert (run["state"], run["refusal"]) == ("failed", "customers.wallet_frozen")
    assert (await pair.see(order))["state"] == "finished"


async def _delete(browser: Browser, order: str) -> httpx.Response:
    headers = {"Idempotency-Key": ids.new_id().hex}
    return await browser.http.delete(f"/api/standing-orders/{order}", headers=headers)


async def _deliver(database: Database) -> None:
    """Let the worker hand out what was recorded."""
    await relay.sequence(database)
    for subscriber in transfers.SUBSCRIBERS:
        await relay.register(database, subscriber)
        while await relay.deliver(database, subscriber):
            pass
