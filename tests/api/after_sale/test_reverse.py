"""Undoing what should not have been: by its opposite, once, and the payment says so."""

import pytest

from factories.after_sale import paid_order, pay, refund, refused
from factories.identity import Browser
from factories.shops import Bank, yuan
from tael import ledger, merchants, payments
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.refusals import Refusal


async def reverse(bank: Bank, movement: str) -> ledger.MovementId:
    async with bank.database.write() as session:
        return await payments.reverse_movement(
            session,
            ledger.MovementId(ids.parse("mov", movement)),
            reason="booked twice",
            now=await business_now(session),
        )


@pytest.mark.parametrize("static", [False, True])
async def test_a_payment_is_undone_once_and_says_so(
    payer: Browser, bank: Bank, shop: merchants.Store, *, static: bool
) -> None:
    if static:
        paid = await pay(payer, shop, None, yuan(30))
    else:
        paid = await paid_order(bank, payer, shop, 30)
    opposite = await reverse(bank, paid["movement"])
    assert await bank.balance(payer.customer) == yuan(1000)
    assert await bank.balance_of(shop.account) == yuan(0)
    assert await bank.day_used(payer.customer) == 0
    read = (await payer.get(f"/payments/{paid['payment']}")).json()
    assert (read["state"], read["movement"]) == ("reversed", paid["movement"])
    entry = (await payer.get(f"/history/{ids.wire('mov', opposite)}")).json()
    assert (entry["kind"], entry["direction"]) == ("reversal", "in")
    assert entry["shop"]["name_zh"] == "测试小店"
    async with bank.unmoved():
        assert refused(await refund(payer, paid["payment"])) == "payments.payment_reversed"
        with pytest.raises(payments.after_sale_errors.PaymentReversed):
            await reverse(bank, paid["movement"])
    await bank.books()


async def test_what_was_given_back_is_not_undone_too(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    given = (await refund(payer, paid["payment"], yuan(1))).json()
    async with bank.unmoved():
        for movement, why in ((paid["movement"], "refunded"), (given["movement"], "refund")):
            with pytest.raises(payments.after_sale_errors.ReversalUnfit) as unfit:
                await reverse(bank, movement)
            assert unfit.value.details["why"] == why


async def test_a_shop_that_spent_the_money_is_not_overdrawn(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    paid = await paid_order(bank, payer, shop, 30)
    await bank.move(shop.account, ledger.CARD_CLEARING, yuan(1))
    async with bank.unmoved():
        with pytest.raises(Refusal, match=r"ledger\.insufficient_funds"):
            await reverse(bank, paid["movement"])
