"""Payouts: thousands of wallets are paid from one account of the bank, by one approval.

All or none: what two people looked at, its number of lines and its total, is what is posted. A
line that cannot be paid any more keeps the whole payout open, and says which it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from tael import customers, identity, ledger, staff
from tael.kernel import ids
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import CNY, Money
from tael.kernel.refusals import Detail, MalformedId, Refusal
from tael.ops import payout_file
from tael.ops import terms as read
from tael.ops.errors import (
    AccountUnknown,
    NotOwnAccount,
    PayoutFileInvalid,
    PayoutLinesRefused,
    PayoutNotFound,
    PayoutRepeated,
)
from tael.ops.payout_file import FaultyRow, FileLine, LineFault, PayoutFile
from tael.ops.rehearsal import rehearse
from tael.ops.states import PayoutId

KIND: Final = "payouts.bulk"
OWN_ACCOUNTS_END: Final = 100_000
TOLD_MAX: Final = 20
"""The most lines that a refusal names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayout:
    """A payout as the clerk uploads it."""

    id: PayoutId
    name: str
    account: ledger.AccountNumber
    file: PayoutFile


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One line of a payout, and its movement once it is paid."""

    row: int
    customer_id: UUID
    amount: Money
    memo: str
    movement: ledger.MovementId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payout as it is kept."""

    id: PayoutId
    name: str
    account: ledger.AccountNumber
    digest: bytes
    lines: int
    total: Money
    made_at: datetime
    paid_at: datetime | None


async def recipients(
    session: ReadSession, lines: tuple[FileLine, ...], phone_hashes: Mapping[str, bytes]
) -> tuple[dict[int, UUID], list[FaultyRow]]:
    """Whose wallet each row names, by their phone's keyed hash or id; and rows that name none."""
    by_phone = await identity.customers_by_phone_hashes(session, list(phone_hashes.values()))
    found: dict[int, UUID] = {}
    faults: list[FaultyRow] = []
    for line in lines:
        hashed = phone_hashes.get(line.wallet)
        customer = by_phone.get(hashed) if hashed is not None else _by_id(line.wallet)
        if customer is None:
            known = hashed is not None
            fault = LineFault.WALLET_UNKNOWN if known else LineFault.WALLET_MALFORMED
            faults.append(FaultyRow(line.row, fault))
        else:
            found[line.row] = customer
    open_ = await customers.open_among(session, set(found.values()))
    seen: set[UUID] = set()
    for row, customer in found.items():
        if customer not in open_:
            faults.append(FaultyRow(row, LineFault.WALLET_UNKNOWN))
        elif customer in seen:
            faults.append(FaultyRow(row, LineFault.WALLET_REPEATED))
        seen.add(customer)
    faults.sort(key=lambda each: each.row)
    return found, faults[: payout_file.FAULTS_MAX]


def _by_id(wallet: str) -> UUID | None:
    try:
        return ids.parse("cus", wallet)
    except MalformedId:
        return None


def refuse_faults(faults: list[FaultyRow] | tuple[FaultyRow, ...]) -> None:
    """Refuse `ops.payout_file_invalid` with the rows that are faulty, if any is."""
    if faults:
        raise PayoutFileInvalid(
            lines=[{"row": each.row, "fault": each.fault.value} for each in faults]
        )


async def keep_payout(
    session: WriteSession, new: NewPayout, to: Mapping[int, UUID], *, now: datetime
) -> dict[str, Any]:
    """Keep a faultless payout; the terms under which it can be proposed."""
    if new.account >= OWN_ACCOUNTS_END:
        raise NotOwnAccount
    if not await ledger.account_facts(session, [new.account]):
        raise AccountUnknown(account=new.account)
    named = [(str(to[line.row]), line.amount.minor, line.memo) for line in new.file.lines]
    digest = payout_file.digest(new.name, new.account, named)
    await session.execute(
        """
        INSERT INTO ops_payouts (id, name, account, digest, lines, total, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        new.id,
        new.name,
        new.account,
        digest,
        len(new.file.lines),
        new.file.total.minor,
        now,
    )
    await session.execute(
        """
        INSERT INTO ops_payout_lines (payout_id, line, customer_id, amount, memo)
        SELECT $1, n.line, n.customer_id, n.amount, n.memo
        FROM unnest($2::integer[], $3::uuid[], $4::bigint[], $5::text[])
            AS n (line, customer_id, amount, memo)
        """,
        new.id,
        [line.row for line in new.file.lines],
        [to[line.row] for line in new.file.lines],
        [line.amount.minor for line in new.file.lines],
        [line.memo for line in new.file.lines],
    )
    return terms_of(await payout(session, new.id))


def terms_of(kept: Payout) -> dict[str, Any]:
    """What a checker of this payout sees and decides about."""
    return {
        "payout": ids.wire("pyt", kept.id),
        "name": kept.name,
        "account": kept.account,
        "lines": kept.lines,
        "total": {"value": kept.total.minor, "currency": CNY.code},
        "digest": kept.digest.hex(),
    }


async def payout(session: ReadSession, payout_id: PayoutId) -> Payout:
    """A payout; refuses `ops.payout_not_found`."""
    row = await session.fetchrow(
        """
        SELECT id, name, account, digest, lines, total, made_at, paid_at
        FROM ops_payouts
        WHERE id = $1
        """,
        payout_id,
    )
    if row is None:
        raise PayoutNotFound
    return Payout(**{**dict(row), "total": Money(row["total"], CNY)})


async def payout_lines(
    session: ReadSession, payout_id: PayoutId, *, after: int, limit: int
) -> list[PaidLine]:
    """Its lines in the file's order, after a row."""
    rows = await session.fetch(
        """
        SELECT line, customer_id, amount, memo, movement_id
        FROM ops_payout_lines
        WHERE payout_id = $1
          AND line > $2
        ORDER BY line
        LIMIT $3
        """,
        payout_id,
        after,
        limit,
    )
    return [_line(row) for row in rows]


def subject(terms: staff.Terms) -> str:
    """The file by its digest: the same one is proposed once at a time."""
    read.only(terms, {"payout", "name", "account", "lines", "total", "digest"})
    _payout_id(terms)
    return f"file {read.text(terms, 'digest', longest=64)}"


async def refuses(session: WriteSession, terms: staff.Terms, now: datetime) -> Refusal | None:
    """Why it cannot be paid now."""
    return await rehearse(session, _pay(session, terms, now))


async def execute(session: WriteSession, approval: staff.Approval, now: datetime) -> dict[str, Any]:
    """Pay every line, each by a movement of its own, in one book."""
    paid = await _pay(session, approval.terms, now)
    return {
        "payout": approval.terms["payout"],
        "movements": paid,
        "total": approval.terms["total"],
    }


def _payout_id(terms: staff.Terms) -> PayoutId:
    return PayoutId(ids.parse("pyt", read.text(terms, "payout", longest=64)))


async def _pay(session: WriteSession, terms: staff.Terms, now: datetime) -> int:
    kept = await payout(session, _payout_id(terms))
    if terms_of(kept) != dict(terms):
        raise read.malformed("payout", "is not the payout that the other terms tell of")
    await _mark_paid(session, kept, now)
    lines = await payout_lines(session, kept.id, after=0, limit=payout_file.LINES_MAX)
    assert len(lines) == kept.lines
    assert sum(line.amount.minor for line in lines) == kept.total.minor
    use = await customers.lock_limit_use(session, [line.customer_id for line in lines], now=now)
    wallets = {wallet.customer_id: wallet for wallet in use.wallets()}
    numbers = [wallets[line.customer_id].account_number for line in lines]
    book = await ledger.lock(session, [kept.account, *numbers], now=now)
    refusal = book.refuses_debit(kept.account, kept.total)
    if refusal is not None:
        raise refusal
    _refuse_lines(
        (line.row, use.refuses_credit(line.customer_id, line.amount, book.balance(number)))
        for line, number in zip(lines, numbers, strict=True)
    )
    posted = [ledger.MovementId(ids.new_id()) for _ in lines]
    for line, number, movement in zip(lines, numbers, posted, strict=True):
        book.post(
            ledger.Movement(
                id=movement,
                kind=ledger.MovementKind.PAYOUT,
                postings=(ledger.Posting(kept.account, number, line.amount),),
                reference=kept.id,
                payer_label="",
                payee_label=wallets[line.customer_id].label,
                memo=line.memo or kept.name,
                at=now,
            )
        )
    await ledger.write(session, book)
    await _note_movements(session, kept.id, lines, posted)
    return len(posted)


def _refuse_lines(decided: Iterable[tuple[int, Refusal | None]]) -> None:
    refused = [(row, refusal) for row, refusal in decided if refusal is not None]
    if refused:
        told: list[Detail] = [
            {"row": row, "code": refusal.code} for row, refusal in refused[:TOLD_MAX]
        ]
        raise PayoutLinesRefused(lines=told, count=len(refused))


async def _mark_paid(session: WriteSession, kept: Payout, now: datetime) -> None:
    """Take the payout for this transaction; the index refuses the same lines a second time."""
    try:
        async with session.savepoint():
            tag = await session.execute(
                "UPDATE ops_payouts SET paid_at = $2 WHERE id = $1 AND paid_at IS NULL",
                kept.id,
                now,
            )
    except asyncpg.UniqueViolationError:
        raise PayoutRepeated from None
    if tag != "UPDATE 1":
        raise PayoutRepeated


async def _note_movements(
    session: WriteSession,
    payout_id: PayoutId,
    lines: list[PaidLine],
    posted: list[ledger.MovementId],
) -> None:
    tag = await session.execute(
        """
        UPDATE ops_payout_lines AS l
        SET movement_id = n.movement_id
        FROM unnest($2::integer[], $3::uuid[]) AS n (line, movement_id)
        WHERE l.payout_id = $1
          AND l.line = n.line
          AND l.movement_id IS NULL
        """,
        payout_id,
        [line.row for line in lines],
        posted,
    )
    assert tag == f"UPDATE {len(lines)}", tag


def _line(row: Row) -> PaidLine:
    return PaidLine(
        row=row["line"],
        customer_id=row["customer_id"],
        amount=Money(row["amount"], CNY),
        memo=row["memo"],
        movement=row["movement_id"],
    )


PAYOUT: Final = staff.Approvable(KIND, subject, refuses, execute)
