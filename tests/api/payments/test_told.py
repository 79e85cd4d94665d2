"""Who is told of money at once: the payee's screens, and the payer's."""

from collections.abc import Callable
from uuid import UUID

from factories.identity import OTHER_PHONE, Browser
from factories.shops import Bank, authorise_payment, on_wire, payment_body, yuan
from tael import notifications, payments, transfers
from tael.jobs import relay
from tael.kernel import ids


async def deliver(bank: Bank) -> None:
    """Let the worker hand out what was recorded; twice, which must change nothing."""
    await relay.sequence(bank.database)
    for subscriber in (*payments.SUBSCRIBERS, *transfers.SUBSCRIBERS) * 2:
        await relay.register(bank.database, subscriber)
        while await relay.deliver(bank.database, subscriber):
            pass


async def notes(bank: Bank, customer: str) -> list[notifications.LiveNote]:
    customer_id: UUID = ids.parse("cus", customer)
    async with bank.database.read() as session:
        return await notifications.live_since(session, customer_id, 0)


async def test_an_owner_sees_a_payment_to_his_shop_and_the_payer_a_changed_wallet(
    payer: Browser, bank: Bank, browsers: Callable[..., Browser]
) -> None:
    owner = await browsers(OTHER_PHONE).sign_up()
    shop = await bank.a_shop(owner=owner.customer)
    order = await bank.an_order(shop, yuan(8))
    authorisation = await authorise_payment(payer, shop, order, yuan(8))
    paid = await payer.post("/payments", payment_body(shop, order, yuan(8), authorisation))
    await deliver(bank)
    [told] = await notes(bank, owner.customer)
    assert told.kind == "money_in"
    assert told.payload["amount"] == on_wire(yuan(8))
    assert told.payload["movement"] == paid.json()["movement"]
    assert told.payload["counterparty"] == "138****1234"
    assert [note.kind for note in await notes(bank, payer.customer)] == ["wallet_changed"]


async def test_a_payee_sees_a_transfer_at_once(
    payer: Browser, bank: Bank, browsers: Callable[..., Browser]
) -> None:
    payee = await browsers(OTHER_PHONE).sign_up()
    authorisation = await payer.authorised(
        purpose="transfer", payee=payee.customer, amount=on_wire(yuan(9))
    )
    body = {
        "payee": payee.customer,
        "amount": on_wire(yuan(9)),
        "memo": "hi",
        "authorisation": authorisation,
    }
    sent = (await payer.post("/transfers", body)).json()
    await deliver(bank)
    [told] = await notes(bank, payee.customer)
    assert told.kind == "money_in"
    assert told.payload["movement"] == sent["movement"]
    assert told.payload["amount"] == on_wire(yuan(9))
    assert [note.kind for note in await notes(bank, payer.customer)] == ["wallet_changed"]
