"""Giving a card's payment back to the card: each way its bank may behave, and nothing twice."""

import asyncio
from collections import Counter

import pytest

from factories import shops
from factories.after_sale import pay, refund, refused
from factories.identity import Browser
from factories.shops import on_wire, yuan
from factories.wallets_with_cards import Bank, balances
from tael import ledger, merchants, payments, rails
from tael.codecs.response_codes import ResponseCode
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.sandbox.world.modes import Mode, ModeKind, When

PAN_BALANCE = 2_000_000


async def paid_by_card(
    counter: shops.Bank, wang: Browser, shop: merchants.Store, card: str, amount: int
) -> str:
    order = await counter.an_order(shop, yuan(amount))
    paid = await pay(wang, shop, order, yuan(amount), card=card)
    assert paid["state"] == "succeeded"
    return str(paid["payment"])


def on_card(bank: Bank, number: str) -> int:
    """What the other bank says is on the card."""
    card = bank.world.books.card(number)
    assert card is not None
    balance = card["balance"]
    assert isinstance(balance, int)
    return balance


async def test_it_comes_back_to_the_card_and_the_history_shows_it_coming(
    wang: Browser,
    debit: str,
    debit_number: str,
    bank: Bank,
    counter: shops.Bank,
    shop: merchants.Store,
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    reply = await refund(wang, payment, yuan(12))
    assert reply.status_code == 201, reply.text
    given = reply.json()
    assert (given["destination"], given["state"]) == ("card", "succeeded")
    assert on_card(bank, debit_number) == PAN_BALANCE - 1_800
    assert bank.world.books.totals()["refunded"] == 1_200
    assert await counter.balance_of(shop.account) == yuan(18)
    assert await balances(wang) == (0, 0)
    came, went = (await wang.get("/history")).json()["entries"]
    assert (came["kind"], came["direction"]) == ("refund", "in")
    assert came["amount"] == on_wire(yuan(12))
    assert came["balance_after"] == on_wire(yuan(0))
    assert went["kind"] == "payment"
    shown = (await wang.get(f"/history/{given['movement']}")).json()
    assert (shown["direction"], shown["balance_after"]) == ("in", on_wire(yuan(0)))
    assert shown["reference"] == payment
    only_in = (await wang.get("/history?direction=in")).json()["entries"]
    assert [each["movement"] for each in only_in] == [given["movement"]]
    assert (await wang.get("/history?direction=out&kind=refund")).json()["entries"] == []


@pytest.mark.parametrize(
    "mode",
    [
        Mode(kind=ModeKind.TIMEOUT),
        Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE),
        Mode(kind=ModeKind.DROP, when=When.BEFORE),
        Mode(kind=ModeKind.DROP),
    ],
    ids=["lost-answer", "lost-advice", "hung-up-before", "hung-up-after"],
)
async def test_until_the_bank_answers_it_is_on_its_way_and_then_it_is_there_once(
    wang: Browser,
    debit: str,
    debit_number: str,
    bank: Bank,
    counter: shops.Bank,
    shop: merchants.Store,
    mode: Mode,
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    bank.world.modes.order(mode)
    pending = (await refund(wang, payment)).json()
    assert (pending["state"], pending["movement"]) == ("pending", None)
    assert pending["final_by"] is not None
    async with counter.unmoved():
        assert refused(await refund(wang, payment)) == "payments.refund_exceeds_payment"
        obstacles = (await wang.get("/wallet/closing")).json()["obstacles"]
        assert "payments.refund_pending" in [each["code"] for each in obstacles]
    held = await counter.owner.fetchval(
        "SELECT held FROM ledger_accounts WHERE number = $1 AND currency = 'CNY'", shop.account
    )
    assert held == 3_000, "the shop cannot spend it meanwhile"
    await bank.finish_everything()
    [given] = (await wang.get(f"/payments/{payment}")).json()["refunds"]
    assert (given["state"], given["destination"]) == ("succeeded", "card")
    assert on_card(bank, debit_number) == PAN_BALANCE
    assert await counter.balance_of(shop.account) == yuan(0)


async def test_what_could_not_leave_the_house_waits_and_is_forwarded(
    wang: Browser,
    debit: str,
    debit_number: str,
    bank: Bank,
    counter: shops.Bank,
    shop: merchants.Store,
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    switch = bank.services.switch
    assert isinstance(switch, rails.IsoCardSwitch)
    address = switch._address
    await switch.close()
    switch._address = None
    assert (await refund(wang, payment)).json()["state"] == "pending"
    states = await counter.owner.fetch("SELECT state FROM rails_operations WHERE kind = 'refund'")
    assert [row["state"] for row in states] == ["intended"]
    switch._address = address
    await bank.finish_everything()
    assert on_card(bank, debit_number) == PAN_BALANCE


async def test_a_card_that_refuses_it_sends_it_to_the_wallet(
    wang: Browser,
    debit: str,
    debit_number: str,
    bank: Bank,
    counter: shops.Bank,
    shop: merchants.Store,
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    bank.world.modes.order(Mode(kind=ModeKind.DECLINE, code=ResponseCode.RESTRICTED_CARD))
    given = (await refund(wang, payment)).json()
    assert (given["destination"], given["state"]) == ("balance", "succeeded")
    assert await balances(wang) == (3_000, 3_000)
    assert on_card(bank, debit_number) == PAN_BALANCE - 3_000


async def test_a_card_that_is_bound_no_more_sends_it_to_the_wallet(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    headers = {"Idempotency-Key": "remove-the-card"}
    assert (await wang.http.delete(f"/api/cards/{debit}", headers=headers)).is_success
    given = (await refund(wang, payment)).json()
    assert (given["destination"], given["state"]) == ("balance", "succeeded")
    assert await balances(wang) == (3_000, 3_000)
    assert await bank.clearing() == 3_000


async def test_many_give_it_back_at_once_and_it_comes_back_once(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    replies = await asyncio.gather(*(refund(wang, payment, yuan(8)) for _ in range(8)))
    outcome = Counter(r.json().get("state") or refused(r) for r in replies)
    assert outcome == {"succeeded": 3, "payments.refund_exceeds_payment": 5}
    assert await counter.balance_of(shop.account) == yuan(6)
    assert await bank.clearing() == 600


async def test_the_fee_comes_back_at_once_while_the_card_is_asked(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 30)
    await counter.move(shop.account, ledger.FEES, yuan(1))
    await counter.owner.execute("UPDATE payments_payments SET fee_minor = 100")
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    assert (await refund(wang, payment)).json()["state"] == "pending"
    assert await counter.balance_of(ledger.FEES) == yuan(0)
    await bank.finish_everything()
    assert await counter.balance_of(shop.account) == yuan(0)


async def test_only_the_balance_can_be_set_aside(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    order = await counter.an_order(shop, yuan(3), capture=payments.Capture.MANUAL)
    authorisation = await shops.authorise_payment(wang, shop, order, yuan(3))
    body = shops.payment_body(shop, order, yuan(3), authorisation)
    body["funding"] = {"kind": "card", "card": debit}
    async with counter.unmoved():
        assert refused(await wang.post("/payments", body)) == "payments.hold_needs_balance"
    assert await bank.clearing() == 0


async def test_by_card_a_payment_is_refunded_and_never_undone(
    wang: Browser, debit: str, bank: Bank, counter: shops.Bank, shop: merchants.Store
) -> None:
    payment = await paid_by_card(counter, wang, shop, debit, 3)
    movement = (await wang.get(f"/payments/{payment}")).json()["movement"]
    original = ledger.MovementId(ids.parse("mov", movement))
    async with counter.unmoved(), counter.database.write() as session:
        now = await business_now(session)
        with pytest.raises(payments.after_sale_errors.ReversalUnfit):
            await payments.reverse_movement(session, original, reason="", now=now)
    assert await bank.clearing() == 300
