"""GET /history and /history/{movement}: pages, filters, search, receipts, and whose they are."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from factories.identity import OTHER_PHONE, Browser
from factories.shops import Bank, authorise_payment, ord_, payment_body, sto, yuan
from tael import ledger
from tael.kernel import ids
from tael.kernel.money import CNY, Money

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)

# Kind, fen (below zero: out), counterparty, memo, days after the first.
LIFE = [
    ("top_up", 100_000, "中国示例银行 6217", "", 0),
    ("payment", -2_350, "示例面馆 Demo Noodles", "牛肉面", 0),
    ("transfer", -10_000, "*丽华", "房租 rent", 1),
    ("transfer", 800, "*建国", "午饭 AA", 1),
    ("payment", -990, "Corner Café", "coffee & cake", 2),
    ("withdrawal", -30_000, "中国示例银行 6217", "", 3),
    ("transfer", 5_000, "*丽华", "100%_off", 4),
]


async def live(bank: Bank, customer: Browser) -> list[str]:
    """Let all that happen; the movements' wire ids, oldest first."""
    number = await bank.account(customer.customer)
    movements = []
    for kind, minor, other, memo, days in LIFE:
        at = NOON + timedelta(days=days)
        outside, own = ledger.CARD_CLEARING, number
        pair = (own, outside) if minor < 0 else (outside, own)
        movement = ledger.Movement(
            id=ledger.MovementId(ids.new_id()),
            kind=ledger.MovementKind(kind),
            postings=(ledger.Posting(*pair, Money(abs(minor), CNY)),),
            reference=ids.new_id(),
            payer_label="*小明" if minor < 0 else other,
            payee_label=other if minor < 0 else "*小明",
            memo=memo,
            at=at,
        )
        movements.append(movement)
        async with bank.database.write() as session:
            book = await ledger.lock(session, [outside, own], now=at)
            book.post(movement)
            await ledger.write(session, book)
    return [ids.wire("mov", movement.id) for movement in movements]


async def asked(customer: Browser, query: str = "") -> dict[str, Any]:
    reply = await customer.get(f"/history{query}")
    assert reply.status_code == 200, reply.text
    page: dict[str, Any] = reply.json()
    return page


async def test_a_new_wallet_has_an_empty_history(customer: Browser) -> None:
    assert await asked(customer) == {"entries": [], "next": None, "archived": False}


async def test_the_history_is_newest_first_and_carries_the_balance(
    bank: Bank, customer: Browser
) -> None:
    movements = await live(bank, customer)
    entries = (await asked(customer))["entries"]
    assert [entry["movement"] for entry in entries] == movements[::-1]
    running = 0
    for entry, (kind, minor, other, memo, days) in zip(entries[::-1], LIFE, strict=True):
        running += minor
        assert entry == {
            "movement": entry["movement"],
            "kind": kind,
            "direction": "in" if minor > 0 else "out",
            "amount": {"value": abs(minor), "currency": "CNY"},
            "counterparty": other,
            "shop": None,
            "memo": memo,
            "at": (NOON + timedelta(days=days)).isoformat().replace("+00:00", "Z"),
            "balance_after": {"value": running, "currency": "CNY"},
        }


async def test_pages_neither_skip_nor_repeat_while_money_arrives(
    bank: Bank, customer: Browser
) -> None:
    movements = await live(bank, customer)
    page = await asked(customer, "?limit=3")
    seen = [entry["movement"] for entry in page["entries"]]
    while page["next"]:
        await bank.fund(customer.customer, yuan(1))
        page = await asked(customer, f"?limit=3&cursor={page['next']}")
        seen += [entry["movement"] for entry in page["entries"]]
    assert seen == movements[::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=transfer", [2, 3, 6]),
        ("kind=fee", []),
        ("direction=in", [0, 3, 6]),
        ("direction=out&kind=payment", [1, 4]),
        ("min=2350&max=10000", [1, 2, 6]),
        ("min=100001", []),
        ("from=2026-03-11&to=2026-03-12", [2, 3, 4]),
        ("from=2026-03-14", [6]),
        ("to=2026-03-10", [0, 1]),
        ("q=面馆", [1]),
        ("q=丽华", [2, 6]),
        ("q=房租", [2]),
        ("q=房", [2]),
        ("q=牛肉面", [1]),
        ("q=肉面馆", []),
        ("q=RENT", [2]),
        ("q=noodles", [1]),
        ("q=caf%C3%89", [4]),
        ("q=%25_", [6]),
        ("q=e%20%26%20c", [4]),
        ("q=小明", []),
        ("q=银行&direction=out", [5]),
        ("q=%20", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
async def test_filters_and_search_find_what_they_say(
    bank: Bank, customer: Browser, query: str, expected: list[int]
) -> None:
    movements = await live(bank, customer)
    entries = (await asked(customer, f"?{query}"))["entries"]
    assert [entry["movement"] for entry in entries] == [movements[n] for n in expected[::-1]]


async def test_a_filtered_list_has_pages_too(bank: Bank, customer: Browser) -> None:
    movements = await live(bank, customer)
    first = await asked(customer, "?kind=transfer&limit=2")
    second = await asked(customer, f"?kind=transfer&limit=2&cursor={first['next']}")
    assert [entry["movement"] for entry in second["entries"]] == [movements[2]]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "kind=loan",
        "direction=sideways",
        "min=-1",
        "min=1.5",
        "max=99999999999999999999",
        "from=2026-13-01",
        "from=9999-12-31&to=9999-12-31",
        "to=yesterday",
        "q=" + "x" * 51,
        "q=a%00b",
        "sort=amount",
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(customer: Browser, query: str) -> None:
    reply = await customer.get(f"/history?{query}")
    assert reply.status_code == 422, reply.text
    assert reply.json()["code"] == "request.invalid"


async def test_a_cursor_cannot_be_made_up_or_borrowed(
    bank: Bank, customer: Browser, browsers: Callable[..., Browser]
) -> None:
    await live(bank, customer)
    cursor = (await asked(customer, "?limit=1"))["next"]
    changed = cursor[:5] + ("A" if cursor[5] != "A" else "B") + cursor[6:]
    other = await browsers(OTHER_PHONE).sign_up()
    for who, given in (
        (customer, changed),
        (customer, cursor[:-4]),
        (customer, "AAAA"),
        (customer, "é"),
        (customer, ""),
        (other, cursor),
    ):
        reply = await who.get(f"/history?cursor={given}")
        assert (reply.status_code, reply.json()["code"]) == (422, "request.invalid_cursor")


async def test_a_payment_has_a_receipt_with_its_funding_and_order(
    bank: Bank, customer: Browser
) -> None:
    await bank.fund(customer.customer, yuan(50))
    store = await bank.a_shop()
    order = await bank.an_order(store, yuan(20))
    authorisation = await authorise_payment(customer, store, order, yuan(20))
    paid = await customer.post("/payments", payment_body(store, order, yuan(20), authorisation))
    assert paid.status_code == 201, paid.text
    payment = paid.json()
    reply = await customer.get(f"/history/{payment['movement']}")
    assert reply.status_code == 200, reply.text
    detail = reply.json()
    assert detail["reference"] == payment["payment"]
    assert detail["balance_after"] == {"value": 3_000, "currency": "CNY"}
    assert detail["receipt"] == {
        "number": payment["receipt_number"],
        "payer": detail["receipt"]["payer"],
        "payee": detail["counterparty"],
        "amount": {"value": 2_000, "currency": "CNY"},
        "kind": "payment",
        "at": payment["at"],
        "memo": "牛肉面 noodles",
        "funding": {"kind": "balance", "card": None},
        "order": ord_(order),
    }
    assert "TEST SHOP" in detail["counterparty"]
    assert detail["receipt"]["payer"] != detail["counterparty"]
    assert sto(store) == payment["payee"]["payee"]


async def test_money_that_came_in_has_a_receipt_too(bank: Bank, customer: Browser) -> None:
    movements = await live(bank, customer)
    detail = (await customer.get(f"/history/{movements[3]}")).json()
    assert detail["direction"] == "in"
    receipt = detail["receipt"]
    assert (receipt["payer"], receipt["payee"]) == ("*建国", "*小明")
    assert (receipt["funding"], receipt["order"]) == (None, None)
    assert receipt["number"].startswith("20260311")


async def test_another_s_movement_is_not_found(
    bank: Bank, customer: Browser, browsers: Callable[..., Browser]
) -> None:
    movements = await live(bank, customer)
    other = await browsers(OTHER_PHONE).sign_up()
    for movement in (movements[0], ids.wire("mov", ids.new_id())):
        reply = await other.get(f"/history/{movement}")
        assert (reply.status_code, reply.json()["code"]) == (404, "ledger.movement_not_found")
    assert (await asked(other))["entries"] == []


async def test_what_is_no_movement_is_refused(customer: Browser) -> None:
    for odd in ("mov_1", "pay_01j9z3k4m5n6p7q8r9s0t1v2w3", "x"):
        reply = await customer.get(f"/history/{odd}")
        assert (reply.status_code, reply.json()["code"]) == (422, "request.malformed_id")


async def test_a_stranger_sees_nothing(browser: Browser) -> None:
    for path in ("/history", "/history/mov_01j9z3k4m5n6p7q8r9s0t1v2w3"):
        reply = await browser.get(path)
        assert (reply.status_code, reply.json()["code"]) == (401, "identity.signed_out")
