"""Finding payees: masks only, rate limited, and the recent ones."""

from collections.abc import Callable

from factories.identity import OTHER_PHONE, Browser
from factories.shops import Bank, on_wire, yuan


async def test_a_payee_is_found_by_phone_and_shown_by_masks_only(
    payer: Browser, browsers: Callable[..., Browser]
) -> None:
    payee = await browsers(OTHER_PHONE).sign_up()
    for typed in (OTHER_PHONE, "+86 139 0000 5678"):
        reply = await payer.post("/payees/lookup", {"phone": typed})
        assert reply.status_code == 200, reply.text
        assert reply.json() == {
            "payee": payee.customer,
            "name_masked": None,
            "phone_masked": "139****5678",
            "first_time": True,
        }


async def test_recent_payees_come_latest_first_and_are_no_longer_new(
    payer: Browser, browsers: Callable[..., Browser]
) -> None:
    people = [await browsers(phone).sign_up() for phone in (OTHER_PHONE, "13700001111")]
    for person in people:
        authorisation = await payer.authorised(
            purpose="transfer", payee=person.customer, amount=on_wire(yuan(1))
        )
        body = {
            "payee": person.customer,
            "amount": on_wire(yuan(1)),
            "memo": "",
            "authorisation": authorisation,
        }
        assert (await payer.post("/transfers", body)).status_code == 201
    recent = (await payer.get("/payees/recent")).json()["payees"]
    assert [each["payee"] for each in recent] == [people[1].customer, people[0].customer]
    assert set(recent[0]) == {"payee", "name_masked", "phone_masked", "last_at"}
    found = (await payer.post("/payees/lookup", {"phone": OTHER_PHONE})).json()
    assert found["first_time"] is False
    assert (await people[0].get("/payees/recent")).json() == {"payees": []}


async def test_who_cannot_be_a_payee_is_said(payer: Browser, bank: Bank) -> None:
    cases = {
        "13100009999": (404, "transfers.payee_not_found"),
        payer.phone: (409, "transfers.self_transfer"),
        "not a number": (422, "identity.phone_invalid"),
    }
    for phone, expected in cases.items():
        reply = await payer.post("/payees/lookup", {"phone": phone})
        assert (reply.status_code, reply.json()["code"]) == expected


async def test_a_closed_wallet_is_nobody(
    payer: Browser, bank: Bank, browsers: Callable[..., Browser]
) -> None:
    gone = await browsers(OTHER_PHONE).sign_up()
    await bank.set_status(gone.customer, "closed")
    reply = await payer.post("/payees/lookup", {"phone": OTHER_PHONE})
    assert reply.json()["code"] == "transfers.payee_not_found"


async def test_numbers_cannot_be_tried_out_one_by_one(payer: Browser) -> None:
    for attempt in range(20):
        reply = await payer.post("/payees/lookup", {"phone": f"1310000{attempt:04}"})
        assert reply.json()["code"] == "transfers.payee_not_found"
    reply = await payer.post("/payees/lookup", {"phone": "13100009999"})
    assert (reply.status_code, reply.json()["code"]) == (429, "request.too_many")
    assert int(reply.headers["retry-after"]) > 0
