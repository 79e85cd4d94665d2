"""Settle: pay the whole fen of what has accrued, at the end of a quarter or of a wallet.

What is due is everything that ever accrued, less everything that was ever paid. So a fraction
of a fen stays due until it makes one, and a correction that comes after the payment is part of
the next. Interest counts against no limit, and may take a wallet above its balance cap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from tael import customers, ledger
from tael.customers import ClassedWallet, Wallet, WalletStatus
from tael.interest.accrue import accrue_wallet, next_day
from tael.interest.rules import UNITS_PER_MINOR, credited_on, payable_minor
from tael.kernel import ids
from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.money import CNY, Money
from tael.ledger import Movement, MovementId, MovementKind, Posting

PAYER_LABEL: Final = "Tael"
"""Who pays, as the history of the holder shows it."""


@dataclass(frozen=True, slots=True)
class _Payment:
    """What one wallet is paid, and by which movement."""

    customer_id: UUID
    amount: Money
    movement: Movement


async def settle(
    session: WriteSession, settled: date, wallets: Sequence[ClassedWallet], *, now: datetime
) -> int:
    """Pay these wallets what is due to the end of `settled`; returns how many were paid.

    It counts from the following day, whenever it is posted. A wallet that was paid for this
    quarter, or closed meanwhile, is left alone.
    """
    limit_use = await customers.lock_limit_use(
        session, [wallet.customer_id for wallet in wallets], now=now
    )
    # Read after the lock: whoever pays a wallet, or closes it, holds the same lock.
    due = await due_units(session, [wallet.customer_id for wallet in wallets], through=settled)
    paid = await _paid_already(session, settled, list(due))
    payments = []
    for wallet in wallets:
        minor = payable_minor(due.get(wallet.customer_id, 0))
        held = limit_use.wallet(wallet.customer_id)
        if not minor or wallet.customer_id in paid or held.status is WalletStatus.CLOSED:
            continue
        amount = Money(minor, CNY)
        posting = Posting(ledger.INTEREST_EXPENSE, wallet.account_number, amount)
        movement = _movement(posting, held.label, settled, now)
        payments.append(_Payment(wallet.customer_id, amount, movement))
    await _post(session, payments, now=now)
    await _write(session, payments, settled, "quarter", now=now)
    return len(payments)


async def pay_out(session: WriteSession, wallet: Wallet, /, *, now: datetime) -> None:
    """Account for what a wallet has earned when it is closed: owed to the holder, in suspense.

    A wallet is closed empty, so its last interest cannot stay in it: the whole fen are booked as
    the holder's in SUSPENSE, from where staff pay them to an account of the holder's. A rest
    below a fen is not paid.
    """
    today = business_day(now)
    first = await next_day(session) or today
    days = [first + timedelta(days=ahead) for ahead in range((today - first).days)]
    await accrue_wallet(session, wallet.account_number, days, now=now)
    due = await due_units(session, [wallet.customer_id], through=today)
    minor = payable_minor(due.get(wallet.customer_id, 0))
    if not minor:
        return
    amount = Money(minor, CNY)
    posting = Posting(ledger.INTEREST_EXPENSE, ledger.SUSPENSE, amount)
    movement = _movement(posting, wallet.label, None, now)
    payments = [_Payment(wallet.customer_id, amount, movement)]
    await _post(session, payments, now=now)
    await _write(session, payments, today, "closing", now=now)


async def due_units(
    session: ReadSession, customer_ids: Sequence[UUID], *, through: date
) -> dict[UUID, int]:
    """What is due to these customers for the days up to `through`, in units.

    It is below zero where a correction came after a payment.
    """
    rows = await session.fetch(
        """
        SELECT a.customer_id,
               (sum(a.units) - $3::bigint * coalesce((
                   SELECT sum(s.paid_minor)
                   FROM interest_settlements AS s
                   WHERE s.customer_id = a.customer_id
               ), 0))::text AS due
        FROM interest_accruals AS a
        WHERE a.customer_id = ANY($1::uuid[])
          AND a.day <= $2
        GROUP BY a.customer_id
        """,
        list(customer_ids),
        through,
        UNITS_PER_MINOR,
    )
    return {row["customer_id"]: int(row["due"]) for row in rows}


async def credited_late(session: ReadSession, moments: set[datetime]) -> set[ledger.Dated]:
    """The payments of these moments that were dated to an earlier day, as the ledger tells them."""
    rows = await session.fetch(
        """
        SELECT w.account_number, s.settled, s.at
        FROM interest_settlements AS s
        JOIN customers_wallets AS w ON w.customer_id = s.customer_id
        WHERE s.reason = 'quarter' AND s.at = ANY($1::timestamptz[])
        """,
        list(moments),
    )
    return {
        ledger.Dated(row["account_number"], credited_on(row["settled"]), row["at"]) for row in rows
    }


def quarter_name(settled: date) -> str:
    """How a settlement is called on a statement: `2026 Q4`."""
    return f"{settled.year} Q{-(-settled.month // 3)}"


def _movement(posting: Posting, holder: str, settled: date | None, now: datetime) -> Movement:
    movement_id = MovementId(ids.new_id())
    return Movement(
        id=movement_id,
        kind=MovementKind.INTEREST,
        postings=(posting,),
        reference=movement_id,
        payer_label=PAYER_LABEL,
        payee_label=holder,
        memo="" if settled is None else quarter_name(settled),
        at=now,
        effective_on=None if settled is None else credited_on(settled),
    )


async def _post(session: WriteSession, payments: Sequence[_Payment], *, now: datetime) -> None:
    if not payments:
        return
    sides = [payment.movement.postings[0] for payment in payments]
    numbers = {side.debit for side in sides} | {side.credit for side in sides}
    book = await ledger.lock(session, numbers, now=now)
    for payment in payments:
        book.post(payment.movement)
    await ledger.write(session, book)


async def _write(
    session: WriteSession,
    payments: Sequence[_Payment],
    settled: date,
    reason: str,
    *,
    now: datetime,
) -> None:
    await session.execute(
        """
        INSERT INTO interest_settlements
            (customer_id, settled, reason, paid_minor, movement_id, at)
        SELECT n.customer_id, $1, $2, n.paid_minor, n.movement_id, $3
        FROM unnest($4::uuid[], $5::bigint[], $6::uuid[])
            AS n (customer_id, paid_minor, movement_id)
        """,
        settled,
        reason,
        now,
        [payment.customer_id for payment in payments],
        [payment.amount.minor for payment in payments],
        [payment.movement.id for payment in payments],
    )


async def _paid_already(
    session: ReadSession, settled: date, customer_ids: Sequence[UUID]
) -> set[UUID]:
    rows = await session.fetch(
        """
        SELECT customer_id
        FROM interest_settlements
        WHERE settled = $1
          AND reason = 'quarter'
          AND customer_id = ANY($2::uuid[])
        """,
        settled,
        list(customer_ids),
    )
    return {row["customer_id"] for row in rows}
