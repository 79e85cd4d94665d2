"""The limits screen and "would it pass?": the same rules as the money's."""

from typing import Any

import asyncpg
import pytest

from factories.customers import fen, give, seen, spend, yuan
from factories.identity import Browser
from tael.customers import SpendAct
from tael.kernel import ids
from tael.kernel.clock import business_day, machine_now
from tael.kernel.database import Database


def cny(value: int) -> dict[str, Any]:
    return {"value": value, "currency": "CNY"}


async def test_the_screen_shows_caps_use_and_what_is_left_today(
    customer: Browser, database: Database
) -> None:
    own = ids.parse("cus", customer.customer)
    now = machine_now()
    await spend(database, own, [yuan(300)], act=SpendAct.STATIC_PAYMENT, now=now)
    await give(database, await seen(database, own), yuan(1_000), now=now)
    body = (await customer.get("/limits")).json()
    assert body["class"] == 4
    assert body["time_zone"] == "Asia/Shanghai"
    assert body["day"] == business_day(now).isoformat()
    assert body["excluded"] == ["refund", "release", "interest", "top_up"]
    limits = {limit["limit"]: limit for limit in body["limits"]}
    assert limits["per_payment"]["left"] == cny(2_000_00)
    assert limits["per_payment"]["used"] is None
    assert limits["day"]["used"] == cny(300_00)
    assert limits["day"]["left"] == cny(4_700_00)
    assert limits["day"]["resets_at"].endswith("T16:00:00Z"), "midnight in Shanghai"
    assert limits["year"]["left"] == cny(49_700_00)
    assert limits["year"]["resets_at"].endswith("-12-31T16:00:00Z")
    assert limits["balance"]["left"] == cny(9_000_00)
    assert limits["dynamic_code_day"]["left"] == cny(5_000_00)
    assert limits["dynamic_code_cards_day"]["left"] == cny(5_000_00)
    assert limits["static_code_day"]["left"] == cny(200_00)
    assert limits["static_code_cards_day"]["left"] == cny(500_00)
    assert body["raise"] == {"to_class": 3, "how": "identity"}


async def test_the_screen_shows_all_classes_from_the_best_to_the_first(customer: Browser) -> None:
    classes = (await customer.get("/limits")).json()["classes"]
    assert [each["class"] for each in classes] == [1, 2, 3, 4]
    assert classes[0]["day"] is None
    assert classes[1]["balance"] == cny(500_000_00)
    assert classes[2]["needs"] == ["phone", "identity", "face"]
    assert [each["interest"] for each in classes] == [True, True, True, False]


async def test_class_1_has_nothing_to_raise(customer: Browser, owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE customers_wallets SET wallet_class = 1")
    body = (await customer.get("/limits")).json()
    assert body["raise"] is None
    limits = {limit["limit"]: limit for limit in body["limits"]}
    assert limits["day"]["cap"] is None
    assert limits["day"]["left"] is None
    assert limits["day"]["resets_at"] is None
    assert limits["static_code_day"]["cap"] == cny(500_00)


@pytest.mark.parametrize(
    ("act", "value", "limit"),
    [
        ("payment", 2_000_00, None),
        ("payment", 2_000_01, "per_payment"),
        ("transfer", 2_000_01, "per_payment"),
        ("withdrawal", 2_000_01, "per_payment"),
        ("static_payment", 500_00, None),
        ("static_payment", 500_01, "static_code_day"),
        ("top_up", 10_000_00, None),
        ("top_up", 10_000_01, "balance"),
    ],
)
async def test_would_it_pass(customer: Browser, act: str, value: int, limit: str | None) -> None:
    reply = await customer.post("/limits/check", {"act": act, "amount": cny(value)})
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["passes"] is (limit is None)
    if limit is None:
        assert body["refusal"] is None
    else:
        assert body["refusal"]["limit"] == limit
        assert body["refusal"]["left"] == cny(
            {"per_payment": 2_000_00, "static_code_day": 500_00, "balance": 10_000_00}[limit]
        )
        assert body["refusal"]["advice"] == "new_key"


async def test_asking_uses_nothing_and_needs_no_key(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    for _ in range(3):
        reply = await customer.http.post(
            "/api/limits/check", json={"act": "payment", "amount": cny(2_000_00)}
        )
        assert reply.json()["passes"] is True
    assert await owner.fetchval("SELECT day_used_minor FROM customers_wallets") == 0


async def test_a_frozen_wallet_would_not_pass(customer: Browser) -> None:
    await customer.post("/wallet/freeze")
    reply = await customer.post("/limits/check", {"act": "payment", "amount": cny(1)})
    assert reply.json()["refusal"]["code"] == "customers.wallet_frozen"
    top_up = await customer.post("/limits/check", {"act": "top_up", "amount": cny(1)})
    assert top_up.json()["passes"] is True


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"act": "gift", "amount": cny(1)},
        {"act": "payment", "amount": cny(0)},
        {"act": "payment", "amount": cny(-1)},
        {"act": "payment", "amount": {"value": 1.5, "currency": "CNY"}},
        {"act": "payment", "amount": {"value": 10**30, "currency": "CNY"}},
        {"act": "payment", "amount": {"value": 1, "currency": "QQQ"}},
        {"act": "payment", "amount": {"value": 1, "currency": "PTS"}},
    ],
)
async def test_what_is_no_question_is_refused(customer: Browser, body: dict[str, Any]) -> None:
    reply = await customer.post("/limits/check", body)
    assert reply.status_code == 422
    assert reply.json()["code"].startswith("request.")


async def test_the_refusal_of_the_money_path_is_the_one_foretold(
    customer: Browser, database: Database
) -> None:
    own = ids.parse("cus", customer.customer)
    now = machine_now()
    assert await spend(database, own, [yuan(2_000), yuan(2_000), yuan(900)], now=now) == [None] * 3
    body = {"act": "payment", "amount": cny(100_01)}
    refusal = (await customer.post("/limits/check", body)).json()["refusal"]
    assert (refusal["limit"], refusal["left"]) == ("day", cny(100_00))
    assert refusal["raise_to_class"] == 3
    assert refusal["how"] == "identity"
    assert await spend(database, own, [fen(100_01), fen(100_00)], now=now) == [
        refusal["code"],
        None,
    ]
