"""Accounts, movements and holds without the modules above the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tael import auditor, ledger
from tael.kernel import ids
from tael.kernel.clock import business_day
from tael.kernel.database import Database
from tael.kernel.money import CNY, PTS, Currency, Money
from tael.ledger import (
    AccountKind,
    AccountNumber,
    HoldId,
    Movement,
    MovementId,
    MovementKind,
    PostedMovement,
    Posting,
)

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
"""Noon of an ordinary day in Shanghai."""

HOLDER_KINDS = {CNY: AccountKind.CUSTOMER_CASH, PTS: AccountKind.CUSTOMER_POINTS}


def fen(amount: int) -> Money:
    return Money(amount, CNY)


def a_hold_id() -> HoldId:
    return HoldId(ids.new_id())


def a_movement(*postings: Posting, at: datetime = NOON, memo: str = "") -> Movement:
    """A movement of these postings, labelled like a transfer between two people.

    No customer's act stands behind it, so it does not say that it is one.
    """
    return Movement(
        id=ledger.MovementId(ids.new_id()),
        kind=MovementKind.ADJUSTMENT,
        postings=postings,
        reference=ids.new_id(),
        payer_label="*小明",
        payee_label="*丽华",
        memo=memo,
        at=at,
    )


def a_transfer(
    debit: AccountNumber,
    credit: AccountNumber,
    minor: int,
    *,
    at: datetime = NOON,
    memo: str = "",
) -> Movement:
    """One amount of CNY from one account to another."""
    return a_movement(Posting(debit, credit, fen(minor)), at=at, memo=memo)


def as_posted(
    movement: Movement, *, currency: Currency = CNY, reversed_by: MovementId | None = None
) -> PostedMovement:
    """A movement as the books would show it."""
    return PostedMovement(
        id=movement.id,
        kind=movement.kind,
        currency=currency,
        postings=movement.postings,
        reference=movement.reference,
        payer_label=movement.payer_label,
        payee_label=movement.payee_label,
        memo=movement.memo,
        at=movement.at,
        effective_on=movement.effective_on or business_day(movement.at),
        reverses=movement.reverses,
        reversed_by=reversed_by,
    )


async def an_account(database: Database, currency: Currency = CNY) -> AccountNumber:
    """An empty account of somebody."""
    async with database.write() as session:
        return await ledger.open_account(
            session, kind=HOLDER_KINDS[currency], currency=currency, holder=ids.new_id()
        )


async def funded(database: Database, *minors: int) -> list[AccountNumber]:
    """Accounts with these amounts, paid in from card clearing."""
    numbers = [await an_account(database) for _ in minors]
    transfers = [
        a_transfer(ledger.CARD_CLEARING, number, minor)
        for number, minor in zip(numbers, minors, strict=True)
        if minor
    ]
    await post(database, *transfers)
    return numbers


async def post(database: Database, *movements: Movement, now: datetime = NOON) -> None:
    """Post movements that nothing refuses, in one transaction."""
    numbers = {n for m in movements for p in m.postings for n in (p.debit, p.credit)}
    async with database.write() as session:
        book = await ledger.lock(session, numbers, now=now)
        for movement in movements:
            book.post(movement)
        await ledger.write(session, book)


@dataclass(frozen=True, slots=True)
class AHold:
    """A hold that was made, and between whom."""

    id: HoldId
    account: AccountNumber
    to: AccountNumber


async def hold(
    database: Database,
    account: AccountNumber,
    to: AccountNumber,
    minor: int,
    *,
    life: timedelta = timedelta(minutes=10),
    now: datetime = NOON,
) -> AHold:
    """Set an amount aside."""
    made = AHold(a_hold_id(), account, to)
    async with database.write() as session:
        book = await ledger.lock(session, [account, to], now=now)
        book.hold(
            made.id,
            account=account,
            to=to,
            amount=fen(minor),
            expires_at=now + life,
            reference=ids.new_id(),
        )
        await ledger.write(session, book)
    return made


async def capture(
    database: Database, made: AHold, minor: int, *, now: datetime = NOON, final: bool = False
) -> Movement:
    """Take part of a hold, or all of it; raises the refusal."""
    movement = a_transfer(made.account, made.to, minor, at=now)
    async with database.write() as session:
        book = await ledger.lock(session, [made.account, made.to], now=now, holds=[made.id])
        book.capture(made.id, fen(minor), movement, final=final)
        await ledger.write(session, book)
    return movement


async def reverse(
    database: Database, original: MovementId, *, now: datetime = NOON, memo: str = ""
) -> Movement:
    """Undo a movement by its opposite; raises the refusal."""
    async with database.write() as session:
        made = ledger.MovementId(ids.new_id())
        return await ledger.reverse(session, original, made, memo=memo, now=now)


async def void(database: Database, made: AHold, *, now: datetime = NOON) -> None:
    """Give a hold up; raises the refusal."""
    async with database.write() as session:
        book = await ledger.lock(session, [made.account, made.to], now=now, holds=[made.id])
        book.void(made.id)
        await ledger.write(session, book)


async def balance(
    database: Database, number: AccountNumber, *, now: datetime = NOON
) -> tuple[int, int]:
    """An account's balance and what is held of it, in fen."""
    async with database.read() as session:
        found = await ledger.balance(session, number, now=now)
    return found.balance.minor, found.held.minor


async def books(database: Database) -> list[tuple[object, ...]]:
    """Every account as it stands: what a test compares to see that nothing moved."""
    async with database.read() as session:
        rows = await session.fetch(
            """
            SELECT currency, number, balance, held, postings, closed_at
            FROM ledger_accounts
            ORDER BY currency, number
            """
        )
    return [tuple(row) for row in rows]


async def audit(database: Database) -> Sequence[auditor.Difference]:
    """What the auditor finds."""
    async with database.snapshot() as session:
        return (await auditor.check(session, books_only=True)).differences
