"""Class 4 to 3 by name, ID number and face; 3 to 2 by an own-name card."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from factories.customers import (
    JPEG,
    LI_ID,
    NOON,
    WANG,
    WANG_ID,
    Checker,
    a_wallet,
    proven,
    seen,
    spend,
    yuan,
)
from factories.identity import OTHER_PHONE, Browser
from tael import customers
from tael.customers import HttpProofing, IdentityClaim, Prover, Verdict, WalletClass
from tael.customers.people import Person
from tael.customers.proofing import Inquiry, ProofingUnsure
from tael.kernel import ids
from tael.kernel.database import Database
from tael.kernel.settings import Settings


async def upgrade(browser: Browser, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON body
    reply = await browser.post("/upgrades/identity", {**WANG, **changes})
    body: dict[str, Any] = reply.json()
    return body


async def wallet_class(browser: Browser) -> int:
    found: int = (await browser.get("/wallet")).json()["class"]
    return found


async def test_a_proven_person_is_class_3_and_may_do_more(
    customer: Browser, database: Database, register: str
) -> None:
    wallet = await upgrade(customer)
    assert wallet["class"] == 3
    assert wallet["name_masked"] == "*小明"
    assert wallet["interest"] is True
    own = ids.parse("cus", customer.customer)
    assert await spend(database, own, [yuan(5_000)]) == [None]


async def test_name_and_number_are_kept_sealed_and_found_by_hash_only(
    proven: Browser, owner: asyncpg.Connection, database: Database, settings: Settings
) -> None:
    rows = await owner.fetch(
        "SELECT row_to_json(p)::text AS row FROM customers_profiles AS p"
        " UNION ALL SELECT row_to_json(p)::text FROM customers_proofings AS p"
        " UNION ALL SELECT row_to_json(p)::text FROM customers_wallets AS p"
        " UNION ALL SELECT row_to_json(p)::text FROM kernel_idempotency AS p"
        " UNION ALL SELECT row_to_json(p)::text FROM kernel_outbox AS p"
    )
    stored = "\n".join(row["row"] for row in rows)
    for secret in (WANG_ID, "王小明", WANG["portrait"]):
        assert secret not in stored
        assert secret.encode().hex() not in stored
    own = ids.parse("cus", proven.customer)
    async with database.read() as session:
        facts = await customers.pin_facts(session, own, sealer=settings.sealer())
    assert facts[0] == WANG_ID
    assert str(facts[1]) == "1990-03-07"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "王1明"}, "customers.name_malformed"),
        ({"id_number": "110101199003070039"}, "customers.id_number_invalid"),
        ({"portrait": "%%%"}, "customers.portrait_malformed"),
        ({"portrait": base64.b64encode(b"GIF89a").decode()}, "customers.portrait_malformed"),
        ({"name": "拒绝"}, "customers.identity_mismatch"),
        ({"name": "李雷"}, "customers.identity_mismatch"),
        ({"name": 5}, "request.invalid"),
    ],
)
async def test_a_failed_proof_leaves_the_class_and_its_limits(
    customer: Browser,
    changes: dict[str, Any],
    code: str,
    owner: asyncpg.Connection,
    register: str,
) -> None:
    before = (await customer.get("/limits")).json()
    assert (await upgrade(customer, **changes))["code"] == code
    assert (await customer.get("/limits")).json() == before
    assert await owner.fetchval("SELECT count(*) FROM customers_profiles") == 0


async def test_a_child_stays_in_class_4(customer: Browser, checker: Checker) -> None:
    young = await upgrade(customer, id_number="110101201503070034")
    assert young["code"] == "customers.too_young"
    assert checker.asked == [], "nobody is shown the picture"
    assert await wallet_class(customer) == 4


async def test_a_proven_wallet_is_not_proven_again(proven: Browser) -> None:
    assert (await upgrade(proven))["code"] == "customers.already_proven"
    assert (await proven.get("/wallet")).json()["name_masked"] == "*小明"


async def test_a_frozen_wallet_is_not_upgraded(customer: Browser, checker: Checker) -> None:
    await customer.post("/wallet/freeze")
    assert (await upgrade(customer))["code"] == "customers.wallet_frozen"
    assert checker.asked == []


async def test_one_person_has_one_proven_wallet(
    proven: Browser, browsers: Callable[..., Browser]
) -> None:
    second = await browsers(OTHER_PHONE).sign_up()
    assert (await upgrade(second))["code"] == "customers.identity_in_use"
    assert await wallet_class(second) == 4
    assert (await proven.get("/wallet")).json()["class"] == 3


async def test_nobody_without_the_face_learns_that_a_person_has_a_wallet(
    proven: Browser, browsers: Callable[..., Browser], checker: Checker
) -> None:
    checker.verdict = Verdict.MISMATCH
    second = await browsers(OTHER_PHONE).sign_up()
    assert (await upgrade(second))["code"] == "customers.identity_mismatch"
    assert await wallet_class(proven) == 3


async def test_two_wallets_that_race_for_one_person_give_one_proven_wallet(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    sealer = settings.sealer()
    wallets = [
        await a_wallet(database, sealer, phone=phone) for phone in ("13800000001", "13800000002")
    ]
    outcomes = await asyncio.gather(
        *(proven_or_refused(database, settings, wallet.customer_id) for wallet in wallets)
    )
    assert sorted(outcomes, key=str) == [None, "customers.identity_in_use"]
    classes = await owner.fetch("SELECT wallet_class FROM customers_wallets ORDER BY 1")
    assert [row["wallet_class"] for row in classes] == [3, 4]


async def proven_or_refused(
    database: Database,
    settings: Settings,
    customer_id: Any,  # noqa: ANN401 - an id
) -> str | None:
    try:
        await proven(database, settings.sealer(), await seen(database, customer_id))
    except customers.errors.IdentityInUse as refusal:
        return refusal.code
    return None


async def test_an_unanswered_check_changes_nothing_and_the_same_key_asks_the_same_check(
    customer: Browser, checker: Checker, owner: asyncpg.Connection
) -> None:
    checker.verdict = None
    reply = await customer.post("/upgrades/identity", WANG, key="upgrade-0001")
    assert reply.status_code == 503
    body = reply.json()
    assert (body["code"], body["advice"]) == ("customers.proofing_unanswered", "same_key")
    assert await wallet_class(customer) == 4
    assert await owner.fetchval("SELECT state FROM customers_proofings") == "unknown"
    checker.verdict = Verdict.MATCH
    again = await customer.post("/upgrades/identity", WANG, key="upgrade-0001")
    assert again.json()["class"] == 3
    assert len({inquiry.id for inquiry in checker.asked}) == 1
    states = await owner.fetch("SELECT state FROM customers_proofings")
    assert [row["state"] for row in states] == ["passed"]
    replay = await customer.post("/upgrades/identity", WANG, key="upgrade-0001")
    assert replay.content == again.content
    assert len(checker.asked) == 2


async def test_a_checker_that_is_slow_counts_as_unanswered(
    customer: Browser, app: FastAPI, register: str
) -> None:
    services = app.state.services
    hasty = HttpProofing(register, services.outside, timeout_s=0.2)
    app.state.services = replace(services, prover=Prover(proofing=hasty, sealer=services.sealer))
    assert (await upgrade(customer, name="慢慢"))["code"] == "customers.proofing_unanswered"
    assert await wallet_class(customer) == 4


async def test_without_a_checker_nobody_is_upgraded(customer: Browser) -> None:
    assert (await upgrade(customer))["code"] == "customers.proofing_unanswered"
    assert await wallet_class(customer) == 4


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, {}), (422, {"error": "no"}), (200, {}), (200, {"verdict": "maybe"}), (200, "match")],
)
async def test_an_answer_that_says_nothing_is_no_verdict(status: int, body: object) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, json=body))
    async with httpx.AsyncClient(transport=transport) as client:
        inquiry = Inquiry(ids.new_id(), Person("王小明", WANG_ID), JPEG)
        with pytest.raises(ProofingUnsure):
            await HttpProofing("http://checker/checks", client).check(inquiry)


async def test_the_sixth_check_of_a_day_is_not_made(customer: Browser, checker: Checker) -> None:
    checker.verdict = Verdict.MISMATCH
    for _ in range(5):
        assert (await upgrade(customer))["code"] == "customers.identity_mismatch"
    refused = await customer.post("/upgrades/identity", WANG)
    assert refused.status_code == 429
    assert refused.json()["code"] == "request.too_many"
    assert len(checker.asked) == 5
    assert await wallet_class(customer) == 4


async def test_an_own_name_card_raises_class_3_to_2_and_nothing_else(
    database: Database, settings: Settings
) -> None:
    sealer = settings.sealer()
    wallet = await a_wallet(database, sealer)
    async with database.write() as session:
        assert await customers.raise_to_2(session, wallet.customer_id) is WalletClass.PHONE_ONLY
    await proven(database, sealer, wallet)
    for _ in range(2):
        async with database.write() as session:
            raised = await customers.raise_to_2(session, wallet.customer_id)
        assert raised is WalletClass.CARD_PROVEN
    transferred = await spend(
        database, wallet.customer_id, [yuan(50_000)], act=customers.SpendAct.TRANSFER
    )
    assert transferred == [None]


async def test_whose_card_it_is_is_told_by_name_and_number(
    database: Database, settings: Settings
) -> None:
    sealer = settings.sealer()
    wallet = await a_wallet(database, sealer)

    async def same(name: str, id_number: str) -> bool | None:
        async with database.read() as session:
            return await customers.same_person(
                session, wallet.customer_id, name=name, id_number=id_number, sealer=sealer
            )

    assert await same("王小明", WANG_ID) is None
    await proven(database, sealer, wallet)
    assert await same(" 王小明", WANG_ID) is True
    assert await same("王晓明", WANG_ID) is False
    assert await same("王小明", LI_ID) is False


async def test_the_holder_is_verified_again_by_the_same_name_number_and_face(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    sealer = settings.sealer()
    wallet = await a_wallet(database, sealer)
    claim = IdentityClaim(
        customer_id=wallet.customer_id, name="王小明", id_number=WANG_ID, portrait=JPEG
    )
    with pytest.raises(customers.errors.IdentityNotProven):
        await verify(database, settings, claim, Checker())
    await proven(database, sealer, wallet)
    await verify(database, settings, claim, Checker())
    stranger, silent = Checker(Verdict.MISMATCH), Checker(None)
    with pytest.raises(customers.errors.IdentityMismatch):
        await verify(database, settings, claim, stranger)
    with pytest.raises(customers.errors.ProofingUnanswered):
        await verify(database, settings, claim, silent)
    other = Checker()
    with pytest.raises(customers.errors.IdentityMismatch):
        await verify(database, settings, replace(claim, name="李雷", id_number=LI_ID), other)
    assert other.asked == [], "somebody else's face is shown to nobody"
    states = await owner.fetch("SELECT state FROM customers_proofings ORDER BY id")
    assert [row["state"] for row in states] == ["passed", "passed", "refused", "unknown", "refused"]
    assert (await seen(database, wallet.customer_id)).wallet_class is WalletClass.ID_PROVEN


async def verify(
    database: Database, settings: Settings, claim: IdentityClaim, checker: Checker
) -> None:
    async with database.write() as session:
        check = await customers.begin_verification(
            session, claim, sealer=settings.sealer(), now=NOON
        )
    prover = Prover(proofing=checker, sealer=settings.sealer())
    await customers.verify_identity_again(database, prover, check, claim)
