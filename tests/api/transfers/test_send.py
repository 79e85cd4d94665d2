"""Sending to persons: it arrives at once; refusals move nothing and tell nothing."""

import asyncio
from collections import Counter
from collections.abc import Callable

import asyncpg
import httpx
import pytest

from factories.identity import OTHER_PHONE, Browser
from factories.shops import Bank, on_wire, yuan
from tael.kernel import ids

THIRD_PHONE = "13700001111"


@pytest.fixture
async def payee(browsers: Callable[..., Browser], payer: Browser) -> Browser:
    """Somebody else with a wallet."""
    return await browsers(OTHER_PHONE).sign_up()


async def send(
    payer: Browser, payee: str, amount: int, memo: str = "", **more: object
) -> httpx.Response:
    """Enter the PIN and send."""
    authorisation = await payer.authorised(
        purpose="transfer", payee=payee, amount=on_wire(yuan(amount))
    )
    body = {
        "payee": payee,
        "amount": on_wire(yuan(amount)),
        "memo": memo,
        "authorisation": authorisation,
        **more,
    }
    return await payer.post("/transfers", body)


def refused(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    code: str = reply.json()["code"]
    return code


async def test_a_transfer_arrives_at_once(payer: Browser, payee: Browser, bank: Bank) -> None:
    reply = await send(payer, payee.customer, 50, "午饭 lunch")
    assert reply.status_code == 201, reply.text
    sent = reply.json()
    assert sent["payee"] == {
        "payee": payee.customer,
        "name_masked": None,
        "phone_masked": "139****5678",
    }
    assert sent["memo"] == "午饭 lunch"
    assert await bank.balance(payer.customer) == yuan(950)
    assert await bank.balance(payee.customer) == yuan(50)
    assert await bank.day_used(payer.customer) == 5000
    assert await bank.day_used(payee.customer) == 0
    assert (await payer.get(f"/transfers/{sent['transfer']}")).json() == sent
    await bank.books()


async def test_a_transfer_is_read_by_its_payer_only(payer: Browser, payee: Browser) -> None:
    sent = (await send(payer, payee.customer, 1)).json()
    reply = await payee.get(f"/transfers/{sent['transfer']}")
    assert (reply.status_code, refused(reply)) == (404, "transfers.transfer_not_found")


async def test_each_side_of_the_books_sees_the_other_masked(
    payer: Browser, payee: Browser, owner: asyncpg.Connection
) -> None:
    await send(payer, payee.customer, 1, "hi")
    row = await owner.fetchrow(
        "SELECT payer_label, payee_label, memo FROM ledger_movements WHERE kind = 'transfer'"
    )
    assert tuple(row) == ("138****1234", "139****5678", "hi")


async def test_what_cannot_be_seen_is_not_kept_in_a_memo(payer: Browser, payee: Browser) -> None:
    sent = (await send(payer, payee.customer, 1, " pay\u202e\x00\x07 \n me\u200b ")).json()
    assert sent["memo"] == "pay me"
    reply = await send(payer, payee.customer, 1, "x" * 51)
    assert (reply.status_code, refused(reply)) == (422, "request.invalid")


async def test_nobody_sends_to_himself(payer: Browser, bank: Bank) -> None:
    async with bank.unmoved():
        assert refused(await send(payer, payer.customer, 1)) == "transfers.self_transfer"


async def test_nobody_sends_to_nobody(payer: Browser, bank: Bank) -> None:
    nobody = ids.wire("cus", ids.new_id())
    async with bank.unmoved():
        assert refused(await send(payer, nobody, 1)) == "transfers.payee_not_found"


async def test_more_than_there_is_is_not_sent(payer: Browser, payee: Browser, bank: Bank) -> None:
    async with bank.unmoved():
        assert refused(await send(payer, payee.customer, 1001)) == "ledger.insufficient_funds"


async def test_a_frozen_payer_sends_nothing_and_a_frozen_payee_receives(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    await bank.set_status(payee.customer, "frozen")
    assert (await send(payer, payee.customer, 10)).status_code == 201
    await bank.set_status(payer.customer, "frozen")
    async with bank.unmoved():
        assert refused(await send(payer, payee.customer, 10)) == "customers.wallet_frozen"


async def test_a_closed_wallet_does_not_receive(payer: Browser, payee: Browser, bank: Bank) -> None:
    await bank.set_status(payee.customer, "closed")
    async with bank.unmoved():
        reply = await send(payer, payee.customer, 10)
        assert refused(reply) == "customers.payee_cannot_receive"


async def test_a_full_payee_receives_nothing_and_his_figures_stay_his(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    await bank.fund(payee.customer, yuan(9_950))
    async with bank.unmoved():
        reply = await send(payer, payee.customer, 60)
        assert refused(reply) == "customers.payee_cannot_receive"
        told = set(reply.json())
        assert told == {"type", "title", "status", "code", "advice", "request_id"}
    assert (await send(payer, payee.customer, 50)).status_code == 201


async def test_limits_hold_for_transfers(payer: Browser, payee: Browser, bank: Bank) -> None:
    await bank.fund(payer.customer, yuan(4000))
    async with bank.unmoved():
        reply = await send(payer, payee.customer, 2001)
        assert refused(reply) == "customers.limit_exceeded"
        assert reply.json()["limit"] == "per_payment"


async def test_an_authorisation_for_another_payee_is_none(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    other = ids.wire("cus", ids.new_id())
    authorisation = await payer.authorised(purpose="transfer", payee=other, amount=on_wire(yuan(5)))
    async with bank.unmoved():
        reply = await payer.post(
            "/transfers",
            {
                "payee": payee.customer,
                "amount": on_wire(yuan(5)),
                "memo": "",
                "authorisation": authorisation,
            },
        )
        assert refused(reply) == "identity.authorisation_invalid"


async def test_little_goes_to_a_new_payee_at_first_and_more_after_two_hours(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    await bank.set_class(payer.customer, 2)
    await bank.set_class(payee.customer, 2)
    await bank.fund(payer.customer, yuan(20_000))
    assert (await send(payer, payee.customer, 4_000)).status_code == 201
    async with bank.unmoved():
        reply = await send(payer, payee.customer, 1_001)
        assert refused(reply) == "transfers.new_payee_limit_exceeded"
        assert reply.json()["left"] == on_wire(yuan(1_000))
        assert reply.json()["until"] is not None
    assert (await send(payer, payee.customer, 1_000)).status_code == 201
    await payer.post("/sandbox/clock", {"advance_s": 7_200})
    assert (await send(payer, payee.customer, 6_000)).status_code == 201


async def test_after_a_change_of_secrets_nothing_goes_to_a_new_payee_for_a_day(
    payer: Browser, payee: Browser, bank: Bank, browsers: Callable[..., Browser]
) -> None:
    known = await browsers(THIRD_PHONE).sign_up()
    assert (await send(payer, known.customer, 1)).status_code == 201
    await payer.post("/sandbox/clock", {"advance_s": 7_200})
    await bank.owner.execute(
        """
        UPDATE identity_principals
        SET secret_changed_at = now() + (SELECT ahead FROM kernel_business_clock)
        WHERE customer_id = $1
        """,
        ids.parse("cus", payer.customer),
    )
    async with bank.unmoved():
        reply = await send(payer, payee.customer, 1)
        assert refused(reply) == "transfers.new_payee_held_back"
        assert reply.json()["until"].endswith("Z")
    assert (await send(payer, known.customer, 1)).status_code == 201
    await payer.post("/sandbox/clock", {"advance_s": 24 * 3600})
    assert (await send(payer, payee.customer, 1)).status_code == 201


async def test_fifty_send_one_balance_and_it_never_falls_below_zero(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    given = [
        await payer.authorised(purpose="transfer", payee=payee.customer, amount=on_wire(yuan(300)))
        for _ in range(10)
    ]
    bodies = [
        {
            "payee": payee.customer,
            "amount": on_wire(yuan(300)),
            "memo": "",
            "authorisation": authorisation,
        }
        for authorisation in given
        for _ in range(5)
    ]
    replies = await asyncio.gather(*(payer.post("/transfers", body) for body in bodies))
    outcome = Counter(r.status_code == 201 for r in replies)
    assert outcome == {True: 3, False: 47}
    assert await bank.balance(payer.customer) == yuan(100)
    assert await bank.balance(payee.customer) == yuan(900)
    await bank.books()


async def test_both_ways_at_once_is_no_deadlock(payer: Browser, payee: Browser, bank: Bank) -> None:
    await bank.fund(payee.customer, yuan(1000))
    calls = []
    for sender, receiver in [(payer, payee), (payee, payer)] * 5:
        authorisation = await sender.authorised(
            purpose="transfer", payee=receiver.customer, amount=on_wire(yuan(1))
        )
        body = {
            "payee": receiver.customer,
            "amount": on_wire(yuan(1)),
            "memo": "",
            "authorisation": authorisation,
        }
        calls.append(sender.post("/transfers", body))
    replies = await asyncio.gather(*calls)
    assert {reply.status_code for reply in replies} == {201}
    assert await bank.balance(payer.customer) == yuan(1000)


async def test_a_replay_gets_the_same_bytes_and_sends_once(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    authorisation = await payer.authorised(
        purpose="transfer", payee=payee.customer, amount=on_wire(yuan(5))
    )
    body = {
        "payee": payee.customer,
        "amount": on_wire(yuan(5)),
        "memo": "once",
        "authorisation": authorisation,
    }
    replies = await asyncio.gather(
        *(payer.post("/transfers", body, key="one-key-for-all") for _ in range(50))
    )
    assert {reply.content for reply in replies} == {replies[0].content}
    assert await bank.balance(payee.customer) == yuan(5)
