"""Correcting the books by hand: between any two accounts, by two people."""

from typing import Any, Final

from factories.identity import Browser
from factories.shops import Bank, yuan
from factories.staff import Desk
from tael import ledger

KIND = "ledger.adjustment"


def correction(debit: int, credit: int, minor: int = 2_000, **more: object) -> dict[str, Any]:
    """The terms of a correction in yuan."""
    amount = {"value": minor, "currency": "CNY"}
    return {"debit": debit, "credit": credit, "amount": amount, **more}


async def test_a_correction_moves_money_once_another_approves_it(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    account = await bank.account(payer.customer)
    terms = correction(ledger.SUSPENSE, account, memo="补记", effective_on=None)
    async with bank.unmoved():
        approval = await clerk.proposed(KIND, terms)
    outcome = (await checker.decide(approval)).json()["outcome"]
    assert await bank.balance(payer.customer) == yuan(1_020)
    entry = (await payer.get(f"/history/{outcome['movement']}")).json()
    assert (entry["kind"], entry["memo"], entry["counterparty"]) == ("adjustment", "补记", "")
    assert entry["reference"] == approval


async def test_a_correction_may_count_for_a_day_of_the_past_year_only(
    clerk: Desk, checker: Desk, payer: Browser, bank: Bank
) -> None:
    account = await bank.account(payer.customer)
    today = (await payer.get("/session")).json()["business_time"][:10]
    earlier = f"{int(today[:4]) - 1}-12-31"
    approval = await clerk.proposed(
        KIND, correction(ledger.SUSPENSE, account, effective_on=earlier)
    )
    movement = (await checker.decide(approval)).json()["outcome"]["movement"]
    trace = (await clerk.get(f"/movements/{movement}")).json()
    assert trace["effective_on"] == earlier
    assert [step["id"] for step in trace["steps"] if step["what"] == "approval"] == [approval]
    async with bank.unmoved():
        for day in ("2001-01-01", "2999-01-01"):
            terms = correction(ledger.SUSPENSE, account, effective_on=day)
            reply = await clerk.propose(KIND, terms)
            assert reply.json()["code"] == "ops.effective_day_refused"


async def test_nobody_is_taken_what_he_does_not_have(
    clerk: Desk, payer: Browser, bank: Bank
) -> None:
    account = await bank.account(payer.customer)
    async with bank.unmoved():
        reply = await clerk.propose(KIND, correction(account, ledger.SUSPENSE, 100_001))
        assert reply.json()["code"] == "ledger.insufficient_funds"


UNFIT: Final[list[tuple[dict[str, Any], str]]] = [
    (correction(1_900, 1_900), "ops.same_account"),
    (correction(1_900, 77), "ops.account_unknown"),
    (correction(1_900, 1_100, 0), "request.invalid"),
    (correction(1_900, 1_100, -5), "request.invalid"),
    (correction(1_900, 1_100, 2**63), "request.invalid"),
    (correction(1_900, 1_100, memo="x" * 101), "request.invalid"),
    (correction(1_900, 1_100, memo="a\x00b"), "request.invalid"),
    (correction(1_900, 1_100, effective_on="yesterday"), "request.invalid"),
    (correction(1_900, 1_100, effective_on=20260101), "request.invalid"),
    ({**correction(1_900, 1_100), "amount": 2_000}, "request.invalid"),
    ({**correction(1_900, 1_100), "debit": 19.5}, "request.invalid"),
    ({**correction(1_900, 1_100), "debit": True}, "request.invalid"),
    (
        {**correction(1_900, 1_100), "amount": {"value": 1, "currency": "XXX"}},
        "request.invalid",
    ),
    ({"debit": 1_900, "credit": 1_100}, "request.invalid"),
]
"""Terms that nobody could carry out, and what is refused."""


async def test_terms_that_nobody_could_carry_out_are_refused(clerk: Desk, bank: Bank) -> None:
    async with bank.unmoved():
        for terms, code in UNFIT:
            reply = await clerk.propose(KIND, terms)
            assert reply.json()["code"] == code, terms


async def test_what_nobody_registered_cannot_be_proposed(clerk: Desk) -> None:
    reply = await clerk.propose("ledger.print_money", {})
    assert reply.json()["code"] == "staff.approval_kind_unknown"
