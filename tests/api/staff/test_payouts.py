"""Payouts: a file pays many, all its rows or none, by one approval."""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncpg
import pytest

from factories.customers import some_wallets
from factories.identity import OTHER_PHONE, PHONE, Browser
from factories.shops import Bank
from factories.staff import Desk
from tael import ledger
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.database import Database
from tael.kernel.settings import Settings

HEADER = "wallet,amount,memo\n"


def payout(csv: str, name: str = "November", account: int = ledger.SUSPENSE) -> dict[str, object]:
    """The body of POST /staff/payouts."""
    return {"csv": csv, "name": name, "account": account, "reason": "wages"}


async def proposed(clerk: Desk, csv: str, name: str = "November") -> str:
    """A payout that can be proposed; the approval's id."""
    reply = await clerk.post("/payouts", payout(csv, name))
    assert reply.status_code == 201, reply.text
    approval: str = reply.json()["approval"]
    return approval


@pytest.fixture
async def friend(browsers: Callable[..., Browser]) -> Browser:
    """A second customer."""
    return await browsers(OTHER_PHONE).sign_up()


async def test_every_row_is_a_movement_of_its_own(
    clerk: Desk, checker: Desk, customer: Browser, friend: Browser, bank: Bank
) -> None:
    csv = f"\ufeffWallet,Amount,Memo\r\n{PHONE},12.5,工资\r\n\r\n{friend.customer},0.01,\r\n"
    seen = (await clerk.post("/payouts/check", {"csv": csv})).json()
    assert seen == {"lines": 2, "total": {"value": 1_251, "currency": "CNY"}, "faults": []}
    async with bank.unmoved():
        approval = await proposed(clerk, csv)
    decided = (await checker.decide(approval)).json()
    assert decided["outcome"]["movements"] == 2
    assert (await bank.balance(customer.customer)).minor == 1_250
    assert (await bank.balance(friend.customer)).minor == 1
    entry = (await customer.get("/history")).json()["entries"][0]
    assert (entry["kind"], entry["memo"], entry["counterparty"]) == ("payout", "工资", "")
    detail = (await customer.get(f"/history/{entry['movement']}")).json()
    assert detail["reference"] == decided["terms"]["payout"]
    kept = (await checker.get(f"/payouts/{decided['terms']['payout']}")).json()
    assert kept["lines"][0]["movement"] == entry["movement"]
    assert [line["memo"] for line in kept["lines"]] == ["工资", ""]
    trace = (await checker.get(f"/movements/{entry['movement']}")).json()
    assert "payout" in {step["what"] for step in trace["steps"]}


async def test_the_same_lines_under_the_same_name_are_paid_once(
    clerk: Desk, checker: Desk, customer: Browser, bank: Bank
) -> None:
    csv = f"{HEADER}{PHONE},10,\n"
    first = await proposed(clerk, csv)
    twice = await clerk.post("/payouts", payout(csv))
    assert twice.json()["code"] == "staff.already_proposed"
    assert (await checker.decide(first)).status_code == 200
    async with bank.unmoved():
        again = await clerk.post("/payouts", payout(csv))
    assert again.json()["code"] == "ops.payout_repeated"
    december = await proposed(clerk, csv, name="December")
    assert (await checker.decide(december)).status_code == 200
    assert (await bank.balance(customer.customer)).minor == 2_000


async def test_a_wallet_that_closed_meanwhile_holds_the_whole_payout_back(
    clerk: Desk, checker: Desk, customer: Browser, friend: Browser, bank: Bank
) -> None:
    approval = await proposed(clerk, f"{HEADER}{PHONE},10,\n{friend.customer},10,\n")
    await bank.set_status(friend.customer, "closed")
    async with bank.unmoved():
        reply = await checker.decide(approval)
    assert reply.json()["code"] == "ops.payout_lines_refused"
    assert reply.json()["lines"] == [{"row": 3, "code": "customers.wallet_closed"}]
    assert (await checker.get(f"/approvals/{approval}")).json()["state"] == "proposed"
    assert (await bank.balance(customer.customer)).minor == 0


FAULTY: Final = [
    ("", [(1, "empty")]),
    (f"{PHONE},10\n", [(2, "columns")]),
    ("12345,10,\n", [(2, "wallet_malformed")]),
    ("13911112222,10,\n", [(2, "wallet_unknown")]),
    (f"{ids.wire('cus', ids.new_id())},10,\n", [(2, "wallet_unknown")]),
    (f"{PHONE},10,\n{PHONE},11,\n", [(3, "wallet_repeated")]),
    (f"{PHONE},10,\n+86 {PHONE},11,\n", [(3, "wallet_repeated")]),
    (f"{PHONE},0,\n", [(2, "amount_malformed")]),
    (f"{PHONE},-1,\n", [(2, "amount_malformed")]),
    (f"{PHONE},1e3,\n", [(2, "amount_malformed")]),
    (f"{PHONE},1.005,\n", [(2, "amount_malformed")]),
    (f'{PHONE},"1,000",\n', [(2, "amount_malformed")]),
    (f"{PHONE},１０,\n", [(2, "amount_malformed")]),
    (f"{PHONE},10,{'x' * 101}\n", [(2, "memo_too_long")]),
]
"""Rows after the header, and what is told of them."""


async def test_a_file_with_a_fault_is_not_taken(clerk: Desk, customer: Browser, bank: Bank) -> None:
    async with bank.unmoved():
        for rows, faults in FAULTY:
            told = [{"row": row, "fault": fault} for row, fault in faults]
            seen = (await clerk.post("/payouts/check", {"csv": HEADER + rows})).json()
            assert seen["faults"] == told, rows
            reply = await clerk.post("/payouts", payout(HEADER + rows))
            assert reply.json()["code"] == "ops.payout_file_invalid", rows
            assert reply.json()["lines"] == told
    assert customer.customer


async def test_a_file_without_its_columns_is_not_taken(clerk: Desk) -> None:
    seen = (await clerk.post("/payouts/check", {"csv": f"{PHONE},10,\n"})).json()
    assert seen["faults"] == [{"row": 1, "fault": "header"}]


async def test_more_rows_than_the_limit_are_not_taken(clerk: Desk) -> None:
    rows = "".join(f"{ids.wire('cus', ids.new_id())},1,\n" for _ in range(8_001))
    seen = (await clerk.post("/payouts/check", {"csv": HEADER + rows})).json()
    assert [each["fault"] for each in seen["faults"]] == ["too_many"]


async def test_only_the_banks_own_account_pays(clerk: Desk, customer: Browser, bank: Bank) -> None:
    account = await bank.account(customer.customer)
    async with bank.unmoved():
        for other, code in ((account, "ops.not_own_account"), (77, "ops.account_unknown")):
            body = payout(f"{HEADER}{PHONE},10,\n", account=other)
            assert (await clerk.post("/payouts", body)).json()["code"] == code


async def test_terms_that_are_not_the_payouts_are_refused(
    clerk: Desk, customer: Browser, bank: Bank
) -> None:
    approval = await proposed(clerk, f"{HEADER}{PHONE},10,\n")
    terms = (await clerk.get(f"/approvals/{approval}")).json()["terms"]
    await clerk.post(f"/approvals/{approval}/withdrawal", {"reason": "try another total"})
    async with bank.unmoved():
        forged = await clerk.propose(
            "payouts.bulk", {**terms, "total": {"value": 9, "currency": "CNY"}}
        )
        unknown = await clerk.propose(
            "payouts.bulk", {**terms, "payout": ids.wire("pyt", ids.new_id())}
        )
    assert forged.json()["code"] == "request.invalid"
    assert unknown.json()["code"] == "ops.payout_not_found"
    assert customer.customer


async def test_of_fifty_identical_uploads_one_counts(
    clerk: Desk, customer: Browser, owner: asyncpg.Connection
) -> None:
    body = payout(f"{HEADER}{PHONE},10,\n")
    replies = await asyncio.gather(
        *(clerk.post("/payouts", body, key="upload-once") for _ in range(50))
    )
    # A twin that found no free connection in time was told to ask again with its key.
    settled = [reply for reply in replies if reply.status_code != 503]
    assert len({reply.content for reply in settled}) == 1
    assert (await clerk.post("/payouts", body, key="upload-once")).content == settled[0].content
    assert await owner.fetchval("SELECT count(*) FROM ops_payouts") == 1
    assert customer.customer


async def test_a_thousand_rows_are_paid_in_one_act(
    clerk: Desk,
    checker: Desk,
    database: Database,
    settings: Settings,
    owner: asyncpg.Connection,
) -> None:
    async with database.read() as session:
        now = await business_now(session)
    await some_wallets(database, settings.sealer(), 1, now=now)
    await owner.execute(
        "CREATE TEMP TABLE many AS SELECT * FROM customers_wallets, generate_series(1, 1000) AS n"
    )
    await owner.execute(
        "UPDATE many SET customer_id = gen_random_uuid(), account_number = 900000 + n"
    )
    await owner.execute("ALTER TABLE many DROP COLUMN n")
    await owner.execute("INSERT INTO customers_wallets SELECT * FROM many")
    await owner.execute(
        """
        INSERT INTO ledger_accounts (currency, number, kind, holder, floor)
        SELECT 'CNY', account_number, 'customer_cash', customer_id, 0
        FROM customers_wallets WHERE account_number > 900000
        """
    )
    made = await owner.fetch(
        "SELECT customer_id FROM customers_wallets WHERE account_number > 900000"
    )
    rows = "".join(f"{ids.wire('cus', row['customer_id'])},1.00,\n" for row in made)
    decided = (await checker.decide(await proposed(clerk, HEADER + rows))).json()
    assert decided["outcome"]["movements"] == 1_000
    moved = "SELECT count(DISTINCT id) FROM ledger_movements WHERE kind = 'payout'"
    assert await owner.fetchval(moved) == 1_000
    assert (
        await owner.fetchval(
            "SELECT balance FROM ledger_accounts WHERE currency = 'CNY' AND number = $1",
            ledger.SUSPENSE,
        )
        == -100_000
    )
