"""Fifty at once: one order, one balance, one limit, one authorisation; and alone as in a batch."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import httpx
import pytest

from factories.identity import Browser
from factories.shops import Bank, authorise_payment, on_wire, payment_body, yuan
from tael import identity, ledger, merchants, payments
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal

MANY = 50


async def authorised_by_us(
    bank: Bank, payer: Browser, terms: Sequence[identity.AuthorisationTerms]
) -> list[identity.AuthorisationId]:
    """Authorisations as the PIN gives them, without asking for the PIN fifty times."""
    bearer = await bearer_of(bank, payer)
    given = []
    async with bank.database.write() as session:
        for each in terms:
            made = await identity.authorise(session, ids.new_id(), bearer, each, now=machine_now())
            given.append(identity.AuthorisationId(made.authorisation_id))
    return given


async def bearer_of(bank: Bank, payer: Browser) -> identity.Bearer:
    customer = ids.parse("cus", payer.customer)
    session_id = await bank.owner.fetchval(
        "SELECT id FROM identity_sessions WHERE customer_id = $1 AND ended_at IS NULL", customer
    )
    return identity.Bearer(customer, session_id)


def terms(
    store: merchants.Store, order: payments.Order | None, amount: Money
) -> identity.AuthorisationTerms:
    return identity.AuthorisationTerms(
        purpose="payment",
        payee=ids.wire("sto", store.id),
        amount=amount,
        order=ids.wire("ord", order.id) if order else "",
    )


def codes(replies: Sequence[httpx.Response]) -> Counter[str]:
    return Counter(
        "paid" if reply.status_code == 201 else reply.json()["code"] for reply in replies
    )


async def race(
    bank: Bank,
    payer: Browser,
    shop: merchants.Store,
    orders: Sequence[payments.Order | None],
    amount: Money,
) -> Counter[str]:
    """Pay all at once, each with an authorisation and a key of its own."""
    given = await authorised_by_us(bank, payer, [terms(shop, order, amount) for order in orders])
    bodies = [
        payment_body(shop, order, amount, ids.wire("aut", authorisation))
        for order, authorisation in zip(orders, given, strict=True)
    ]
    return codes(await asyncio.gather(*(payer.post("/payments", body) for body in bodies)))


async def test_fifty_pay_one_order_and_one_is_served(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    order = await bank.an_order(shop, yuan(7))
    outcome = await race(bank, payer, shop, [order] * MANY, yuan(7))
    assert outcome == {"paid": 1, "payments.order_already_paid": MANY - 1}
    assert await bank.balance_of(shop.account) == yuan(7)
    assert await bank.used_authorisations() == 1
    await bank.books()


async def test_fifty_spend_one_balance_and_it_never_falls_below_zero(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    orders = [await bank.an_order(shop, yuan(90)) for _ in range(MANY)]
    outcome = await race(bank, payer, shop, orders, yuan(90))
    assert outcome == {"paid": 11, "ledger.insufficient_funds": MANY - 11}
    assert await bank.balance(payer.customer) == yuan(10)
    await bank.books()


async def test_fifty_use_one_limit_and_it_is_not_passed(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    outcome = await race(bank, payer, shop, [None] * MANY, yuan(30))
    assert outcome == {"paid": 16, "customers.limit_exceeded": MANY - 16}
    assert await bank.balance_of(shop.account) == yuan(480)
    await bank.books()


async def test_fifty_present_one_authorisation_and_it_is_used_once(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    authorisation = await authorise_payment(payer, shop, None, yuan(5))
    body = payment_body(shop, None, yuan(5), authorisation)
    replies = await asyncio.gather(*(payer.post("/payments", body) for _ in range(MANY)))
    assert codes(replies) == {"paid": 1, "identity.authorisation_invalid": MANY - 1}
    assert await bank.balance_of(shop.account) == yuan(5)


async def test_fifty_twins_with_one_key_get_the_same_bytes(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    authorisation = await authorise_payment(payer, shop, None, yuan(5))
    body = payment_body(shop, None, yuan(5), authorisation)
    replies = await asyncio.gather(
        *(payer.post("/payments", body, key="one-key-for-all") for _ in range(MANY))
    )
    assert {reply.content for reply in replies} == {replies[0].content}
    assert replies[0].status_code == 201
    assert await bank.balance_of(shop.account) == yuan(5)


async def commands_of(
    bank: Bank, payer: Browser, shop: merchants.Store, amounts: Sequence[int | None]
) -> list[payments.Pay]:
    """Payments of orders of these amounts; None is an order that was withdrawn."""
    bearer = await bearer_of(bank, payer)
    made = []
    for amount in amounts:
        order = await bank.an_order(shop, yuan(amount or 1))
        if amount is None:
            await bank.owner.execute(
                "UPDATE payments_orders SET state = 'closed' WHERE id = $1", order.id
            )
        [authorisation] = await authorised_by_us(bank, payer, [terms(shop, order, order.amount)])
        made.append(
            payments.Pay(
                payment_id=payments.PaymentId(ids.new_id()),
                movement_id=ledger.MovementId(ids.new_id()),
                store_id=shop.id,
                order_id=order.id,
                amount=order.amount,
                authorisation=authorisation,
                bearer=bearer,
            )
        )
    return made


def told(outcomes: Sequence[payments.Receipt | Refusal]) -> list[str]:
    return [o.code if isinstance(o, Refusal) else o.state.value for o in outcomes]


async def settle_alone(
    database: Database, commands: Sequence[payments.Pay]
) -> list[payments.Receipt | Refusal]:
    outcomes: list[payments.Receipt | Refusal] = []
    for command in commands:
        async with database.write() as session:
            outcomes += await payments.pay(session, [command], await business_now(session))
    return outcomes


async def test_a_payment_means_the_same_alone_and_in_a_batch(
    payer: Browser, bank: Bank, shop: merchants.Store
) -> None:
    # The third falls short of what the first two leave, the fourth fits again.
    amounts = [600, 300, 200, 100, None, 1]
    expected = [
        "succeeded", "succeeded", "ledger.insufficient_funds", "succeeded",
        "payments.order_closed", "ledger.insufficient_funds",
    ]  # fmt: skip
    alone = await commands_of(bank, payer, shop, amounts)
    assert told(await settle_alone(bank.database, alone)) == expected
    assert await bank.balance(payer.customer) == yuan(0)
    await bank.fund(payer.customer, yuan(1000))
    together = await commands_of(bank, payer, shop, amounts)
    async with bank.database.write() as session:
        outcomes = await payments.pay(session, together, await business_now(session))
    assert told(outcomes) == expected
    assert await bank.balance(payer.customer) == yuan(0)
    await bank.books()


class Counting(WriteSession):
    """A session that counts its statements."""

    statements = 0

    async def fetch(self, sql: str, *arguments: object) -> list[object]:
        type(self).statements += 1
        return await super().fetch(sql, *arguments)

    async def fetchrow(self, sql: str, *arguments: object) -> object:
        type(self).statements += 1
        return await super().fetchrow(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> str:
        type(self).statements += 1
        return await super().execute(sql, *arguments)


@pytest.mark.parametrize("size", [1, 200])
async def test_a_batch_runs_one_statement_a_module_and_step(
    payer: Browser, bank: Bank, shop: merchants.Store, size: int
) -> None:
    commands = await commands_of(bank, payer, shop, [1] * size)
    Counting.statements = 0
    async with bank.database.write() as session:
        now = await business_now(session)
        counting = Counting(session._connection, clock_moves=session.clock_moves)
        outcomes = await payments.pay(counting, commands, now)
        await counting.settled()
    assert told(outcomes) == ["succeeded"] * size
    # Locked: orders, authorisations, limit use, accounts; read: stores, pending payments.
    # Written: ledger, limit use, authorisations, payments with their orders, outbox.
    assert Counting.statements == 11
    assert on_wire(await bank.balance_of(shop.account)) == on_wire(yuan(size))
