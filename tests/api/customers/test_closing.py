"""Closing a wallet: what stands against it, what ends, what is kept, and that it is final."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from factories.customers import NOON, WANG, a_wallet, fen, give, seen, spend, yuan
from factories.identity import Browser
from tael import customers
from tael.customers import Obstacle
from tael.customers.closing import _REGISTERED, forget_due, years_later
from tael.kernel import ids
from tael.kernel.clock import business_day, machine_now
from tael.kernel.database import Database, ReadSession
from tael.kernel.settings import Settings

NOTHING = {"value": 0, "currency": "CNY"}


async def close(browser: Browser) -> Any:  # noqa: ANN401 - a reply
    authorisation = await browser.authorised(
        purpose="close_wallet", payee=browser.customer, amount=NOTHING
    )
    return await browser.post("/wallet/close", {"authorisation": authorisation})


async def obstacles(browser: Browser) -> list[str]:
    body = (await browser.get("/wallet/closing")).json()
    assert body["can_close"] is (body["obstacles"] == [])
    return [obstacle["code"] for obstacle in body["obstacles"]]


async def test_an_empty_wallet_closes_with_a_receipt_of_what_is_kept(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    assert await obstacles(customer) == []
    preview = (await customer.get("/wallet/closing")).json()
    reply = await close(customer)
    assert reply.status_code == 200, reply.text
    assert reply.json()["kept"] == preview["kept"]
    assert [kept["kind"] for kept in preview["kept"]] == ["movements", "consents"]
    today = business_day(machine_now())
    assert preview["kept"][0]["until"] == today.replace(year=today.year + 10).isoformat()
    row = await owner.fetchrow(
        """
        SELECT wallet.status, account.closed_at = wallet.closed_at, receipt.kept
        FROM customers_wallets AS wallet
        JOIN ledger_accounts AS account ON account.number = wallet.account_number
        JOIN customers_closings AS receipt USING (customer_id)
        """
    )
    assert tuple(row)[:2] == ("closed", True)
    assert "movements" in row["kept"]


async def test_a_proven_persons_identity_is_kept_and_said_so(proven: Browser) -> None:
    kinds = [kept["kind"] for kept in (await close(proven)).json()["kept"]]
    assert kinds == ["movements", "identity", "consents"]


async def test_after_closing_nothing_answers_and_the_number_is_free(
    proven: Browser, owner: asyncpg.Connection
) -> None:
    old = proven.customer
    await close(proven)
    for path in ("/wallet", "/limits", "/wallet/closing"):
        assert (await proven.get(path)).json()["code"] == "identity.signed_out"
    await owner.execute("UPDATE identity_challenges SET sent_at = sent_at - interval '2 minutes'")
    await proven.sign_up()
    assert proven.customer != old
    reply = await proven.post("/upgrades/identity", WANG)
    assert reply.json()["class"] == 3, "the person is free as well"


async def test_a_closed_wallet_neither_spends_nor_receives(
    customer: Browser, database: Database
) -> None:
    await close(customer)
    own = ids.parse("cus", customer.customer)
    assert await spend(database, own, [fen(1)]) == ["customers.wallet_closed"]
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [own], now=NOON)
        refused = use.refuses_credit(own, fen(1), fen(0))
        assert refused is not None
        assert refused.code == "customers.wallet_closed"
    async with database.write() as session:
        with pytest.raises(customers.errors.WalletClosed):
            await customers.freeze(session, own, now=NOON)
        with pytest.raises(customers.errors.WalletClosed):
            await customers.set_language(session, own, "en")


async def test_money_in_the_wallet_stands_against_closing(
    customer: Browser, database: Database
) -> None:
    own = await seen(database, ids.parse("cus", customer.customer))
    await give(database, own, fen(1), now=machine_now())
    assert await obstacles(customer) == ["customers.balance_left"]
    reply = await close(customer)
    assert reply.status_code == 409
    body = reply.json()
    assert body["code"] == "customers.closing_obstructed"
    assert [each["code"] for each in body["obstacles"]] == ["customers.balance_left"]
    wallet = (await customer.get("/wallet")).json()
    assert (wallet["status"], wallet["balance"]["value"]) == ("active", 1)


async def test_money_on_its_way_stands_against_closing(
    customer: Browser, database: Database
) -> None:
    own = ids.parse("cus", customer.customer)
    async with database.write() as session:
        use = await customers.lock_limit_use(session, [own], now=NOON)
        use.reserve_credit(own, yuan(1))
        await customers.write_limit_use(session, use)
    assert await obstacles(customer) == ["customers.money_arriving"]
    assert (await close(customer)).json()["code"] == "customers.closing_obstructed"


async def test_a_frozen_wallet_is_unfrozen_before_it_is_closed(customer: Browser) -> None:
    await customer.post("/wallet/freeze")
    assert await obstacles(customer) == ["customers.wallet_frozen"]
    assert (await close(customer)).json()["code"] == "customers.wallet_frozen"
    assert (await customer.get("/wallet")).json()["status"] == "frozen"


async def test_modules_above_are_asked_too(
    customer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pending(_session: ReadSession, _customer: UUID) -> Sequence[Obstacle]:
        return [Obstacle("transfers.card_transfer_pending", "A withdrawal is not final yet.")]

    monkeypatch.setattr("tael.customers.closing._REGISTERED", [])
    customers.register_obstacle(pending)
    customers.register_obstacle(pending)
    assert await obstacles(customer) == ["transfers.card_transfer_pending"]
    assert (await close(customer)).json()["code"] == "customers.closing_obstructed"
    assert pending not in _REGISTERED


async def test_a_card_payment_without_an_outcome_stands_against_closing(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        """
        INSERT INTO payments_payments
            (id, payer_id, store_id, merchant_id, level, funding, card_id, operation_id,
             amount_minor, currency, state, movement_id, at, final_by)
        VALUES ($1, $2, $1, $1, 'D', 'card', $1, $1, 100, 'CNY', 'pending', $1, $3, $3)
        """,
        ids.new_id(),
        ids.parse("cus", customer.customer),
        NOON,
    )
    assert await obstacles(customer) == ["payments.card_payment_pending"]
    assert (await close(customer)).json()["code"] == "customers.closing_obstructed"
    assert (await customer.get("/wallet")).json()["status"] == "active"


async def test_closing_needs_its_own_authorisation(customer: Browser) -> None:
    authorisation = await customer.authorised(
        purpose="unfreeze", payee=customer.customer, amount=NOTHING
    )
    reply = await customer.post("/wallet/close", {"authorisation": authorisation})
    assert reply.json()["code"] == "identity.authorisation_invalid"
    assert (await customer.get("/wallet")).json()["status"] == "active"
    malformed = await customer.post("/wallet/close", {"authorisation": customer.customer})
    assert malformed.json()["code"] == "request.malformed_id"


async def test_the_person_is_forgotten_when_the_time_of_keeping_is_over(
    proven: Browser, database: Database, owner: asyncpg.Connection
) -> None:
    await close(proven)
    until = await owner.fetchval("SELECT keep_until FROM customers_closings")
    last_day = datetime(until.year, until.month, until.day, 15, 59, tzinfo=UTC)
    async with database.write() as session:
        assert await forget_due(session, now=last_day) == 0
    assert await owner.fetchval("SELECT count(*) FROM customers_profiles") == 1
    for forgotten in (1, 0):
        async with database.write() as session:
            assert await forget_due(session, now=last_day + timedelta(minutes=1)) == forgotten
    for table in ("customers_profiles", "customers_proofings"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0
    masks = await owner.fetchrow("SELECT name_masked, phone_masked FROM customers_wallets")
    assert tuple(masks) == (None, "")
    assert await owner.fetchval("SELECT count(*) FROM customers_closings") == 1


async def test_a_leap_day_is_kept_until_the_first_of_march() -> None:
    assert years_later(date(2028, 2, 29), 10) == date(2038, 3, 1)
    assert years_later(date(2028, 2, 28), 10) == date(2038, 2, 28)


async def test_money_that_races_with_closing_arrives_before_or_not_at_all(
    database: Database, owner: asyncpg.Connection, settings: Settings, customer: Browser
) -> None:
    await a_wallet(database, settings.sealer(), phone="13811112222")
    own = await seen(database, ids.parse("cus", customer.customer))

    async def arrive() -> bool:
        async with database.write() as session:
            use = await customers.lock_limit_use(session, [own.customer_id], now=NOON)
            if use.refuses_credit(own.customer_id, yuan(1), yuan(0)) is not None:
                return False
            use.reserve_credit(own.customer_id, yuan(1))
            await customers.write_limit_use(session, use)
            return True

    outcomes = await asyncio.gather(close(customer), *(arrive() for _ in range(10)))
    closed = outcomes[0].status_code == 200
    row = await owner.fetchrow(
        "SELECT status, credit_reserved_minor FROM customers_wallets WHERE customer_id = $1",
        own.customer_id,
    )
    assert row is not None
    expected = ("closed", 0) if closed else ("active", 100 * sum(outcomes[1:]))
    assert tuple(row) == expected
