"""Who may call what at the console: every operation, asked by everybody.

A new operation without a row fails. Whoever may not gets a refusal that tells nothing, and no
money moves whoever asks.
"""

from typing import Final

import asyncpg

from factories.hostile import fault_of
from factories.identity import Browser
from factories.shops import Bank
from factories.staff import Desk, Office, staff_requests
from tael.cli.openapi import document
from tael.http.cookies import STAFF_COOKIE
from tael.staff import Role

EVERYBODY: Final = frozenset(Role)
CLERKS: Final = frozenset({Role.CLERK})
CHECKERS: Final = frozenset({Role.CHECKER})
OVERSEERS: Final = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
DOOR: Final = None
"""Anybody with a browser: to come in, and to leave."""

ROWS: Final[dict[str, frozenset[Role] | None]] = {
    "GET /staff/session": DOOR,
    "POST /staff/sign-in": DOOR,
    "POST /staff/sign-out": DOOR,
    "POST /staff/password": DOOR,
    "GET /staff/today": EVERYBODY,
    "GET /staff/log": EVERYBODY,
    "GET /staff/trial-balance": EVERYBODY,
    "GET /staff/movements": EVERYBODY,
    "GET /staff/movements/{movement}": EVERYBODY,
    "POST /staff/accounts/lookup": EVERYBODY,
    "GET /staff/acts": OVERSEERS,
    "GET /staff/approvals": EVERYBODY,
    "GET /staff/approvals/{approval}": EVERYBODY,
    "POST /staff/approvals": CLERKS,
    "POST /staff/approvals/{approval}/decision": CHECKERS,
    "POST /staff/approvals/{approval}/withdrawal": CLERKS,
    "POST /staff/payouts/check": CLERKS,
    "POST /staff/payouts": CLERKS,
    "GET /staff/payouts/{payout}": EVERYBODY,
    "GET /staff/closes": EVERYBODY,
    "GET /staff/closes/{day}": EVERYBODY,
    "GET /staff/reconciliation/runs": EVERYBODY,
    "GET /staff/reconciliation/runs/{day}": EVERYBODY,
    "GET /staff/reconciliation/breaks": EVERYBODY,
    "GET /staff/reconciliation/breaks/{break_id}": EVERYBODY,
}

SIGNED_OUT: Final = "staff.signed_out"
NO_ROLE: Final = "staff.role_missing"


def test_every_operation_has_a_row_and_a_request() -> None:
    operations = {
        f"{method.upper()} {path.removeprefix('/api')}"
        for path, methods in document()["paths"].items()
        if path.startswith("/api/staff/")
        for method in methods
    }
    assert set(ROWS) == operations
    assert set(staff_requests()) == operations


async def answers(desk: Desk) -> dict[str, str]:
    """What a desk gets for each operation that is not the door's."""
    told = {}
    for name, call in staff_requests().items():
        if ROWS[name] is not DOOR:
            reply = await call.send(desk)
            fault = fault_of(reply)
            assert fault is None, (name, fault)
            told[name] = str(reply.json()["code"]) if reply.status_code >= 400 else ""
    return told


async def test_a_role_reaches_what_is_its_own_and_nothing_else(office: Office, bank: Bank) -> None:
    for role in Role:
        desk = await office.seated(f"robin-{role}", role)
        async with bank.unmoved():
            told = await answers(desk)
        for name, code in told.items():
            may = role in (ROWS[name] or ())
            assert (code != NO_ROLE) is may, f"{role} {name}: {code or 'taken'}"
            assert code != SIGNED_OUT, name


async def test_without_a_live_session_of_staff_nothing_is_reached(
    office: Office, bank: Bank, owner: asyncpg.Connection, customer: Browser
) -> None:
    stranger, device, made_up = office.desk(), office.desk(), office.desk()
    await device.get("/session")
    made_up.http.cookies.set(STAFF_COOKIE, "A" * 43, domain="localhost.local")
    everything = (Role.CLERK, Role.CHECKER, Role.ADMINISTRATOR)
    disabled = await office.seated("dora", *everything)
    await owner.execute("UPDATE staff_people SET disabled_at = now() WHERE login = 'dora'")
    left = await office.seated("lena", *everything)
    token = left.http.cookies[STAFF_COOKIE]
    await left.post("/sign-out")
    left.http.cookies.set(STAFF_COOKIE, token, domain="localhost.local")
    async with bank.unmoved():
        for desk in (stranger, device, made_up, disabled, left, Desk(customer.http)):
            told = await answers(desk)
            assert {name: code for name, code in told.items() if code != SIGNED_OUT} == {}


async def test_with_a_password_for_one_sign_in_nothing_is_reached(
    office: Office, bank: Bank
) -> None:
    await office.hire("robin", Role.CLERK, Role.CHECKER, change_due=True)
    desk = office.desk()
    await desk.sign_in("robin")
    async with bank.unmoved():
        told = await answers(desk)
    assert set(told.values()) == {"staff.password_change_due"}


async def test_other_roles_count_from_the_next_request_on(
    office: Office, owner: asyncpg.Connection
) -> None:
    desk = await office.seated("robin", Role.CLERK)
    assert (await desk.get("/acts")).json()["code"] == NO_ROLE
    await owner.execute("UPDATE staff_people SET roles = '{auditor}'")
    acts = (await desk.get("/acts")).json()["acts"]
    assert [act["act"] for act in acts] == ["signed_in", "added"]


async def test_every_unsafe_operation_needs_a_key(clerk: Desk) -> None:
    for name, call in staff_requests().items():
        if call.method == "POST" and name not in {
            "POST /staff/accounts/lookup",
            "POST /staff/payouts/check",
        }:
            reply = await clerk.http.post(f"/api/staff{call.path}", json=call.body)
            code = reply.json()["code"]
            assert code in {"request.key_missing", NO_ROLE}, name
