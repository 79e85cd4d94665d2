"""Receive codes: dynamic, personal, short-lived; with an amount good for one transfer."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from factories.identity import OTHER_PHONE, Browser
from factories.shops import Bank, on_wire, yuan
from tael import transfers
from tael.codecs.emvco import Initiation, parse


@pytest.fixture
async def payee(browsers: Callable[..., Browser], payer: Browser) -> Browser:
    """Somebody who shows a code."""
    return await browsers(OTHER_PHONE).sign_up()


async def show(payee: Browser, amount: int | None = None, memo: str | None = None) -> str:
    """Make a code; its payload."""
    body = {"amount": on_wire(yuan(amount)) if amount else None, "memo": memo}
    reply = await payee.post("/receive-codes", body)
    assert reply.status_code == 201, reply.text
    payload: str = reply.json()["payload"]
    return payload


async def scan(payer: Browser, payload: str) -> httpx.Response:
    return await payer.post("/codes/resolve", {"payload": payload})


async def send_to(payer: Browser, resolved: dict[str, Any], amount: int) -> httpx.Response:
    """Pay what a scan gave."""
    return await payer.post("/transfers", await body_to(payer, resolved, amount))


async def body_to(payer: Browser, resolved: dict[str, Any], amount: int) -> dict[str, Any]:
    """Enter the PIN for what a scan gave."""
    payee = resolved["payee"]["payee"]
    authorisation = await payer.authorised(
        purpose="transfer", payee=payee, amount=on_wire(yuan(amount))
    )
    return {
        "payee": payee,
        "amount": on_wire(yuan(amount)),
        "memo": resolved["memo"] or "",
        "authorisation": authorisation,
        "receive_code": resolved["receive_code"],
    }


async def test_a_code_without_amount_leads_to_its_person_any_number_of_times(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    payload = await show(payee)
    resolved = (await scan(payer, payload)).json()
    assert resolved["kind"] == "person"
    assert resolved["payee"]["payee"] == payee.customer
    assert resolved["payee"]["name"] == "139****5678"
    assert (resolved["amount"], resolved["level"], resolved["warnings"]) == (None, None, [])
    assert (await send_to(payer, resolved, 3)).status_code == 201
    assert (await send_to(payer, resolved, 4)).status_code == 201
    assert await bank.balance(payee.customer) == yuan(7)


async def test_a_code_says_nothing_about_the_person(payee: Browser) -> None:
    code = parse(await show(payee, 5, "rent"))
    assert code.initiation is Initiation.DYNAMIC
    assert code.missing == ()
    assert code.amount == "5.00"
    text = code.payload
    for secret in (payee.phone, payee.phone[-4:], payee.customer, "rent"):
        assert secret not in text


async def test_a_code_with_an_amount_is_good_for_one_transfer(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    payload = await show(payee, 20, "AA 午饭")
    resolved = (await scan(payer, payload)).json()
    assert (resolved["amount"], resolved["memo"]) == (on_wire(yuan(20)), "AA 午饭")
    async with bank.unmoved():
        reply = await send_to(payer, resolved, 21)
        assert reply.json()["code"] == "transfers.amount_changed"
    assert (await send_to(payer, resolved, 20)).status_code == 201
    async with bank.unmoved():
        reply = await send_to(payer, resolved, 20)
        assert reply.json()["code"] == "transfers.receive_code_used"
    assert (await scan(payer, payload)).json()["code"] == "transfers.receive_code_used"


async def test_many_pay_one_code_and_one_is_served(
    payer: Browser, payee: Browser, bank: Bank
) -> None:
    resolved = (await scan(payer, await show(payee, 2))).json()
    bodies = [await body_to(payer, resolved, 2) for _ in range(8)]
    replies = await asyncio.gather(*(payer.post("/transfers", body) for body in bodies))
    outcome = Counter("sent" if r.status_code == 201 else r.json()["code"] for r in replies)
    assert outcome == {"sent": 1, "transfers.receive_code_used": 7}
    assert await bank.balance(payee.customer) == yuan(2)


async def test_a_code_dies_after_ten_minutes(payer: Browser, payee: Browser, bank: Bank) -> None:
    payload = await show(payee, 5)
    resolved = (await scan(payer, payload)).json()
    await payer.post("/sandbox/clock", {"advance_s": 600})
    assert (await scan(payer, payload)).json()["code"] == "transfers.receive_code_expired"
    async with bank.unmoved():
        reply = await send_to(payer, resolved, 5)
        assert reply.json()["code"] == "transfers.receive_code_expired"


async def test_a_fresh_code_comes_again_and_an_old_one_is_replaced(
    payer: Browser, payee: Browser
) -> None:
    first = await show(payee)
    assert await show(payee) == first
    await payer.post("/sandbox/clock", {"advance_s": 330})
    second = await show(payee)
    assert second != first
    assert (await scan(payer, first)).json()["code"] == "transfers.receive_code_unknown"
    assert (await scan(payer, second)).json()["kind"] == "person"


async def test_a_code_leads_to_nobody_else(
    payer: Browser, payee: Browser, bank: Bank, browsers: Callable[..., Browser]
) -> None:
    resolved = (await scan(payer, await show(payee))).json()
    other = await browsers("13700001111").sign_up()
    resolved["payee"]["payee"] = other.customer
    async with bank.unmoved():
        reply = await send_to(payer, resolved, 5)
        assert reply.json()["code"] == "transfers.receive_code_unknown"


async def test_the_own_code_is_not_paid(payee: Browser) -> None:
    reply = await scan(payee, await show(payee))
    assert reply.json()["code"] == "transfers.self_transfer"


async def test_codes_that_died_a_day_ago_are_forgotten(payee: Browser, bank: Bank) -> None:
    for amount in (None, 1, 2):
        await show(payee, amount)
    await bank.owner.execute(
        """
        UPDATE transfers_receive_codes
        SET created_at = now() - interval '3 days',
            expires_at = now() - CASE amount_minor
                                     WHEN 100 THEN interval '25 hours'
                                     ELSE interval '23 hours' END
        WHERE amount_minor > 0
        """
    )
    [purge] = [s for s in transfers.SCHEDULES if s.name == "transfers.purge_receive_codes"]
    await purge.run(bank.database)
    left = await bank.owner.fetch("SELECT amount_minor FROM transfers_receive_codes ORDER BY 1")
    assert [row["amount_minor"] for row in left] == [0, 200]
