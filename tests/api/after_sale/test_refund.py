"""Giving a payment back: what comes back where, what is refused, and never more than was paid."""

import asyncio
from collections import Counter
from uuid import UUID

import asyncpg

from factories.after_sale import paid_order, pay, refund, refused
from factories.identity import Browser
from factories.shops import Bank, on_wire, yuan
from tael import ledger, merchants, payments
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.money import CNY, Money
from tael.kernel.refusals import Refusal
from tael.kernel.settings import Settings

MANY = 50


async def test_a_payment_comes_back_in_parts_and_everything_says_so(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    used = await bank.day_used(payer.customer)
    first = await refund(payer, paid["payment"], yuan(10))
    assert first.status_code == 201, first.text
    given = first.json()
    assert given["amount"] == on_wire(yuan(10))
    assert (given["destination"], given["state"]) == ("balance", "succeeded")
    assert (await refund(payer, paid["payment"])).json()["amount"] == on_wire(yuan(20))
    assert await bank.balance(payer.customer) == yuan(1000)
    assert await bank.balance_of(shop.account) == yuan(0)
    assert await bank.day_used(payer.customer) == used, "the payment happened, and stays counted"
    read = (await payer.get(f"/payments/{paid['payment']}")).json()
    assert (read["state"], read["captured"], read["refunded"]) == (
        "succeeded", on_wire(yuan(30)), on_wire(yuan(30)),
    )  # fmt: skip
    assert [each["amount"]["value"] for each in read["refunds"]] == [1000, 2000]
    assert read["refunds"][0] == given
    entry = (await payer.get(f"/history/{given['movement']}")).json()
    assert (entry["kind"], entry["direction"]) == ("refund", "in")
    assert entry["memo"] == "退货 returned"
    assert entry["reference"] == paid["payment"]
    till = (await payer.get(f"/sandbox/shops/{paid['payee']['payee']}/payments")).json()
    assert [each["refunded"] for each in till["payments"]] == [on_wire(yuan(30))]
    await bank.books()


async def test_more_than_is_left_is_not_given_back(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    await paid_order(bank, payer, shop, 50)
    paid = await paid_order(bank, payer, shop, 30)
    assert (await refund(payer, paid["payment"], yuan(20))).status_code == 201
    async with bank.unmoved():
        reply = await refund(payer, paid["payment"], yuan(11))
        assert refused(reply) == "payments.refund_exceeds_payment"
        assert reply.json()["left"] == on_wire(yuan(10))
    assert (await refund(payer, paid["payment"], yuan(10))).status_code == 201
    async with bank.unmoved():
        again = await refund(payer, paid["payment"])
        assert refused(again) == "payments.refund_exceeds_payment"


async def test_the_schema_gives_back_no_more_than_was_paid(
    payer: Browser, bank: Bank, shop: merchants.Store, owner: asyncpg.Connection
) -> None:
    await paid_order(bank, payer, shop, 30)
    for change in ("refunded_minor = 3001, refunds = 1", "refunds = 1", "refunded_minor = 1"):
        try:
            await owner.execute(f"UPDATE payments_payments SET {change}")
        except asyncpg.CheckViolationError:
            continue
        raise AssertionError(change)


async def test_a_shop_without_money_gives_nothing_back(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    await bank.move(shop.account, ledger.CARD_CLEARING, yuan(25))
    async with bank.unmoved():
        reply = await refund(payer, paid["payment"], yuan(6))
        assert refused(reply) == "payments.shop_short_of_money"
        assert reply.json()["short_by"] == on_wire(yuan(1))
    assert (await refund(payer, paid["payment"], yuan(5))).status_code == 201


async def test_a_payment_comes_back_within_a_year(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    till = payer
    await till.post("/sandbox/clock", {"advance_s": 364 * 24 * 3600})
    assert (await refund(till, paid["payment"], yuan(1))).status_code == 201
    await till.post("/sandbox/clock", {"advance_s": 24 * 3600})
    async with bank.unmoved():
        assert refused(await refund(till, paid["payment"], yuan(1))) == "payments.refund_too_late"


async def test_what_never_was_is_not_given_back(payer: Browser, bank: Bank) -> None:
    async with bank.unmoved():
        nobodys = ids.wire("pay", ids.new_id())
        assert refused(await refund(payer, nobodys)) == "payments.payment_not_found"


async def test_a_frozen_wallet_gets_its_money_back(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    await bank.set_status(payer.customer, "frozen")
    assert (await refund(payer, paid["payment"])).json()["destination"] == "balance"
    assert await bank.balance(payer.customer) == yuan(1000)


async def test_what_comes_back_may_pass_the_cap_of_the_balance(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    await bank.fund(payer.customer, yuan(9_030))
    assert (await refund(payer, paid["payment"])).status_code == 201
    assert await bank.balance(payer.customer) == yuan(10_030)


async def test_what_comes_back_to_a_closed_wallet_is_kept_apart_and_told(
    payer: Browser, bank: Bank, shop: merchants.Store, owner: asyncpg.Connection
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    await bank.drain(payer.customer, yuan(970))
    closing = {"purpose": "close_wallet", "payee": payer.customer, "amount": on_wire(yuan(0))}
    authorisation = await payer.authorised(**closing)
    closed = await payer.post("/wallet/close", {"authorisation": authorisation})
    assert closed.status_code == 200, closed.text
    given = await refund(payer, paid["payment"])
    assert given.status_code == 201, given.text
    assert (given.json()["destination"], given.json()["state"]) == ("suspense", "succeeded")
    assert await bank.balance_of(ledger.SUSPENSE) == yuan(30)
    assert await bank.balance(payer.customer) == yuan(0)
    told = await owner.fetchval(
        "SELECT payload ->> 'refund' FROM kernel_outbox"
        " WHERE topic = 'payments.refund_unclaimed.v1'"
    )
    assert ids.wire("rfd", UUID(told)) == given.json()["refund"]
    await bank.books()


async def test_fifty_give_one_payment_back_and_it_comes_back_once(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    await paid_order(bank, payer, shop, 300)
    paid = await paid_order(bank, payer, shop, 90)
    replies = await asyncio.gather(*(refund(payer, paid["payment"], yuan(8)) for _ in range(MANY)))
    outcome = Counter(r.status_code if r.status_code == 201 else refused(r) for r in replies)
    assert outcome == {201: 11, "payments.refund_exceeds_payment": MANY - 11}
    assert await bank.balance_of(shop.account) == yuan(302)
    await bank.books()


async def test_fifty_twins_with_one_key_give_back_once(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 90)
    replies = await asyncio.gather(
        *(refund(payer, paid["payment"], yuan(1), key="one-key-for-all") for _ in range(MANY))
    )
    assert {reply.content for reply in replies} == {replies[0].content}
    assert await bank.balance_of(shop.account) == yuan(89)


def commands(paid: str, amounts: list[int | None]) -> list[payments.RefundPayment]:
    return [
        payments.RefundPayment(
            refund_id=payments.RefundId(ids.new_id()),
            movement_id=ledger.MovementId(ids.new_id()),
            payment_id=payments.PaymentId(ids.parse("pay", paid)),
            amount=None if amount is None else Money(amount, CNY),
            reason="",
        )
        for amount in amounts
    ]


async def test_fifty_parts_and_no_more(
    payer: Browser, bank: Bank, shop: merchants.Store, settings: Settings
) -> None:
    paid = await paid_order(bank, payer, shop, 90)
    asked = commands(paid["payment"], [100] * (MANY + 1))
    async with bank.database.write() as session:
        outcomes = await payments.refund(
            session, asked, sealer=settings.sealer(), now=await business_now(session)
        )
    told = [o.code if isinstance(o, Refusal) else o.part for o in outcomes]
    assert told == [*range(1, MANY + 1), "payments.refunds_exhausted"]
    assert await bank.balance_of(shop.account) == yuan(40)


async def test_a_refund_means_the_same_alone_and_in_a_set(
    payer: Browser, bank: Bank, shop: merchants.Store, settings: Settings
) -> None:
    amounts = [3_000, 2_500, 4_000, None, 1]
    expected = [3_000, 2_500, "payments.refund_exceeds_payment", 1_500,
                "payments.refund_exceeds_payment"]  # fmt: skip
    for together in (True, False):
        paid = await paid_order(bank, payer, shop, 70)
        asked = commands(paid["payment"], amounts)
        outcomes = []
        for chunk in [asked] if together else [[each] for each in asked]:
            async with bank.database.write() as session:
                now = await business_now(session)
                outcomes += await payments.refund(session, chunk, sealer=settings.sealer(), now=now)
        told = [o.code if isinstance(o, Refusal) else o.amount.minor for o in outcomes]
        assert told == expected
        assert await bank.balance_of(shop.account) == yuan(0)
    await bank.books()


async def test_the_bank_gives_its_fee_back_with_the_payment(
    payer: Browser, bank: Bank, shop: merchants.Store, owner: asyncpg.Connection
) -> None:
    paid = await paid_order(bank, payer, shop, 10)
    await bank.move(shop.account, ledger.FEES, Money(7, CNY))
    await owner.execute("UPDATE payments_payments SET fee_minor = 7")
    for _ in range(3):
        assert (await refund(payer, paid["payment"], Money(333, CNY))).status_code == 201
    assert await bank.balance_of(ledger.FEES) == Money(1, CNY)
    assert (await refund(payer, paid["payment"])).json()["amount"]["value"] == 1
    assert await bank.balance_of(ledger.FEES) == yuan(0)
    assert await bank.balance_of(shop.account) == yuan(0)
    assert await bank.balance(payer.customer) == yuan(1000)
    fees = await owner.fetch("SELECT fee_minor FROM payments_refunds ORDER BY part")
    assert sum(row["fee_minor"] for row in fees) == 7


async def test_a_printed_codes_payment_comes_back_too(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await pay(payer, shop, None, yuan(12))
    assert (await refund(payer, paid["payment"])).status_code == 201
    assert await bank.balance(payer.customer) == yuan(1000)


async def test_the_shop_is_open_or_closed_the_money_comes_back(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 12)
    await bank.set_store(shop, merchants.StoreState.CLOSED)
    assert (await refund(payer, paid["payment"])).status_code == 201
    assert await bank.balance(payer.customer) == yuan(1000)


async def test_a_payment_whose_movement_is_in_the_archive_is_not_given_back(
    payer: Browser, bank: Bank, shop: merchants.Store, owner: asyncpg.Connection
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    await owner.execute(
        """
        INSERT INTO ledger_partition_closes
            (month, lower_id, upper_id, movements, postings, closed_at, digest, manifest)
        VALUES ('2026-01-01', '00000000-0000-0000-0000-000000000000',
                'ffffffff-ffff-ffff-ffff-ffffffffffff', 1, 1, now(),
                decode(repeat('00', 32), 'hex'), '')
        """
    )
    async with bank.unmoved():
        assert refused(await refund(payer, paid["payment"])) == "ledger.archived"
