"""Who may call what: every operation, asked by everybody who should not.

A new operation without a row fails. What belongs to somebody else is answered exactly as what
does not exist.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import pytest

from factories import log, shops
from factories.hostile import fault_of
from factories.identity import Browser
from factories.town import Call, Citizen, Town, requests
from tael.cli.openapi import document
from tael.kernel import ids
from tael.kernel.database import Database
from tael.kernel.settings import Settings


class Access(Enum):
    """Who may call an operation."""

    ANYBODY = auto()
    """Also a browser that was never here."""
    DEVICE = auto()
    """A browser that has asked for its session."""
    CONFIRMED = auto()
    """Somebody whose number is confirmed; the PIN may be missing."""
    CUSTOMER = auto()
    """Somebody who has entered the PIN."""


ROWS: Final[dict[str, Access]] = {
    "GET /health/live": Access.ANYBODY,
    "GET /health/ready": Access.ANYBODY,
    "GET /session": Access.ANYBODY,
    "POST /sign-in/codes": Access.DEVICE,
    "POST /sign-in": Access.DEVICE,
    "POST /sign-in/pin": Access.CONFIRMED,
    "POST /sign-out": Access.DEVICE,
    "POST /wallets": Access.CONFIRMED,
    "POST /pin/reset": Access.CONFIRMED,
    "POST /pin/change": Access.CUSTOMER,
    "POST /phone/codes": Access.CUSTOMER,
    "POST /phone": Access.CUSTOMER,
    "POST /authorisations": Access.CUSTOMER,
    "GET /wallet": Access.CUSTOMER,
    "GET /wallet/balance": Access.CUSTOMER,
    "GET /wallet/interest": Access.CUSTOMER,
    "POST /wallet/language": Access.CUSTOMER,
    "POST /wallet/freeze": Access.CUSTOMER,
    "POST /wallet/unfreeze": Access.CUSTOMER,
    "GET /wallet/closing": Access.CUSTOMER,
    "POST /wallet/close": Access.CUSTOMER,
    "POST /upgrades/identity": Access.CUSTOMER,
    "GET /limits": Access.CUSTOMER,
    "POST /limits/check": Access.CUSTOMER,
    "POST /rehearsals": Access.CUSTOMER,
    "POST /standing-orders": Access.CUSTOMER,
    "GET /standing-orders": Access.CUSTOMER,
    "GET /standing-orders/{standing_order}": Access.CUSTOMER,
    "DELETE /standing-orders/{standing_order}": Access.CUSTOMER,
    "GET /cards": Access.CUSTOMER,
    "POST /cards/recognise": Access.CUSTOMER,
    "POST /cards/bindings": Access.CUSTOMER,
    "POST /cards/bindings/{binding}/confirm": Access.CUSTOMER,
    "DELETE /cards/{card}": Access.CUSTOMER,
    "POST /top-ups": Access.CUSTOMER,
    "GET /top-ups/{top_up}": Access.CUSTOMER,
    "POST /withdrawals": Access.CUSTOMER,
    "GET /withdrawals/{withdrawal}": Access.CUSTOMER,
    "GET /card-transfers": Access.CUSTOMER,
    "POST /codes/resolve": Access.CUSTOMER,
    "POST /payments": Access.CUSTOMER,
    "GET /payments": Access.CUSTOMER,
    "GET /payments/{payment}": Access.CUSTOMER,
    "GET /payees/recent": Access.CUSTOMER,
    "POST /payees/lookup": Access.CUSTOMER,
    "POST /transfers": Access.CUSTOMER,
    "GET /transfers/{transfer}": Access.CUSTOMER,
    "POST /receive-codes": Access.CUSTOMER,
    "GET /history": Access.CUSTOMER,
    "GET /history/{movement}": Access.CUSTOMER,
    "GET /history/{movement}/receipt": Access.CUSTOMER,
    "GET /statements": Access.CUSTOMER,
    "GET /statements/{month}.{form}": Access.CUSTOMER,
    "GET /events": Access.CUSTOMER,
    # The sandbox's till, clock and world: on loopback, of no customer.
    "GET /sandbox/inbox": Access.ANYBODY,
    "GET /sandbox/clock": Access.ANYBODY,
    "POST /sandbox/clock": Access.DEVICE,
    "GET /sandbox/cards": Access.ANYBODY,
    "POST /sandbox/cards": Access.ANYBODY,
    "POST /sandbox/switch": Access.ANYBODY,
    "GET /sandbox/shops": Access.ANYBODY,
    "GET /sandbox/orders/{order}": Access.ANYBODY,
    "POST /sandbox/shops/{store}/orders": Access.DEVICE,
    "POST /sandbox/shops/{store}/orders/{order}/close": Access.DEVICE,
    "GET /sandbox/shops/{store}/payments": Access.ANYBODY,
    "POST /sandbox/payments/{payment}/refunds": Access.DEVICE,
    "POST /sandbox/payments/{payment}/captures": Access.DEVICE,
    "POST /sandbox/payments/{payment}/void": Access.DEVICE,
    "POST /sandbox/captures": Access.DEVICE,
}

NO_SESSION: Final = "identity.signed_out"
NO_PIN: Final = "identity.pin_required"


def test_every_operation_has_a_row_and_a_request() -> None:
    """Those of staff have rows of their own in tests/api/staff/test_matrix.py."""
    operations = {
        f"{method.upper()} {path.removeprefix('/api')}"
        for path, methods in document()["paths"].items()
        for method in methods
        if not path.startswith("/api/staff/")
    }
    assert set(ROWS) == operations


async def test_the_requests_of_the_town_are_for_every_operation(town: Town) -> None:
    assert set(requests(town, town.alice)) == set(ROWS)


async def state(owner: asyncpg.Connection) -> dict[str, int]:
    """How many rows each table holds, but for those that count attempts."""
    tables = await owner.fetch(
        """
        SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'kernel_rate_limits'
        """
    )
    return {
        row["tablename"]: await owner.fetchval(f"SELECT count(*) FROM {row['tablename']}")
        for row in tables
    }


def code_of(reply: httpx.Response) -> str:
    fault = fault_of(reply)
    assert fault is None, fault
    return str(reply.json()["code"]) if reply.status_code >= 400 else ""


async def expired(browser: Browser, owner: asyncpg.Connection) -> None:
    customer = ids.parse("cus", browser.customer)
    await owner.execute(
        """
        UPDATE identity_sessions
        SET created_at = created_at - interval '13 hours', seen_at = seen_at - interval '13 hours',
            expires_at = expires_at - interval '13 hours'
        WHERE customer_id = $1
        """,
        customer,
    )


@pytest.mark.parametrize("who", ["stranger", "signed out", "expired", "made up"])
async def test_without_a_live_session_nothing_of_a_customer_is_reached(
    town: Town,
    counter: shops.Bank,
    owner: asyncpg.Connection,
    browsers: Callable[..., Browser],
    who: str,
) -> None:
    browser = town.alice.browser
    if who == "stranger":
        browser = browsers()
    if who == "signed out":
        token = browser.token
        assert (await browser.post("/sign-out")).status_code == 204
        browser.show(token)
    if who == "expired":
        await expired(browser, owner)
    if who == "made up":
        browser.show("A" * 43)
    before = await state(owner)
    offenders = []
    async with counter.unmoved():
        for name, call in requests(town, town.alice).items():
            if ROWS[name] is Access.CUSTOMER:
                code = code_of(await call.send(browser))
                if code != NO_SESSION:
                    offenders.append(f"{name}: {code or 'taken'}")
            elif who == "stranger" and ROWS[name] is not Access.ANYBODY:
                code = code_of(await call.send(browser))
                if code != "request.device_missing":
                    offenders.append(f"{name}: {code or 'taken'}")
    assert offenders == []
    assert await state(owner) == before


async def test_before_the_pin_nothing_of_a_customer_is_reached(
    town: Town,
    counter: shops.Bank,
    owner: asyncpg.Connection,
    browsers: Callable[..., Browser],
) -> None:
    browser = browsers(town.alice.browser.phone)
    await browser.begin()
    await owner.execute("DELETE FROM kernel_rate_limits")
    await browser.confirm_phone()
    before = await state(owner)
    offenders = []
    async with counter.unmoved():
        for name, call in requests(town, town.alice).items():
            if ROWS[name] is Access.CUSTOMER:
                code = code_of(await call.send(browser))
                if code != NO_PIN:
                    offenders.append(f"{name}: {code or 'taken'}")
    assert offenders == []
    assert await state(owner) == before


async def test_a_browser_that_confirmed_no_number_opens_resets_and_enters_nothing(
    town: Town, browsers: Callable[..., Browser], owner: asyncpg.Connection
) -> None:
    browser = browsers()
    await browser.begin()
    for name, call in requests(town, town.alice).items():
        if ROWS[name] is Access.CONFIRMED:
            assert code_of(await call.send(browser)) == NO_SESSION, name
    assert await owner.fetchval("SELECT count(*) FROM customers_wallets") == 2


FOREIGN: Final[dict[str, str]] = {
    "POST /cards/bindings/{binding}/confirm": "instruments.binding_not_found",
    "DELETE /cards/{card}": "instruments.card_unknown",
    "POST /top-ups": "instruments.card_unknown",
    "GET /top-ups/{top_up}": "transfers.card_transfer_not_found",
    "POST /withdrawals": "instruments.card_unknown",
    "GET /withdrawals/{withdrawal}": "transfers.card_transfer_not_found",
    "POST /payments": "instruments.card_unknown",
    "GET /payments/{payment}": "payments.payment_not_found",
    "GET /transfers/{transfer}": "transfers.transfer_not_found",
    "GET /history/{movement}": "ledger.movement_not_found",
    "GET /history/{movement}/receipt": "ledger.movement_not_found",
    "GET /standing-orders/{standing_order}": "transfers.standing_order_not_found",
    "DELETE /standing-orders/{standing_order}": "transfers.standing_order_not_found",
}
"""What names something that a customer owns, and what others get for it."""

NOT_OWNED: Final = frozenset({"store", "order", "month", "form"})
"""Path parameters whose things belong to no customer, or to whoever asks."""


def unknown(call: Call) -> Call:
    """The same request about something that does not exist."""

    def other(found: re.Match[str]) -> str:
        return ids.wire(found.group(1), ids.new_id())

    pattern = re.compile(r"\b(cbd|crd|top|wdr|pay|trf|mov|sor)_[0-9a-z]{26}")
    body: dict[str, Any] | None = None
    if call.body is not None:
        body = {
            member: pattern.sub(other, value) if isinstance(value, str) else value
            for member, value in call.body.items()
        }
        if "funding" in body:
            body["funding"] = {"kind": "card", "card": ids.wire("crd", ids.new_id())}
    return replace(call, path=pattern.sub(other, call.path), body=body)


def test_every_path_parameter_is_somebodys_or_nobodys() -> None:
    """In the sandbox a shop's till names a payment, and no customer is asked for."""
    owned = {
        name
        for name in ROWS
        if " /sandbox/" not in name and set(re.findall(r"{(\w+)}", name)) - NOT_OWNED
    }
    assert owned <= set(FOREIGN)


async def test_what_is_somebody_elses_is_answered_as_what_does_not_exist(
    town: Town, counter: shops.Bank, database: Database, settings: Settings
) -> None:
    # A receipt is there once its movement is in a published log.
    await log.publish(database, settings.sealer())
    alices, bob = requests(town, town.alice), town.bob.browser
    async with counter.unmoved():
        for name, code in FOREIGN.items():
            foreign = await alices[name].send(bob)
            absent = await unknown(alices[name]).send(bob)
            assert code_of(foreign) == code, (name, foreign.text)
            assert without_request_id(foreign) == without_request_id(absent), name
    for name in FOREIGN:
        if name.startswith("GET"):
            assert (await alices[name].send(town.alice.browser)).status_code == 200, name


def without_request_id(reply: httpx.Response) -> dict[str, Any]:
    return {**reply.json(), "request_id": None}


@pytest.mark.parametrize(
    ("purpose", "path"),
    [("top_up", "/top-ups"), ("withdrawal", "/withdrawals"), ("payment", "/payments")],
)
async def test_a_pin_entered_for_a_foreign_card_moves_nothing(
    town: Town, counter: shops.Bank, purpose: str, path: str
) -> None:
    """Bob's own PIN authorises it; the card is still Alice's."""
    bob, call = town.bob.browser, requests(town, town.alice)[f"POST {path}"]
    assert call.body is not None
    payee = call.body.get("card", call.body.get("payee"))
    terms: dict[str, Any] = {"purpose": purpose, "payee": payee, "amount": call.body["amount"]}
    if purpose == "payment":
        terms["order"] = call.body["order"]
    authorisation = await bob.authorised(**terms)
    async with counter.unmoved():
        assert code_of(await call.send(bob, authorisation=authorisation)) == FOREIGN[f"POST {path}"]


async def test_a_foreign_authorisation_moves_nothing(town: Town, counter: shops.Bank) -> None:
    alice, bob = town.alice.browser, town.bob.browser
    carol = ids.wire("cus", UUID(int=1))
    amount = {"value": 100, "currency": "CNY"}
    for purpose, path in (("unfreeze", "/wallet/unfreeze"), ("close_wallet", "/wallet/close")):
        nothing = {"value": 0, "currency": "CNY"}
        given = await alice.authorised(purpose=purpose, payee=alice.customer, amount=nothing)
        async with counter.unmoved():
            refused = await bob.post(path, {"authorisation": given})
        assert code_of(refused) == "identity.authorisation_invalid", path
    given = await alice.authorised(purpose="transfer", payee=alice.customer, amount=amount)
    for payee in (alice.customer, carol):
        body = {"payee": payee, "amount": amount, "memo": "", "authorisation": given}
        async with counter.unmoved():
            assert code_of(await bob.post("/transfers", body)) in {
                "identity.authorisation_invalid",
                "transfers.payee_not_found",
            }


async def test_nobody_elses_money_or_name_is_in_any_list(town: Town) -> None:
    """Each of them sees what the other did only as the other's counterparty."""

    def private(citizen: Citizen) -> list[str]:
        owned = citizen.owned
        hidden = [owned.card, owned.top_up, owned.withdrawal, owned.payment, owned.transfer]
        return [*hidden, citizen.person.name, citizen.person.id_number, citizen.person.phone]

    for name, call in requests(town, town.bob).items():
        if call.method == "GET" and ROWS[name] is Access.CUSTOMER and name != "GET /events":
            seen = (await call.send(town.bob.browser)).text
            assert [each for each in private(town.alice) if each in seen] == [], name
