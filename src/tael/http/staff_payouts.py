"""Payouts at the console: upload a file, see what it would pay, propose it, follow it."""

import asyncio
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from tael import identity, ledger, ops, staff
from tael.http.edge import CREATED
from tael.http.guards import Clerk, ClerkAsking, StaffSigned
from tael.http.problems import problems
from tael.http.staff_approvals import ApprovalWire, Reason, presented
from tael.http.wire import Identifier, Instant, MoneyWire, Text, Wire
from tael.kernel import ids
from tael.kernel.database import WriteSession
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer

router: Final = APIRouter(prefix="/staff/payouts", tags=["staff"])

FILE_MAX: Final = 900_000
"""Characters of a file: 8,000 rows of a hundred."""
LINES_PAGE_MAX: Final = 200
ACCOUNT_MAX: Final = 2**63 - 1

_PAYOUT: Final = "pyt_01h455vb4pex5vsknk084sn02q"


class PayoutFileGiven(Wire):
    """A file of `wallet,amount,memo`: phone numbers or `cus_…`, yuan, and what it is for."""

    csv: Annotated[str, Field(max_length=FILE_MAX, repr=False)] = Field(
        examples=["wallet,amount,memo\n13800001234,1250.00,November\n"]
    )


class PayoutProposed(PayoutFileGiven):
    """A file to be paid from one of the bank's own accounts, and why."""

    name: Annotated[Text, Field(min_length=1, max_length=100)] = Field(examples=["工资 2026-11"])
    account: Annotated[int, Field(ge=1, le=ACCOUNT_MAX)] = Field(examples=[1900])
    reason: Reason


class FaultWire(Wire):
    """A row that cannot be paid."""

    row: int
    fault: ops.LineFault


class PreviewBody(Wire):
    """What a file would pay, and what is wrong with it; nothing is kept."""

    lines: int
    total: MoneyWire
    faults: list[FaultWire]


class PayoutBody(Wire):
    """A payout as it is kept."""

    payout: Identifier = Field(examples=[_PAYOUT])
    name: str
    account: int
    lines: int
    total: MoneyWire
    made_at: Instant
    paid_at: Instant | None


class PaidLineWire(Wire):
    """One row, and the movement that it became."""

    row: int
    customer: Identifier
    amount: MoneyWire
    memo: str
    movement: Identifier | None


class PayoutLinesBody(Wire):
    """Rows of a payout in the file's order."""

    payout: PayoutBody
    lines: list[PaidLineWire]
    next: int | None = Field(description="Give it as `after`; null on the last page.")


class LinesQuery(Wire):
    """Which rows are wanted."""

    after: int = Field(default=0, ge=0, le=100_000)
    limit: int = Field(default=50, ge=1, le=LINES_PAGE_MAX)


def _read(text: str, sealer: Sealer) -> tuple[ops.PayoutFile, dict[str, bytes]]:
    """Read a file, and hash the phone numbers in it: half a second of work for a large one."""
    file = ops.read_file(text)
    hashes: dict[str, bytes] = {}
    for line in file.lines:
        if not line.wallet.startswith("cus_"):
            try:
                hashes[line.wallet] = identity.Phone.parse(line.wallet).hash(sealer)
            except identity.PhoneInvalid:
                continue
    return file, hashes


@router.post("/check", responses=problems())
async def check(edge: ClerkAsking, given: PayoutFileGiven) -> PreviewBody:
    """Say what a file would pay, row by row where it cannot; nothing is kept."""
    file, hashes = await asyncio.to_thread(_read, given.csv, edge.services.sealer)
    async with edge.services.database.read() as session:
        _to, faults = await ops.recipients(session, file.lines, hashes)
    every = sorted([*file.faults, *faults], key=lambda each: each.row)
    return PreviewBody(
        lines=len(file.lines),
        total=MoneyWire.of(file.total if file.lines else Money(0, CNY)),
        faults=[FaultWire(row=each.row, fault=each.fault) for each in every],
    )


@router.post(
    "",
    status_code=CREATED,
    response_model=ApprovalWire,
    responses=problems(
        ops.errors.PayoutFileInvalid,
        ops.errors.PayoutLinesRefused,
        ops.errors.PayoutRepeated,
        ops.errors.NotOwnAccount,
        ops.errors.AccountUnknown,
        staff.AlreadyProposed,
    ),
)
async def propose_payout(edge: Clerk, given: PayoutProposed) -> Response:
    """Keep a file without faults and put it before somebody else: all its rows or none."""
    file, hashes = await asyncio.to_thread(_read, given.csv, edge.services.sealer)
    new = ops.NewPayout(
        id=ops.PayoutId(ids.new_id()),
        name=given.name,
        account=ledger.AccountNumber(given.account),
        file=file,
    )
    approval_id = staff.ApprovalId(ids.new_id())

    async def act(session: WriteSession, now: datetime) -> ApprovalWire:
        ops.refuse_faults(file.faults)
        to, faults = await ops.recipients(session, file.lines, hashes)
        ops.refuse_faults(faults)
        terms = await ops.keep_payout(session, new, to, now=now)
        proposal = staff.Proposal(
            id=approval_id, kind=ops.PAYOUT.kind, terms=terms, reason=given.reason
        )
        made = await staff.propose(session, proposal, edge.actor, now=now)
        return (await presented(session, [made]))[0]

    return await edge.once(act, status=CREATED)


@router.get("/{payout}", responses=problems(ops.errors.PayoutNotFound))
async def read_payout(
    edge: StaffSigned, payout: str, query: Annotated[LinesQuery, Query()]
) -> PayoutLinesBody:
    """A payout and its rows, each with its movement once it is paid."""
    payout_id = ops.PayoutId(ids.parse("pyt", payout))
    async with edge.services.database.read() as session:
        kept = await ops.payout(session, payout_id)
        lines = await ops.payout_lines(session, payout_id, after=query.after, limit=query.limit)
    full = len(lines) == query.limit
    return PayoutLinesBody(
        payout=_payout(kept),
        lines=[_line(each) for each in lines],
        next=lines[-1].row if full else None,
    )


def _payout(kept: ops.Payout) -> PayoutBody:
    return PayoutBody(
        payout=ids.wire("pyt", kept.id),
        name=kept.name,
        account=kept.account,
        lines=kept.lines,
        total=MoneyWire.of(kept.total),
        made_at=kept.made_at,
        paid_at=kept.paid_at,
    )


def _line(line: ops.PaidLine) -> PaidLineWire:
    return PaidLineWire(
        row=line.row,
        customer=ids.wire("cus", line.customer_id),
        amount=MoneyWire.of(line.amount),
        memo=line.memo,
        movement=ids.wire("mov", line.movement) if line.movement else None,
    )
