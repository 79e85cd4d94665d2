"""Take money out to the own card: set aside first, paid once, given back when declined."""

import asyncio
from uuid import uuid4

import pytest

from factories.identity import Browser
from factories.wallets_with_cards import Bank, balances, bind, top_up, withdraw
from tael.codecs.response_codes import ResponseCode
from tael.sandbox.world import World
from tael.sandbox.world.modes import Mode, ModeKind, Traffic, When
from tael.sandbox.world.people import LI, WANG, CardKind


@pytest.fixture
async def filled(wang: Browser, debit: str) -> Browser:
    """Wang with 1,000 yuan in the wallet."""
    assert (await top_up(wang, debit, 100_000)).json()["state"] == "succeeded"
    return wang


async def used_today(browser: Browser) -> int:
    """What counts against the day's cap, in fen."""
    limits = (await browser.get("/limits")).json()["limits"]
    [day] = [limit for limit in limits if limit["limit"] == "day"]
    used: int = day["used"]["value"]
    return used


async def test_a_withdrawal_pays_the_card_and_counts(
    filled: Browser, debit: str, bank: Bank
) -> None:
    done = (await withdraw(filled, debit, 40_000)).json()
    assert (done["kind"], done["state"]) == ("withdrawal", "succeeded")
    assert await balances(filled) == (60_000, 60_000)
    assert await bank.clearing() == 60_000
    assert await used_today(filled) == 40_000
    assert (await filled.get(f"/withdrawals/{done['id']}")).json() == done
    entry = (await filled.get("/history?kind=withdrawal")).json()["entries"][0]
    assert (entry["movement"], entry["direction"]) == (done["movement"], "out")
    assert "示例银行" in entry["counterparty"]


async def test_a_declined_withdrawal_gives_money_and_limits_back(
    filled: Browser, debit: str, bank: Bank
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.DECLINE, code=ResponseCode.RESTRICTED_CARD))
    done = (await withdraw(filled, debit, 40_000)).json()
    assert (done["state"], done["decline"]["code"]) == ("declined", "card_not_usable")
    assert await balances(filled) == (100_000, 100_000)
    assert await used_today(filled) == 0


SILENCES = {
    "answer_lost": Mode(kind=ModeKind.TIMEOUT),
    "request_lost": Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE),
    "late": Mode(kind=ModeKind.DELAY, seconds=0.8),
    "line_cut_after": Mode(kind=ModeKind.DROP),
    "line_cut_before": Mode(kind=ModeKind.DROP, when=When.BEFORE),
    "switch_unsure": Mode(kind=ModeKind.DECLINE, code=ResponseCode.SYSTEM_ERROR),
}


@pytest.mark.parametrize("silence", SILENCES)
async def test_an_unknown_outcome_keeps_the_money_set_aside_until_it_is_certain(
    filled: Browser, debit: str, bank: Bank, silence: str
) -> None:
    bank.world.modes.order(SILENCES[silence])
    pending = (await withdraw(filled, debit, 40_000)).json()
    assert pending["state"] == "pending"
    assert await balances(filled) == (100_000, 60_000)
    spent = await withdraw(filled, debit, 60_001)
    assert (spent.status_code, spent.json()["code"]) == (409, "ledger.insufficient_funds")

    await bank.finish_everything()

    after = (await filled.get(f"/withdrawals/{pending['id']}")).json()
    assert after["state"] == "succeeded"
    assert await balances(filled) == (60_000, 60_000)
    assert bank.world.books.totals()["given"] == 40_000


async def test_a_year_of_silence_frees_nothing(filled: Browser, debit: str, bank: Bank) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    await withdraw(filled, debit, 40_000)
    await filled.post("/sandbox/clock", {"advance_s": 365 * 24 * 3600})
    assert await balances(filled) == (100_000, 60_000)
    await bank.finish_everything()
    assert await balances(filled) == (60_000, 60_000)
    assert await used_today(filled) == 0, "the day on which it counted is long over"


async def test_a_withdrawal_is_asked_again_and_never_reversed(
    filled: Browser, debit: str, bank: Bank
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE, count=2))
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.INQUIRY, count=4))
    pending = (await withdraw(filled, debit, 40_000)).json()
    await bank.finish_everything()
    assert (await filled.get(f"/withdrawals/{pending['id']}")).json()["state"] == "succeeded"
    assert await balances(filled) == (60_000, 60_000)
    assert bank.world.books.totals()["reversals"] == 0


async def test_a_double_click_twenty_times_is_one_withdrawal(
    filled: Browser, debit: str, bank: Bank
) -> None:
    amount = {"value": 700, "currency": "CNY"}
    authorisation = await filled.authorised(purpose="withdrawal", payee=debit, amount=amount)
    body = {"card": debit, "amount": amount, "authorisation": authorisation}
    key = uuid4().hex
    replies = await asyncio.gather(*(filled.post("/withdrawals", body, key=key) for _ in range(20)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert await balances(filled) == (99_300, 99_300)
    assert bank.world.books.totals()["transactions"] == 2


async def test_ten_withdrawals_at_once_never_take_more_than_there_is(
    filled: Browser, debit: str, bank: Bank
) -> None:
    bodies = []
    for minor in range(30_000, 30_010):
        amount = {"value": minor, "currency": "CNY"}
        allowed = await filled.authorised(purpose="withdrawal", payee=debit, amount=amount)
        bodies.append({"card": debit, "amount": amount, "authorisation": allowed})
    replies = await asyncio.gather(*(filled.post("/withdrawals", body) for body in bodies))
    assert sorted(reply.status_code for reply in replies) == [201] * 3 + [409] * 7
    balance, available = await balances(filled)
    assert balance == available
    assert 0 <= balance < 30_000


async def test_money_leaves_only_to_an_own_card(filled: Browser, bank: Bank, world: World) -> None:
    number = world.books.issue(LI, "demo", CardKind.DEBIT, 0)
    foreign = await bind(filled, world, number, LI)
    assert (foreign["own_name"], foreign["can"]) == (False, ["top_up", "pay"])
    reply = await withdraw(filled, foreign["card"], 100)
    assert (reply.status_code, reply.json()["code"]) == (409, "instruments.card_cannot_withdraw")
    assert await balances(filled) == (100_000, 100_000)


async def test_a_class_4_wallet_withdraws_to_the_card_that_its_phone_belongs_to(
    browsers: object, bank: Bank, world: World
) -> None:
    assert callable(browsers)
    browser: Browser = await browsers(WANG.phone).sign_up()
    number = world.books.issue(WANG, "demo", CardKind.DEBIT, 100_000)
    card = await bind(browser, world, number, WANG)
    assert (card["own_name"], card["can"]) == (False, ["top_up", "withdraw", "pay"])
    assert (await top_up(browser, card["card"], 50_000)).json()["state"] == "succeeded"
    assert (await withdraw(browser, card["card"], 20_000)).json()["state"] == "succeeded"
    assert await balances(browser) == (30_000, 30_000)


async def test_nothing_leaves_a_frozen_wallet(filled: Browser, debit: str, bank: Bank) -> None:
    amount = {"value": 700, "currency": "CNY"}
    allowed = await filled.authorised(purpose="withdrawal", payee=debit, amount=amount)
    assert (await filled.post("/wallet/freeze")).status_code == 200
    body = {"card": debit, "amount": amount, "authorisation": allowed}
    reply = await filled.post("/withdrawals", body)
    assert (reply.status_code, reply.json()["code"]) == (423, "customers.wallet_frozen")
    assert await balances(filled) == (100_000, 100_000)
    assert bank.world.books.totals()["given"] == 0


async def test_limits_of_the_class_hold_for_withdrawals(
    filled: Browser, debit: str, bank: Bank
) -> None:
    # Class 2: 50,000 yuan per payment.
    await top_up(filled, debit, 1_900_000)
    too_much = await withdraw(filled, debit, 5_000_001)
    assert too_much.json()["code"] == "transfers.amount_out_of_range"
    assert (await withdraw(filled, debit, 2_000_000)).json()["state"] == "succeeded"
    assert await balances(filled) == (0, 0)
