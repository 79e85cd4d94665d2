"""Holding money for a shop: what it may take and when, and what the payer gets back."""

import asyncio
from collections import Counter
from typing import Any

import asyncpg
import httpx

from factories.after_sale import capture, paid_order, refund, refused, void
from factories.identity import Browser
from factories.shops import Bank, authorise_payment, on_wire, ord_, payment_body, yuan
from tael import ledger, merchants, payments
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.payments.held_jobs import expire_held

DAY_S = 24 * 3600
MANUAL = payments.Capture.MANUAL
MANY = 50


async def a_deposit(
    payer: Browser, bank: Bank, shop: merchants.Store, amount: int
) -> dict[str, Any]:
    return await paid_order(bank, payer, shop, amount, capture=MANUAL)


async def wallet(payer: Browser) -> tuple[int, int]:
    """What can be spent and what is held, in fen."""
    shown = (await payer.get("/wallet")).json()
    return shown["available"]["value"], shown["held"]["value"]


async def order_state(payer: Browser, payment: dict[str, Any]) -> str:
    state: str = (await payer.get(f"/sandbox/orders/{payment['order']}")).json()["state"]
    return state


async def test_a_deposit_is_set_aside_and_nothing_moves(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    assert (paid["state"], paid["movement"], paid["receipt_number"]) == ("held", None, None)
    assert paid["captured"] == on_wire(yuan(0))
    held = paid["held"]
    assert (held["amount"], held["captured"]) == (on_wire(yuan(100)), on_wire(yuan(0)))
    assert await wallet(payer) == (900_00, 100_00)
    assert await bank.balance_of(shop.account) == yuan(0)
    assert await bank.day_used(payer.customer) == 100_00, "limits are used at once"
    assert await order_state(payer, paid) == "held"
    listed = (await payer.get("/payments?state=held")).json()["payments"]
    assert listed == [paid]
    assert (await payer.get("/history")).json()["entries"][0]["kind"] == "adjustment"
    again = await bank.an_order(shop, yuan(901))
    authorisation = await authorise_payment(payer, shop, again, yuan(901))
    body = payment_body(shop, again, yuan(901), authorisation)
    assert refused(await payer.post("/payments", body)) == "ledger.insufficient_funds"


async def test_the_payer_knows_before_the_pin_that_it_will_be_set_aside(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    asked = {"amount": on_wire(yuan(5)), "description": "押金", "capture": "manual"}
    made = await payer.post(f"/sandbox/shops/{ids.wire('sto', shop.id)}/orders", asked)
    shown = (await payer.post("/codes/resolve", {"payload": made.json()["payload"]})).json()
    assert shown["order"]["capture"] == "manual"


async def test_a_shop_takes_a_deposit_in_parts_and_the_rest_is_free(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    first = await capture(payer, paid["payment"], yuan(30))
    assert first.status_code == 200, first.text
    assert (first.json()["state"], first.json()["captured"]) == ("held", on_wire(yuan(30)))
    assert await wallet(payer) == (900_00, 70_00)
    last = await capture(payer, paid["payment"], yuan(25), final=True)
    assert (last.json()["state"], last.json()["captured"]) == ("succeeded", on_wire(yuan(55)))
    assert await wallet(payer) == (945_00, 0)
    assert await bank.balance_of(shop.account) == yuan(55)
    assert await bank.day_used(payer.customer) == 55_00, "what was freed is given back"
    assert await order_state(payer, paid) == "paid"
    entries = (await payer.get("/history?kind=payment")).json()["entries"]
    assert [each["amount"]["value"] for each in entries] == [2_500, 3_000]
    read = (await payer.get(f"/payments/{paid['payment']}")).json()
    assert read["movement"] == entries[1]["movement"], "the first capture's"
    assert read["held"]["captured"] == on_wire(yuan(55))
    assert (await payer.get("/payments?state=held")).json()["payments"] == []
    assert (await refund(payer, paid["payment"])).json()["amount"] == on_wire(yuan(55))
    await bank.books()


async def test_taking_all_ends_it_without_being_final(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    assert (await capture(payer, paid["payment"], yuan(100))).json()["state"] == "succeeded"
    async with bank.unmoved():
        assert refused(await capture(payer, paid["payment"])) == "ledger.hold_not_open"


async def test_more_than_the_rest_is_not_taken(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    await capture(payer, paid["payment"], yuan(30))
    async with bank.unmoved():
        reply = await capture(payer, paid["payment"], yuan(71))
        assert refused(reply) == "ledger.capture_exceeds_hold"
        assert reply.json()["exceeds_by"] == on_wire(yuan(1))


async def test_a_void_frees_all_and_twice_is_refused(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    assert (await void(payer, paid["payment"])).json()["state"] == "voided"
    assert await wallet(payer) == (1_000_00, 0)
    assert await bank.day_used(payer.customer) == 0
    assert await order_state(payer, paid) == "closed"
    async with bank.unmoved():
        assert refused(await void(payer, paid["payment"])) == "ledger.hold_not_open"
        assert refused(await capture(payer, paid["payment"])) == "ledger.hold_not_open"
        assert refused(await refund(payer, paid["payment"])) == "payments.not_refundable"


async def test_a_void_after_a_capture_keeps_what_was_taken(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    await capture(payer, paid["payment"], yuan(30))
    assert (await void(payer, paid["payment"])).json()["state"] == "succeeded"
    assert await wallet(payer) == (970_00, 0)
    assert await bank.balance_of(shop.account) == yuan(30)


async def test_at_its_deadline_it_is_free_before_and_after_the_sweep(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    untouched = await a_deposit(payer, bank, shop, 100)
    begun = await a_deposit(payer, bank, shop, 50)
    await capture(payer, begun["payment"], yuan(10))
    await payer.post("/sandbox/clock", {"advance_s": 7 * DAY_S})
    for _ in range(2):
        assert await wallet(payer) == (990_00, 0)
        states = [
            (await payer.get(f"/payments/{each['payment']}")).json()["state"]
            for each in (untouched, begun)
        ]
        assert states == ["expired", "succeeded"]
        assert refused(await capture(payer, untouched["payment"])) == "ledger.hold_expired"
        assert refused(await void(payer, begun["payment"])) == "ledger.hold_expired"
        await expire_held(bank.database)
    assert await order_state(payer, untouched) == "closed"
    assert await order_state(payer, begun) == "paid"
    await bank.books()


async def test_what_was_paid_at_once_holds_nothing(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 10)
    async with bank.unmoved():
        assert refused(await capture(payer, paid["payment"])) == "payments.payment_not_held"
        assert refused(await void(payer, paid["payment"])) == "payments.payment_not_held"
        nobodys = ids.wire("pay", ids.new_id())
        assert refused(await capture(payer, nobodys)) == "payments.payment_not_found"
        assert refused(await void(payer, nobodys)) == "payments.payment_not_found"


async def test_two_captures_at_once_settle_exactly_one(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    replies = await asyncio.gather(*(capture(payer, paid["payment"]) for _ in range(2)))
    assert told(replies) == {200: 1, "ledger.hold_not_open": 1}
    assert await bank.balance_of(shop.account) == yuan(100)


async def test_fifty_captures_and_a_void_at_once_take_no_more_than_was_held(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    captures = (capture(payer, paid["payment"], yuan(3)) for _ in range(MANY))
    *replies, voided = await asyncio.gather(*captures, void(payer, paid["payment"]))
    assert voided.status_code == 200 or refused(voided) == "ledger.hold_not_open"
    taken = told(replies)[200]
    assert taken <= 33
    assert await bank.balance_of(shop.account) == yuan(3 * taken)
    assert await wallet(payer) == (1_000_00 - 300 * taken, 0)
    await bank.books()


def told(replies: list[httpx.Response]) -> Counter[int | str]:
    return Counter(200 if r.status_code == 200 else refused(r) for r in replies)


async def test_many_captures_at_once_are_each_done_or_refused_by_itself(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    first, second, third = [await a_deposit(payer, bank, shop, 100) for _ in range(3)]
    await void(payer, third["payment"])
    asked = [
        {"payment": first["payment"], "amount": on_wire(yuan(60)), "final": False},
        {"payment": second["payment"]},
        {"payment": third["payment"]},
        {"payment": first["payment"], "amount": on_wire(yuan(41))},
        {"payment": first["payment"]},
    ]
    reply = await payer.post("/sandbox/captures", {"captures": asked})
    assert reply.status_code == 200, reply.text
    outcomes = [
        each["refusal"]["code"] if each["refusal"] else each["captured"]["captured"]["value"]
        for each in reply.json()["captures"]
    ]
    assert outcomes == [
        6_000, 10_000, "ledger.hold_not_open", "ledger.capture_exceeds_hold", 10_000,
    ]  # fmt: skip
    assert await bank.balance_of(shop.account) == yuan(200)
    await bank.books()


async def test_a_capture_means_the_same_alone_and_in_a_set(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    amounts = [(3_000, False), (7_001, False), (2_000, True), (1, False)]
    expected = [3_000, "ledger.capture_exceeds_hold", 5_000, "ledger.hold_not_open"]
    for together in (True, False):
        paid = await a_deposit(payer, bank, shop, 100)
        asked = [
            payments.CapturePayment(
                payment_id=payments.PaymentId(ids.parse("pay", paid["payment"])),
                movement_id=ledger.MovementId(ids.new_id()),
                amount=Money(amount, yuan(1).currency),
                final=final,
            )
            for amount, final in amounts
        ]
        outcomes: list[payments.Receipt | Refusal] = []
        for chunk in [asked] if together else [[each] for each in asked]:
            async with bank.database.write() as session:
                outcomes += await payments.capture(session, chunk, await business_now(session))
        assert [o.code if isinstance(o, Refusal) else o.taken.minor for o in outcomes] == expected
    assert await bank.balance_of(shop.account) == yuan(100)
    assert await bank.day_used(payer.customer) == 100_00
    await bank.books()


async def test_held_money_stands_against_closing_the_wallet(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    await a_deposit(payer, bank, shop, 1_000)
    obstacles = (await payer.get("/wallet/closing")).json()["obstacles"]
    assert [each["code"] for each in obstacles] == ["customers.money_held"]


async def test_the_schema_knows_what_a_hold_can_be(
    payer: Browser, bank: Bank, shop: merchants.Store, owner: asyncpg.Connection
) -> None:
    paid = await a_deposit(payer, bank, shop, 100)
    order = await bank.an_order(shop, yuan(1))
    assert ord_(order) != paid["order"]
    for change in ("captured_minor = 10001", "held_until = NULL", "state = 'succeeded'"):
        try:
            await owner.execute(f"UPDATE payments_payments SET {change}")
        except asyncpg.CheckViolationError:
            continue
        raise AssertionError(change)
