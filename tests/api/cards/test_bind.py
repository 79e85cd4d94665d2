"""Bind a card: the four elements, the bank's code, and what a bound card is."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from factories.identity import Browser
from factories.wallets_with_cards import Bank, bank_code, bind, elements, prove
from tael import rails
from tael.sandbox.world import World
from tael.sandbox.world.people import LI, WANG, CardKind


async def test_an_own_debit_card_raises_class_3_to_2(
    wang: Browser, bank: Bank, world: World, debit_number: str
) -> None:
    begun = await wang.post("/cards/bindings", elements(debit_number, WANG))
    assert begun.status_code == 202, begun.text
    binding = begun.json()
    assert (binding["phone_masked"], binding["resend_after_s"]) == ("138****1234", 60)
    code = bank_code(world, WANG.phone)
    done = await wang.post(f"/cards/bindings/{binding['binding']}/confirm", {"code": code})
    assert done.status_code == 201, done.text
    card, wallet = done.json()["card"], done.json()["wallet"]
    assert wallet["class"] == 2
    assert card | {"card": "", "bound_at": ""} == {
        "card": "",
        "bound_at": "",
        "bank": "demo",
        "bank_name": {"zh-CN": "示例银行", "en": "Demo Bank"},
        "kind": "debit",
        "last4": debit_number[-4:],
        "bin": "999101",
        "holder_masked": "*小明",
        "own_name": True,
        "can": ["top_up", "withdraw", "pay"],
    }
    assert (await wang.get("/cards")).json() == {"cards": [card]}


async def test_a_card_that_was_bound_before_the_name_was_proven_raises_too(
    browsers: Callable[..., Browser], bank: Bank, world: World, debit_number: str
) -> None:
    browser = await browsers(WANG.phone).sign_up()
    card = await bind(browser, world, debit_number, WANG)
    assert (card["own_name"], (await browser.get("/wallet")).json()["class"]) == (False, 4)
    await prove(browser, WANG)
    await bank.deliver()
    assert (await browser.get("/wallet")).json()["class"] == 2
    assert (await browser.get("/cards")).json()["cards"][0]["own_name"] is True


async def test_a_card_of_somebody_else_does_not_raise(
    wang: Browser, bank: Bank, world: World
) -> None:
    number = world.books.issue(LI, "farsail", CardKind.DEBIT, 0)
    card = await bind(wang, world, number, LI)
    assert (card["own_name"], card["holder_masked"]) == (False, "*雷")
    assert (await wang.get("/wallet")).json()["class"] == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "王大明"},
        {"id_number": LI.id_number},
        {"phone": LI.phone},
    ],
)
async def test_a_wrong_element_is_refused_without_saying_which(
    wang: Browser, bank: Bank, debit_number: str, wrong: dict[str, str]
) -> None:
    reply = await wang.post("/cards/bindings", elements(debit_number, WANG) | wrong)
    assert (reply.status_code, reply.json()["code"]) == (403, "instruments.details_mismatch")
    assert (await wang.get("/cards")).json() == {"cards": []}
    sealed = await bank.owner.fetchval("SELECT told_sealed FROM instruments_bindings")
    assert sealed is None, "what was told is forgotten"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("9991010000000000018", "instruments.card_number_invalid"),
        ("4111111111111111", "instruments.bank_unknown"),
        ("99910100", "instruments.card_number_invalid"),
    ],
)
async def test_what_is_no_card_of_ours_is_refused(
    wang: Browser, bank: Bank, number: str, code: str
) -> None:
    reply = await wang.post("/cards/bindings", elements(number, WANG))
    assert (reply.status_code, reply.json()["code"]) == (422, code)
    assert number not in reply.text


async def test_a_restricted_card_is_refused(wang: Browser, bank: Bank, world: World) -> None:
    number = world.books.issue(WANG, "demo", CardKind.DEBIT, 0, status="restricted")
    reply = await wang.post("/cards/bindings", elements(number, WANG))
    assert (reply.status_code, reply.json()["code"]) == (409, "instruments.card_restricted")


async def test_wrong_codes_are_counted_and_then_it_is_over(
    wang: Browser, bank: Bank, world: World, debit_number: str
) -> None:
    begun = (await wang.post("/cards/bindings", elements(debit_number, WANG))).json()
    right = bank_code(world, WANG.phone)
    wrong = "000000" if right != "000000" else "111111"
    path = f"/cards/bindings/{begun['binding']}/confirm"
    left = []
    for _ in range(4):
        reply = await wang.post(path, {"code": wrong})
        assert (reply.status_code, reply.json()["code"]) == (403, "instruments.code_wrong")
        left.append(reply.json()["tries_left"])
    assert left == [4, 3, 2, 1]
    assert (await wang.post(path, {"code": wrong})).json()["code"] == "instruments.binding_ended"
    reply = await wang.post(path, {"code": right})
    assert (reply.status_code, reply.json()["code"]) == (409, "instruments.binding_ended")
    assert (await wang.get("/cards")).json() == {"cards": []}


async def test_fifty_guesses_at_once_get_five_tries(
    wang: Browser, bank: Bank, world: World, debit_number: str
) -> None:
    begun = (await wang.post("/cards/bindings", elements(debit_number, WANG))).json()
    right = bank_code(world, WANG.phone)
    guesses = [f"{n:06d}" for n in range(50) if f"{n:06d}" != right]
    path = f"/cards/bindings/{begun['binding']}/confirm"
    replies = await asyncio.gather(*(wang.post(path, {"code": guess}) for guess in guesses))
    wrong = [reply for reply in replies if reply.json()["code"] == "instruments.code_wrong"]
    assert len(wrong) <= 4
    tries = await bank.owner.fetchval("SELECT tries FROM instruments_bindings")
    assert tries == 5
    assert (await wang.post(path, {"code": right})).status_code == 409


async def test_a_new_attempt_ends_the_one_before(
    wang: Browser, bank: Bank, world: World, debit_number: str
) -> None:
    first = (await wang.post("/cards/bindings", elements(debit_number, WANG))).json()
    old_code = bank_code(world, WANG.phone)
    await wang.post("/cards/bindings", elements(debit_number, WANG))
    reply = await wang.post(f"/cards/bindings/{first['binding']}/confirm", {"code": old_code})
    assert (reply.status_code, reply.json()["code"]) == (409, "instruments.binding_ended")


async def test_a_binding_belongs_to_who_began_it(
    wang: Browser, bank: Bank, world: World, debit_number: str, browsers: Callable[..., Browser]
) -> None:
    begun = (await wang.post("/cards/bindings", elements(debit_number, WANG))).json()
    li = await browsers(LI.phone).sign_up()
    code = bank_code(world, WANG.phone)
    reply = await li.post(f"/cards/bindings/{begun['binding']}/confirm", {"code": code})
    assert (reply.status_code, reply.json()["code"]) == (404, "instruments.binding_not_found")


async def test_a_double_click_binds_once(
    wang: Browser, bank: Bank, world: World, debit_number: str
) -> None:
    begun = (await wang.post("/cards/bindings", elements(debit_number, WANG))).json()
    code, key = bank_code(world, WANG.phone), uuid4().hex
    path = f"/cards/bindings/{begun['binding']}/confirm"
    replies = await asyncio.gather(*(wang.post(path, {"code": code}, key=key) for _ in range(10)))
    assert {reply.status_code for reply in replies} == {201}
    assert len((await wang.get("/cards")).json()["cards"]) == 1
    again = await wang.post("/cards/bindings", elements(debit_number, WANG))
    assert (again.status_code, again.json()["code"]) == (409, "instruments.card_already_bound")


async def test_a_silent_bank_leaves_the_same_key_to_ask_again(
    wang: Browser, bank: Bank, world: World, debit_number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = bank.services.card_verification
    monkeypatch.setattr(port, "_url", "http://127.0.0.1:1")
    key = uuid4().hex
    asked = elements(debit_number, WANG)
    reply = await wang.post("/cards/bindings", asked, key=key)
    assert (reply.status_code, reply.json()["code"]) == (503, "instruments.bank_unanswered")
    assert reply.json()["advice"] == "same_key"
    monkeypatch.setattr(port, "_url", world.url)
    reply = await wang.post("/cards/bindings", asked, key=key)
    assert reply.status_code == 202, reply.text


async def test_card_numbers_cannot_be_tried_out(
    wang: Browser, bank: Bank, debit_number: str
) -> None:
    asked = elements(debit_number, WANG) | {"name": "王大明"}
    codes = [(await wang.post("/cards/bindings", asked)).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]


async def test_no_more_cards_than_ten(
    wang: Browser, bank: Bank, world: World, owner: object, debit_number: str
) -> None:
    await bind(wang, world, debit_number, WANG)
    await bank.owner.execute(
        """
        INSERT INTO instruments_cards
        SELECT gen_random_uuid(), customer_id, pan_sealed, sha256(n::text::bytea), bin, last4, bank,
            kind, holder_sealed, holder_masked, own_name, own_phone, bound_at
        FROM instruments_cards, generate_series(1, 9) AS n
        """
    )
    number = world.books.issue(WANG, "demo", CardKind.DEBIT, 0)
    reply = await wang.post("/cards/bindings", elements(number, WANG))
    assert (reply.status_code, reply.json()["code"]) == (409, "instruments.too_many_cards")


async def test_a_card_number_is_kept_sealed_and_shown_nowhere(
    wang: Browser, bank: Bank, world: World, debit_number: str, debit: str
) -> None:
    shown = (await wang.get("/cards")).text
    assert debit_number not in shown
    row = await bank.owner.fetchrow("SELECT * FROM instruments_cards")
    assert row is not None
    assert debit_number.encode() not in b"|".join(
        value if isinstance(value, bytes) else str(value).encode() for value in row.values()
    )
    assert debit_number not in repr(rails.Pan(debit_number))
    stored = await bank.owner.fetch("SELECT reply FROM kernel_idempotency WHERE reply IS NOT NULL")
    assert not [row for row in stored if debit_number.encode() in row["reply"]]


async def test_a_bank_is_recognised_while_the_number_is_typed(wang: Browser, bank: Bank) -> None:
    typed = {"number": "999202"}
    reply = await wang.http.post("/api/cards/recognise", json=typed)
    assert reply.json() == {
        "bank": "greenfield",
        "bank_name": {"zh-CN": "青禾银行", "en": "Greenfield Bank"},
        "kind": "credit",
        "valid_luhn": None,
    }
    unknown = await wang.http.post("/api/cards/recognise", json={"number": "4111 1111"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "instruments.bank_unknown")
