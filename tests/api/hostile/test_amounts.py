"""Amounts that are none: refused by every operation that takes one, nothing moved."""

import json
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from factories import shops
from factories.hostile import fault_of
from factories.shops import on_wire, ord_, payment_body, sto, yuan
from factories.town import Town, requests

AMOUNTS: Final[dict[str, str]] = {
    "a float that is whole": '{"value": 100.0, "currency": "CNY"}',
    "a fraction": '{"value": 100.5, "currency": "CNY"}',
    "an exponent": '{"value": 1e2, "currency": "CNY"}',
    "a text": '{"value": "100", "currency": "CNY"}',
    "true": '{"value": true, "currency": "CNY"}',
    "null": '{"value": null, "currency": "CNY"}',
    "a list": '{"value": [100], "currency": "CNY"}',
    "nothing": '{"value": 0, "currency": "CNY"}',
    "minus nothing": '{"value": -0, "currency": "CNY"}',
    "less than nothing": '{"value": -100, "currency": "CNY"}',
    "2^53": '{"value": 9007199254740992, "currency": "CNY"}',
    "2^63 - 1": '{"value": 9223372036854775807, "currency": "CNY"}',
    "2^63": '{"value": 9223372036854775808, "currency": "CNY"}',
    "-2^63 - 1": '{"value": -9223372036854775809, "currency": "CNY"}',
    "2^64 + 100": '{"value": 18446744073709551716, "currency": "CNY"}',
    "10^30": '{"value": 1' + "0" * 30 + ', "currency": "CNY"}',
    "4,000 digits": '{"value": ' + "9" * 4_000 + ', "currency": "CNY"}',
    "5,000 digits": '{"value": ' + "9" * 5_000 + ', "currency": "CNY"}',
    "1e400": '{"value": 1e400, "currency": "CNY"}',
    "NaN": '{"value": NaN, "currency": "CNY"}',
    "Infinity": '{"value": -Infinity, "currency": "CNY"}',
    "a leading zero": '{"value": 0100, "currency": "CNY"}',
    "hexadecimal": '{"value": 0x64, "currency": "CNY"}',
    "other digits": '{"value": "١٠٠", "currency": "CNY"}',
    "points": '{"value": 100, "currency": "PTS"}',
    "dollars": '{"value": 100, "currency": "USD"}',
    "small letters": '{"value": 100, "currency": "cny"}',
    "no known currency": '{"value": 100, "currency": "ZZZ"}',
    "a blank behind the currency": '{"value": 100, "currency": "CNY "}',
    "the currency's number": '{"value": 100, "currency": 156}',
    "no currency": '{"value": 100}',
    "no value": '{"currency": "CNY"}',
    "more members": '{"value": 100, "currency": "CNY", "exponent": 0}',
    "a bare number": "100",
    "a price in text": '"1.00 CNY"',
}

TAKERS: Final = (
    "POST /authorisations",
    "POST /limits/check",
    "POST /top-ups",
    "POST /withdrawals",
    "POST /payments",
    "POST /rehearsals",
    "POST /standing-orders",
    "POST /transfers",
    "POST /receive-codes",
    "POST /sandbox/shops/{store}/orders",
    "POST /sandbox/payments/{payment}/refunds",
    "POST /sandbox/payments/{payment}/captures",
)
"""Every operation whose body has an amount."""


async def test_what_is_no_amount_is_refused_by_every_operation(
    town: Town, counter: shops.Bank, owner: asyncpg.Connection
) -> None:
    calls = requests(town, town.alice)
    assert set(TAKERS) == {name for name, call in calls.items() if "amount" in (call.body or {})}
    offenders: list[str] = []
    async with counter.unmoved():
        for name in TAKERS:
            rest = {**(calls[name].body or {}), "amount": "HERE"}
            for kind, amount in AMOUNTS.items():
                reply = await town.alice.browser.http.post(
                    f"/api{calls[name].path}",
                    content=json.dumps(rest).replace('"HERE"', amount),
                    headers={"Content-Type": "application/json", "Idempotency-Key": uuid4().hex},
                )
                fault = fault_of(reply)
                if reply.status_code != 422:
                    fault = f"{reply.status_code} {reply.text[:150]}"
                if fault:
                    offenders.append(f"{name} with {kind}: {fault}")
    assert offenders == []
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") > 0


@pytest.mark.parametrize("path", ["/payments", "/transfers"])
async def test_the_least_amount_moves_and_one_more_than_was_authorised_does_not(
    town: Town, counter: shops.Bank, path: str
) -> None:
    alice, fen = town.alice.browser, {"value": 1, "currency": "CNY"}
    if path == "/payments":
        terms = {"purpose": "payment", "payee": sto(town.shop)}
        body = payment_body(town.shop, None, yuan(1), "")
    else:
        terms = {"purpose": "transfer", "payee": town.bob.browser.customer}
        body = {"payee": town.bob.browser.customer, "memo": ""}
    body["authorisation"] = await alice.authorised(**terms, amount=fen)
    async with counter.unmoved():
        refused = await alice.post(path, {**body, "amount": {"value": 2, "currency": "CNY"}})
    assert refused.json()["code"] == "identity.authorisation_invalid"
    done = await alice.post(path, {**body, "amount": fen})
    assert done.status_code == 201, done.text
    assert done.json()["amount"] == fen


async def test_an_order_is_paid_as_it_asks_or_not_at_all(town: Town, counter: shops.Bank) -> None:
    order = await counter.an_order(town.shop, yuan(5))
    for minor in (499, 501, 1, 50_000):
        amount = {"value": minor, "currency": "CNY"}
        authorisation = await town.alice.browser.authorised(
            purpose="payment", payee=sto(town.shop), amount=amount, order=ord_(order)
        )
        body = {
            **payment_body(town.shop, order, yuan(5), authorisation),
            "amount": amount,
        }
        async with counter.unmoved():
            refused = await town.alice.browser.post("/payments", body)
        assert refused.json()["code"] == "payments.amount_changed", refused.text
    assert on_wire(yuan(5)) == {"value": 500, "currency": "CNY"}
