"""Fill the wallet from a card: each way the card's bank may behave, and nothing twice."""

import asyncio
from uuid import uuid4

import pytest

from factories.identity import Browser
from factories.wallets_with_cards import Bank, balances, bind, top_up
from tael.codecs.response_codes import ResponseCode
from tael.sandbox.world import World
from tael.sandbox.world.modes import Mode, ModeKind, Traffic, When
from tael.sandbox.world.people import LI, WANG, CardKind


async def test_a_top_up_moves_the_money_and_shows_it_in_the_history(
    wang: Browser, debit: str, bank: Bank
) -> None:
    reply = await top_up(wang, debit, 12_345)
    assert reply.status_code == 201, reply.text
    done = reply.json()
    assert (done["kind"], done["state"], done["final_by"]) == ("top_up", "succeeded", None)
    assert await balances(wang) == (12_345, 12_345)
    assert await bank.clearing() == 12_345
    assert (await wang.get(f"/top-ups/{done['id']}")).json() == done
    [entry] = (await wang.get("/history")).json()["entries"]
    assert entry["movement"] == done["movement"]
    assert (entry["kind"], entry["direction"]) == ("top_up", "in")
    assert "示例银行" in entry["counterparty"]
    assert done["card"]["last4"] in entry["counterparty"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (ResponseCode.DO_NOT_HONOUR, "declined"),
        (ResponseCode.INSUFFICIENT_FUNDS, "insufficient_funds"),
        (ResponseCode.OVER_LIMIT, "card_limit"),
        (ResponseCode.LOST_CARD, "card_not_usable"),
        (ResponseCode.ISSUER_DOWN, "bank_unavailable"),
    ],
)
async def test_a_declined_top_up_says_why_and_moves_nothing(
    wang: Browser, debit: str, bank: Bank, code: ResponseCode, reason: str
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.DECLINE, code=code))
    done = (await top_up(wang, debit, 5_000)).json()
    assert (done["state"], done["movement"], done["final_by"]) == ("declined", None, None)
    assert done["decline"]["code"] == reason
    assert await balances(wang) == (0, 0)


async def test_the_switch_itself_may_not_know_which_is_no_decline(
    wang: Browser, debit: str, bank: Bank
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.DECLINE, code=ResponseCode.NO_ANSWER))
    done = (await top_up(wang, debit, 5_000)).json()
    assert (done["state"], done["decline"]) == ("pending", None)
    await bank.finish_everything()
    assert (await wang.get(f"/top-ups/{done['id']}")).json()["state"] == "reversed"
    assert await balances(wang) == (0, 0)


SILENCES = {
    "answer_lost": (Mode(kind=ModeKind.TIMEOUT), "succeeded"),
    "request_lost": (Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE), "reversed"),
    "late": (Mode(kind=ModeKind.DELAY, seconds=0.8), "succeeded"),
    "line_cut_after": (Mode(kind=ModeKind.DROP), "succeeded"),
    "line_cut_before": (Mode(kind=ModeKind.DROP, when=When.BEFORE), "reversed"),
}


@pytest.mark.parametrize("silence", SILENCES)
async def test_an_unknown_outcome_is_pending_until_it_is_certain(
    wang: Browser, debit: str, bank: Bank, silence: str
) -> None:
    mode, end = SILENCES[silence]
    bank.world.modes.order(mode)
    pending = (await top_up(wang, debit, 5_000)).json()
    assert (pending["state"], pending["movement"]) == ("pending", None)
    assert pending["final_by"] is not None
    assert await balances(wang) == (0, 0), "nothing is given before the bank approves"
    assert (await wang.get("/card-transfers?state=pending")).json() == {"card_transfers": [pending]}

    await bank.finish_everything()

    after = (await wang.get(f"/top-ups/{pending['id']}")).json()
    assert (after["state"], after["final_by"]) == (end, None)
    expected = 5_000 if end == "succeeded" else 0
    assert await balances(wang) == (expected, expected)
    assert (await wang.get("/card-transfers")).json() == {"card_transfers": []}


async def test_what_cannot_be_asked_about_is_undone(wang: Browser, debit: str, bank: Bank) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.INQUIRY, count=None))
    pending = (await top_up(wang, debit, 5_000)).json()
    await bank.finish_everything()
    assert (await wang.get(f"/top-ups/{pending['id']}")).json()["state"] == "reversed"
    assert await balances(wang) == (0, 0)
    assert bank.world.books.totals()["undone"] == 1


async def test_two_answers_are_one_top_up(wang: Browser, debit: str, bank: Bank) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TWICE))
    assert (await top_up(wang, debit, 5_000)).json()["state"] == "succeeded"
    await bank.deliver()
    assert await balances(wang) == (5_000, 5_000)


async def test_a_double_click_twenty_times_is_one_top_up(
    wang: Browser, debit: str, bank: Bank
) -> None:
    amount = {"value": 700, "currency": "CNY"}
    authorisation = await wang.authorised(purpose="top_up", payee=debit, amount=amount)
    body = {"card": debit, "amount": amount, "authorisation": authorisation}
    key = uuid4().hex
    replies = await asyncio.gather(*(wang.post("/top-ups", body, key=key) for _ in range(20)))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert await balances(wang) == (700, 700)
    assert bank.world.books.totals()["transactions"] == 1


async def test_one_authorisation_is_one_top_up(wang: Browser, debit: str, bank: Bank) -> None:
    amount = {"value": 700, "currency": "CNY"}
    authorisation = await wang.authorised(purpose="top_up", payee=debit, amount=amount)
    body = {"card": debit, "amount": amount, "authorisation": authorisation}
    assert (await wang.post("/top-ups", body)).status_code == 201
    again = await wang.post("/top-ups", body)
    assert (again.status_code, again.json()["code"]) == (403, "identity.authorisation_invalid")
    changed = body | {"amount": {"value": 800, "currency": "CNY"}}
    fresh = await wang.authorised(purpose="top_up", payee=debit, amount=amount)
    other = await wang.post("/top-ups", changed | {"authorisation": fresh})
    assert (other.status_code, other.json()["code"]) == (403, "identity.authorisation_invalid")
    assert await balances(wang) == (700, 700)


async def test_the_same_amount_waits_while_the_first_is_unknown(
    wang: Browser, debit: str, bank: Bank
) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    pending = (await top_up(wang, debit, 5_000)).json()
    twin = await top_up(wang, debit, 5_000)
    assert (twin.status_code, twin.json()["code"]) == (409, "transfers.same_amount_pending")
    assert twin.json()["pending"] == pending["id"]
    assert (await top_up(wang, debit, 4_000)).json()["state"] == "succeeded"
    await bank.finish_everything()
    assert (await top_up(wang, debit, 5_000)).json()["state"] == "succeeded"
    assert await balances(wang) == (14_000, 14_000)


async def test_concurrent_top_ups_never_pass_the_balance_cap_together(
    wang: Browser, bank: Bank, world: World, browsers: object
) -> None:
    # Class 3 may hold 20,000 yuan. Two cards, so that the amounts may be equal.
    cards = []
    for _ in range(2):
        number = world.books.issue(LI, "demo", CardKind.DEBIT, 5_000_000)
        cards.append(str((await bind(wang, world, number, LI))["card"]))
    replies = await asyncio.gather(*(top_up(wang, card, 1_500_000) for card in cards))
    assert sorted(reply.status_code for reply in replies) == [201, 409]
    [refused] = [reply.json() for reply in replies if reply.status_code == 409]
    assert refused["code"] == "customers.balance_cap_exceeded"
    assert await balances(wang) == (1_500_000, 1_500_000)


async def test_a_pending_top_up_keeps_its_room_and_gives_it_back(
    wang: Browser, bank: Bank, world: World
) -> None:
    number = world.books.issue(LI, "demo", CardKind.DEBIT, 5_000_000)
    card = str((await bind(wang, world, number, LI))["card"])
    world.modes.order(Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE))
    await top_up(wang, card, 1_500_000)
    full = await top_up(wang, card, 500_001)
    assert (full.status_code, full.json()["code"]) == (409, "customers.balance_cap_exceeded")
    assert full.json()["left"] == {"value": 500_000, "currency": "CNY"}
    await bank.finish_everything()
    assert (await top_up(wang, card, 2_000_000)).json()["state"] == "succeeded"
    assert await balances(wang) == (2_000_000, 2_000_000)


async def test_a_credit_card_cannot_fill_the_wallet(
    wang: Browser, bank: Bank, world: World
) -> None:
    number = world.books.issue(WANG, "demo", CardKind.CREDIT, 500_000)
    card = await bind(wang, world, number, WANG)
    assert card["can"] == ["pay"]
    reply = await top_up(wang, card["card"], 100)
    assert (reply.status_code, reply.json()["code"]) == (409, "instruments.card_cannot_top_up")
    assert await balances(wang) == (0, 0)
    assert world.books.totals()["transactions"] == 0


async def test_a_frozen_wallet_is_not_filled(wang: Browser, debit: str, bank: Bank) -> None:
    amount = {"value": 700, "currency": "CNY"}
    authorisation = await wang.authorised(purpose="top_up", payee=debit, amount=amount)
    assert (await wang.post("/wallet/freeze")).status_code == 200
    body = {"card": debit, "amount": amount, "authorisation": authorisation}
    reply = await wang.post("/top-ups", body)
    assert (reply.status_code, reply.json()["code"]) == (423, "customers.wallet_frozen")
    assert bank.world.books.totals()["transactions"] == 0


async def test_the_amount_has_a_least_and_a_most(wang: Browser, debit: str, bank: Bank) -> None:
    reply = await top_up(wang, debit, 5_000_001)
    assert (reply.status_code, reply.json()["code"]) == (422, "transfers.amount_out_of_range")
    assert reply.json()["most"] == {"value": 5_000_000, "currency": "CNY"}
    assert bank.world.books.totals()["transactions"] == 0


async def test_others_neither_use_nor_see_a_card_and_its_top_ups(
    wang: Browser, debit: str, bank: Bank, browsers: object
) -> None:
    done = (await top_up(wang, debit, 700)).json()
    assert callable(browsers)
    li: Browser = await browsers(LI.phone).sign_up()
    reply = await top_up(li, debit, 100)
    assert (reply.status_code, reply.json()["code"]) == (404, "instruments.card_unknown")
    seen = await li.get(f"/top-ups/{done['id']}")
    assert (seen.status_code, seen.json()["code"]) == (404, "transfers.card_transfer_not_found")
    as_withdrawal = await wang.get(f"/withdrawals/{done['id']}")
    assert as_withdrawal.json()["code"] == "request.malformed_id"
    assert await balances(wang) == (700, 700)


async def test_a_finished_top_up_is_told_to_open_screens(
    wang: Browser, debit: str, bank: Bank
) -> None:
    done = (await top_up(wang, debit, 700)).json()
    await bank.deliver()
    told = await bank.owner.fetch("SELECT kind, payload::text FROM notifications_live ORDER BY 1")
    assert [row["kind"] for row in told if done["movement"] in row["payload"]] == ["money_in"]
