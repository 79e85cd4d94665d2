"""Undoing a movement: one proposes, another approves, and the customer sees both movements."""

import asyncio
from typing import Any, Final

import asyncpg
import pytest

from factories.identity import Browser
from factories.shops import Bank, yuan
from factories.staff import Desk, Office
from tael.kernel import ids
from tael.staff import Role

KIND = "ledger.reversal"


async def last_movement(browser: Browser) -> str:
    """The newest entry of a customer's history."""
    movement: str = (await browser.get("/history")).json()["entries"][0]["movement"]
    return movement


async def test_what_is_approved_is_undone_and_both_movements_stay(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank, owner: asyncpg.Connection
) -> None:
    movement = await last_movement(payer)
    terms = {"movement": movement, "memo": "入账有误"}
    async with bank.unmoved():
        approval = await clerk.proposed(KIND, terms)
    reply = await checker.decide(approval)
    assert reply.status_code == 200, reply.text
    decided = reply.json()
    assert decided["state"] == "approved"
    assert decided["maker"]["staff"] == clerk.staff_id
    assert decided["checker"]["staff"] == checker.staff_id
    assert await bank.balance(payer.customer) == yuan(0)
    entries = (await payer.get("/history")).json()["entries"]
    assert [(e["kind"], e["direction"], e["amount"]["value"]) for e in entries] == [
        ("reversal", "out", 100_000),
        ("adjustment", "in", 100_000),
    ]
    assert entries[0]["movement"] == decided["outcome"]["movement"]
    assert entries[0]["memo"] == "入账有误"
    acts = await owner.fetch(
        "SELECT act, reason, after, request_id FROM staff_acts WHERE subject = $1 ORDER BY id",
        approval,
    )
    assert [row["act"] for row in acts] == ["proposed", "approved"]
    assert all(row["request_id"] and row["reason"] for row in acts)


async def test_what_nobody_proposed_is_not_decided(checker: Desk, bank: Bank) -> None:
    async with bank.unmoved():
        reply = await checker.decide(ids.wire("apv", ids.new_id()))
    assert (reply.status_code, reply.json()["code"]) == (404, "staff.approval_not_found")


async def test_what_is_rejected_or_withdrawn_moves_nothing(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    terms = {"movement": await last_movement(payer)}
    async with bank.unmoved():
        rejected = await clerk.proposed(KIND, terms)
        assert (await checker.decide(rejected, approve=False)).json()["state"] == "rejected"
        assert (await checker.decide(rejected)).json()["code"] == "staff.approval_ended"
        withdrawn = await clerk.proposed(KIND, terms)
        path = f"/approvals/{withdrawn}/withdrawal"
        assert (await clerk.post(path, {"reason": "a slip"})).json()["state"] == "withdrawn"
        assert (await checker.decide(withdrawn)).json()["code"] == "staff.approval_ended"


async def test_what_became_impossible_is_refused_and_stays_open_with_the_reason(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    approval = await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    await bank.drain(payer.customer, yuan(999))
    async with bank.unmoved():
        reply = await checker.decide(approval)
    assert reply.status_code == 409
    assert reply.json()["code"] == "ledger.insufficient_funds"
    shown = (await checker.get(f"/approvals/{approval}")).json()
    assert shown["state"] == "proposed"
    assert shown["obstacle"]["code"] == "ledger.insufficient_funds"
    assert shown["obstacle"]["short_by"] == {"value": 99_900, "currency": "CNY"}
    await bank.fund(payer.customer, yuan(999))
    assert (await checker.decide(approval)).json()["state"] == "approved"


async def test_a_movement_is_undone_once(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    terms = {"movement": await last_movement(payer)}
    approval = await clerk.proposed(KIND, terms)
    twice = await clerk.propose(KIND, terms)
    assert twice.json()["code"] == "staff.already_proposed"
    assert twice.json()["approval"] == approval
    reversal = (await checker.decide(approval)).json()["outcome"]["movement"]
    async with bank.unmoved():
        assert (await clerk.propose(KIND, terms)).json()["code"] == "ledger.already_reversed"
        undo = await clerk.propose(KIND, {"movement": reversal})
        assert undo.json()["code"] == "ledger.reversal_stands"


UNFIT: Final[list[tuple[dict[str, Any], str]]] = [
    ({}, "request.invalid"),
    ({"movement": 7}, "request.invalid"),
    ({"movement": "mov_x"}, "request.malformed_id"),
    ({"movement": ids.wire("mov", ids.new_id())}, "ledger.movement_not_found"),
    ({"movement": ids.wire("mov", ids.new_id()), "more": 1}, "request.invalid"),
    ({"movement": ids.wire("mov", ids.new_id()), "memo": "x" * 101}, "request.invalid"),
]
"""Terms that nobody could carry out, and what is refused."""


async def test_terms_that_nobody_could_carry_out_are_refused(clerk: Desk, bank: Bank) -> None:
    async with bank.unmoved():
        for terms, code in UNFIT:
            assert (await clerk.propose(KIND, terms)).json()["code"] == code, terms


async def test_nobody_decides_what_he_proposed(
    office: Office, payer: Browser, bank: Bank, owner: asyncpg.Connection
) -> None:
    both = await office.seated("bora", Role.CLERK, Role.CHECKER)
    approval = await both.proposed(KIND, {"movement": await last_movement(payer)})
    async with bank.unmoved():
        assert (await both.decide(approval)).json()["code"] == "staff.approval_own"
    with pytest.raises(asyncpg.CheckViolationError, match="four_eyes"):
        await owner.execute(
            """UPDATE staff_approvals SET state = 'approved', checker = maker,
               decided_at = now(), outcome = '{}'"""
        )


async def test_only_the_maker_takes_it_back(
    office: Office, clerk: Desk, payer: Browser, bank: Bank
) -> None:
    other = await office.seated("otto", Role.CLERK)
    approval = await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    async with bank.unmoved():
        reply = await other.post(f"/approvals/{approval}/withdrawal", {"reason": "not mine"})
    assert reply.json()["code"] == "staff.approval_not_own"


async def test_of_two_checkers_at_once_one_decides(
    office: Office, clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    other = await office.seated("otis", Role.CHECKER)
    approval = await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    replies = await asyncio.gather(*(desk.decide(approval) for desk in (checker, other) * 4))
    codes = sorted(str(reply.json().get("code", reply.json()["state"])) for reply in replies)
    assert codes == ["approved"] + ["staff.approval_ended"] * 7
    assert await bank.balance(payer.customer) == yuan(0)


async def test_fifty_identical_decisions_are_one(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    approval = await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    replies = await asyncio.gather(
        *(checker.decide(approval, key="one-key-for-all") for _ in range(50))
    )
    # A twin that found no free connection in time was told to ask again with its key.
    settled = [reply for reply in replies if reply.status_code != 503]
    assert {reply.status_code for reply in settled} == {200}
    assert len({reply.content for reply in settled}) == 1
    other = await checker.decide(approval, approve=False, key="one-key-for-all")
    assert other.json()["code"] == "request.key_reused"
    assert await bank.balance(payer.customer) == yuan(0)


async def test_a_proposal_dies_after_seven_days(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    approval = await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    week = {"advance_s": 7 * 24 * 3600}
    assert (await payer.post("/sandbox/clock", week)).status_code == 200
    async with bank.unmoved():
        reply = await checker.decide(approval)
    assert (reply.json()["code"], reply.json()["state"]) == ("staff.approval_ended", "expired")
    assert (await checker.get("/approvals?state=open")).json()["approvals"] == []
    again = await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    assert again != approval


async def test_terms_stay_as_the_checker_saw_them(
    clerk: Desk, payer: Browser, owner: asyncpg.Connection
) -> None:
    await clerk.proposed(KIND, {"movement": await last_movement(payer)})
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="terms stay"):
        await owner.execute("UPDATE staff_approvals SET terms = '{}'")
    for table in ("staff_approvals", "staff_acts"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never changed"):
            await owner.execute(f"DELETE FROM {table}")
