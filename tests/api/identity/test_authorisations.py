"""An authorisation covers one act: whom, how much and what for, once, here and now."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Literal
from uuid import UUID

import asyncpg
import pytest
from fastapi import FastAPI

from factories.identity import OTHER_PHONE, OTHER_PIN, PIN, Browser
from tael import identity
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.money import CNY, PTS, Money

STORE = ids.wire("sto", ids.new_id())
ORDER = ids.wire("ord", ids.new_id())
AMOUNT = {"value": 1250, "currency": "CNY"}
TERMS = identity.AuthorisationTerms("payment", STORE, Money(1250, CNY), ORDER)
PAYMENT = {"purpose": "payment", "payee": STORE, "amount": AMOUNT, "order": ORDER}


class Presenting:
    """Whoever presents an authorisation to the bank."""

    def __init__(self, database: Database, owner: asyncpg.Connection) -> None:
        self._database = database
        self._owner = owner

    async def bearer(self, browser: Browser) -> identity.Bearer:
        """The customer of a browser, in its latest session."""
        customer_id = ids.parse("cus", browser.customer)
        session_id = await self._owner.fetchval(
            "SELECT id FROM identity_sessions WHERE customer_id = $1 ORDER BY id DESC LIMIT 1",
            customer_id,
        )
        return identity.Bearer(customer_id, session_id)

    async def use(
        self, authorisation: str, terms: identity.AuthorisationTerms, bearer: identity.Bearer
    ) -> str:
        """Try to use it in a transaction: "done", or the reason why not."""
        try:
            async with self._database.write() as session:
                await identity.use_authorisation(
                    session,
                    ids.parse("aut", authorisation),
                    terms,
                    bearer,
                    machine_now=machine_now(),
                )
        except identity.AuthorisationInvalid as refusal:
            return str(refusal.details["reason"])
        return "done"


@pytest.fixture
def presenting(app: FastAPI, owner: asyncpg.Connection) -> Presenting:
    return Presenting(app.state.services.database, owner)


async def test_a_right_pin_gives_an_authorisation_for_two_minutes(customer: Browser) -> None:
    reply = await customer.authorise(**PAYMENT)
    assert reply.status_code == 201, reply.text
    assert reply.json().keys() == {"authorisation", "expires_at"}
    assert reply.json()["authorisation"].startswith("aut_")


async def test_it_covers_exactly_what_was_shown(customer: Browser, presenting: Presenting) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    bearer = await presenting.bearer(customer)
    assert await presenting.use(authorisation, TERMS, bearer) == "done"


@pytest.mark.parametrize(
    "presented",
    [
        identity.AuthorisationTerms("payment", STORE, Money(1251, CNY), ORDER),
        identity.AuthorisationTerms("payment", STORE, Money(1250, PTS), ORDER),
        identity.AuthorisationTerms("payment", STORE[:-1] + "z", Money(1250, CNY), ORDER),
        identity.AuthorisationTerms("payment", STORE, Money(1250, CNY), ORDER[:-1] + "z"),
        identity.AuthorisationTerms("payment", STORE, Money(1250, CNY)),
        identity.AuthorisationTerms("transfer", STORE, Money(1250, CNY), ORDER),
    ],
    ids=["amount", "currency", "payee", "order", "no order", "purpose"],
)
async def test_it_covers_nothing_else(
    customer: Browser, presenting: Presenting, presented: identity.AuthorisationTerms
) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    bearer = await presenting.bearer(customer)
    assert await presenting.use(authorisation, presented, bearer) == "mismatch"
    # A try with other terms does not spend it.
    assert await presenting.use(authorisation, TERMS, bearer) == "done"


async def test_it_is_used_once(customer: Browser, presenting: Presenting) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    bearer = await presenting.bearer(customer)
    assert await presenting.use(authorisation, TERMS, bearer) == "done"
    assert await presenting.use(authorisation, TERMS, bearer) == "used"


async def test_fifty_uses_at_once_settle_one(customer: Browser, presenting: Presenting) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    bearer = await presenting.bearer(customer)
    outcomes = await asyncio.gather(
        *(presenting.use(authorisation, TERMS, bearer) for _ in range(50))
    )
    assert sorted(set(outcomes)) == ["done", "used"]
    assert outcomes.count("done") == 1


async def test_another_customer_cannot_present_it(
    customer: Browser, browsers: Callable[..., Browser], presenting: Presenting
) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    stranger = await browsers(OTHER_PHONE).sign_up()
    assert await presenting.use(authorisation, TERMS, await presenting.bearer(stranger)) == (
        "unknown"
    )


async def test_the_same_customer_cannot_present_it_from_another_session(
    customer: Browser, browsers: Callable[..., Browser], presenting: Presenting
) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    elsewhere = await browsers().sign_in()
    assert await presenting.use(authorisation, TERMS, await presenting.bearer(elsewhere)) == (
        "other_session"
    )


async def test_it_dies_after_two_minutes(
    customer: Browser, presenting: Presenting, owner: asyncpg.Connection
) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    await owner.execute(
        "UPDATE identity_authorisations SET expires_at = expires_at - interval '2 minutes'"
    )
    bearer = await presenting.bearer(customer)
    assert await presenting.use(authorisation, TERMS, bearer) == "expired"


async def test_it_dies_at_sign_out(customer: Browser, presenting: Presenting) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    bearer = await presenting.bearer(customer)
    await customer.post("/sign-out")
    assert await presenting.use(authorisation, TERMS, bearer) == "revoked"


async def test_it_dies_when_the_pin_changes(customer: Browser, presenting: Presenting) -> None:
    authorisation = await customer.authorised(**PAYMENT)
    reply = await customer.post("/pin/change", {"old_pin": PIN, "new_pin": OTHER_PIN})
    assert reply.status_code == 204
    bearer = await presenting.bearer(customer)
    assert await presenting.use(authorisation, TERMS, bearer) == "revoked"


async def test_one_that_was_never_given_does_not_exist(
    customer: Browser, presenting: Presenting
) -> None:
    bearer = await presenting.bearer(customer)
    made_up = ids.wire("aut", ids.new_id())
    assert await presenting.use(made_up, TERMS, bearer) == "unknown"


async def test_a_malformed_one_or_none_at_all_is_refused_at_the_edge(customer: Browser) -> None:
    for body in (
        {},
        {"authorisation": None},
        {"authorisation": "aut_short"},
        {"authorisation": "x" * 31},
        {"authorisation": ids.wire("ord", ids.new_id())},
    ):
        reply = await customer.post("/wallet/unfreeze", body)
        assert reply.status_code == 422, body
        assert reply.json()["code"] in {"request.invalid", "request.malformed_id"}


@pytest.mark.parametrize(
    "asked",
    [
        {"amount": {"value": 0, "currency": "CNY"}},
        {"amount": {"value": -1, "currency": "CNY"}},
        {"amount": {"value": 1.5, "currency": "CNY"}},
        {"amount": {"value": 10**15, "currency": "CNY"}},
        {"amount": {"value": 100, "currency": "ABC"}},
        {"amount": 100},
        {"purpose": "anything"},
        {"payee": "cus_nobody"},
        {"purpose": "payment"},
        {"order": ORDER},
        {"purpose": "unfreeze"},
        {"pin": "12345"},
        {"pin": 804219},
        {"extra": 1},
    ],
)
async def test_what_makes_no_sense_costs_no_try(
    customer: Browser, owner: asyncpg.Connection, asked: dict[str, object]
) -> None:
    reply = await customer.authorise(**asked)
    assert reply.status_code == 422, reply.text
    assert PIN not in reply.text
    assert await owner.fetchval("SELECT tries FROM identity_pins") == 0
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") == 0


async def test_a_replay_gives_the_same_authorisation_once(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    body = {**PAYMENT, "pin": PIN}
    first = await customer.post("/authorisations", body, key="key-number-1")
    again = await customer.post("/authorisations", body, key="key-number-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") == 1


async def test_twins_at_once_give_one_authorisation(
    customer: Browser, owner: asyncpg.Connection
) -> None:
    body = {**PAYMENT, "pin": PIN}
    replies = await asyncio.gather(
        *(customer.post("/authorisations", body, key="key-number-1") for _ in range(10))
    )
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.content for reply in replies}) == 1
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") == 1


async def test_a_batch_uses_what_it_may_and_leaves_the_rest(
    customer: Browser, app: FastAPI, presenting: Presenting
) -> None:
    given = [ids.parse("aut", await customer.authorised(**PAYMENT)) for _ in range(3)]
    bearer = await presenting.bearer(customer)
    async with app.state.services.database.write() as session:
        grants = await identity.lock_authorisations(
            session, {*given, ids.new_id()}, machine_now=machine_now()
        )
        for authorisation_id in (given[0], given[1]):
            assert grants.refuses(authorisation_id, TERMS, bearer) is None
            grants.use(authorisation_id)
        # Used within the batch is used.
        refusal = grants.refuses(given[0], TERMS, bearer)
        assert refusal is not None
        assert refusal.details == {"reason": "used"}
        await identity.write_authorisations(session, grants)
    outcomes = [await presenting.use(ids.wire("aut", each), TERMS, bearer) for each in given]
    assert outcomes == ["used", "used", "done"]


class Dying(identity.PinHasher):
    """A hasher whose process dies in its first comparison."""

    died = False

    async def matches(
        self,
        owner: UUID,
        secret: str,
        kept: identity.PinHash,
        *,
        purpose: Literal["pin", "password"] = "pin",
    ) -> bool:
        if not self.died:
            self.died = True
            raise RuntimeError("the process died")
        return await super().matches(owner, secret, kept, purpose=purpose)


async def test_a_crash_between_the_count_and_the_answer_costs_a_try_and_gives_none(
    customer: Browser, app: FastAPI, owner: asyncpg.Connection
) -> None:
    services = app.state.services
    app.state.services = replace(services, pins=Dying.of(services.settings))
    body = {**PAYMENT, "pin": PIN}
    reply = await customer.post("/authorisations", body, key="key-number-1")
    assert (reply.status_code, "died" in reply.text) == (500, False)
    assert await owner.fetchval("SELECT tries FROM identity_pins") == 1
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") == 0
    # The same key again finishes the same act, with a try of its own.
    reply = await customer.post("/authorisations", body, key="key-number-1")
    assert reply.status_code == 201, reply.text
    assert await owner.fetchval("SELECT tries FROM identity_pins") == 0
    assert await owner.fetchval("SELECT count(*) FROM identity_authorisations") == 1
