"""Held payments: a shop takes what is set aside for it, in parts if it likes, or lets it go.

Written for a set of commands, each decided on what the ones before it left. What a payer used
of his limits when the money was set aside is given back for what the shop does not take.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from tael import customers, ledger, merchants
from tael.kernel import outbox
from tael.kernel.database import WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.payments.after_sale_events import PaymentCaptured, PaymentReleased
from tael.payments.errors import PaymentNotFound
from tael.payments.orders import lock_orders
from tael.payments.receipts import Receipt, receipt_for
from tael.payments.records import lock_payments
from tael.payments.rules import Order, OrderId, Payment, PaymentId, refuses_release
from tael.payments.states import OrderState, PaymentState

Outcome: TypeAlias = Receipt | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePayment:
    """Take this much of what is held, or all that is left; after the `final` one nothing is."""

    payment_id: PaymentId
    movement_id: ledger.MovementId
    amount: Money | None
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidPayment:
    """Let go of what is still held."""

    payment_id: PaymentId


@dataclass(frozen=True, slots=True)
class _Taken:
    movement_id: ledger.MovementId
    payment: Payment
    amount: Money


@dataclass(slots=True)
class Batch:
    """What a set of captures and voids touches, and what came of it."""

    payments: Mapping[PaymentId, Payment]
    orders: Mapping[OrderId, Order]
    stores: Mapping[merchants.StoreId, merchants.Store]
    limit_use: customers.LimitUse
    book: ledger.Book
    now: datetime
    taken: list[_Taken] = field(default_factory=list)
    ended: list[tuple[Payment, Money]] = field(default_factory=list)
    """Payments that hold nothing any more, each with what was freed at the end."""

    def order_of(self, payment: Payment) -> Order:
        """Its order: a printed code holds nothing."""
        assert payment.order_id is not None, "only an order can be held"
        return self.orders[payment.order_id]


async def capture(
    session: WriteSession, commands: Sequence[CapturePayment], now: datetime
) -> list[Outcome]:
    """Take what is held for shops, a set of commands in one transaction, each its own outcome.

    Refuses `payments.payment_not_found`, `.payment_not_held`, `.payment_reversed`, and what the
    ledger says of the hold: `ledger.hold_not_open`, `.hold_expired`, `.capture_exceeds_hold`.
    """
    batch = await lock_held(session, {command.payment_id for command in commands}, now)
    outcomes = [take(command, batch) for command in commands]
    await write_held(session, batch)
    return outcomes


async def void(
    session: WriteSession, commands: Sequence[VoidPayment], now: datetime
) -> list[Outcome]:
    """Let go of what is held for shops; what they took before stays taken.

    Refuses what `capture` refuses, amounts apart.
    """
    batch = await lock_held(session, {command.payment_id for command in commands}, now)
    outcomes = [release(command, batch) for command in commands]
    await write_held(session, batch)
    return outcomes


def take(command: CapturePayment, batch: Batch) -> Outcome:
    """Decide one capture against what the batch holds so far, and record it there."""
    payment = batch.payments.get(command.payment_id)
    if payment is None:
        return PaymentNotFound()
    hold = ledger.HoldId(payment.id)
    refusal = refuses_release(payment) or batch.book.refuses_capture(hold, command.amount)
    if refusal is not None:
        return refusal
    store = batch.stores[payment.store_id]
    payer = batch.limit_use.wallet(payment.payer_id)
    amount = payment.amount - payment.captured if command.amount is None else command.amount
    movement = ledger.Movement(
        id=command.movement_id,
        kind=ledger.MovementKind.PAYMENT,
        postings=(ledger.Posting(payer.account_number, store.account, amount),),
        reference=payment.id,
        payer_label=payer.label,
        payee_label=store.label,
        memo=batch.order_of(payment).description,
        at=batch.now,
    )
    batch.book.capture(hold, amount, movement, final=command.final)
    payment.captured += amount
    payment.movement_id = payment.movement_id or command.movement_id
    batch.taken.append(_Taken(command.movement_id, payment, amount))
    if command.final or payment.captured == payment.amount:
        _end(payment, PaymentState.SUCCEEDED, batch)
    return receipt_for(payment, store, batch.now)


def release(command: VoidPayment, batch: Batch) -> Outcome:
    """Decide one void against what the batch holds so far, and record it there."""
    payment = batch.payments.get(command.payment_id)
    if payment is None:
        return PaymentNotFound()
    hold = ledger.HoldId(payment.id)
    refusal = refuses_release(payment) or batch.book.refuses_void(hold)
    if refusal is not None:
        return refusal
    batch.book.void(hold)
    _end(payment, payment.ended(PaymentState.VOIDED), batch)
    return receipt_for(payment, batch.stores[payment.store_id], batch.now)


def expire(payment: Payment, batch: Batch) -> None:
    """Follow the ledger, where the hold is dead at its deadline."""
    _end(payment, payment.ended(PaymentState.EXPIRED), batch)


def _end(payment: Payment, state: PaymentState, batch: Batch) -> None:
    """Nothing is held any more: the limits get back what was not taken."""
    payment.state = state
    order = batch.order_of(payment)
    paid = state is PaymentState.SUCCEEDED
    order.state = OrderState.PAID if paid else OrderState.CLOSED
    order.paid_at = batch.now if paid else None
    freed = payment.amount - payment.captured
    if freed.minor:
        act = customers.SpendAct.PAYMENT
        batch.limit_use.give_back(payment.payer_id, act, freed, payment.at)
    batch.ended.append((payment, freed))


async def lock_held(session: WriteSession, ids: set[PaymentId], now: datetime) -> Batch:
    """Lock in the one order: orders, payments, limit use, accounts and holds."""
    found = await session.fetch(
        "SELECT order_id FROM payments_payments WHERE id = ANY($1::uuid[])", list(ids)
    )
    orders = await lock_orders(session, {row["order_id"] for row in found if row["order_id"]})
    payments = await lock_payments(session, ids)
    stores = await merchants.stores(session, {p.store_id for p in payments.values()})
    payers = {payment.payer_id for payment in payments.values()}
    limit_use = await customers.lock_limit_use(session, payers, now=now)
    accounts = {store.account for store in stores.values()}
    accounts.update(wallet.account_number for wallet in limit_use.wallets())
    holds = [ledger.HoldId(payment.id) for payment in payments.values() if payment.held_until]
    book = await ledger.lock(session, accounts, now=now, holds=holds)
    return Batch(payments, orders, stores, limit_use, book, now)


_WRITE: Final = """
WITH captures AS (
    INSERT INTO payments_captures (movement_id, payment_id, amount_minor, at)
    SELECT *, $4::timestamptz
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
    RETURNING 1
), payments AS (
    UPDATE payments_payments AS p
    SET state = n.state,
        captured_minor = n.captured,
        movement_id = n.movement_id,
        settled_at = CASE WHEN n.state = 'succeeded' THEN $4 END
    FROM unnest($5::uuid[], $6::text[], $7::bigint[], $8::uuid[])
        AS n (id, state, captured, movement_id)
    WHERE p.id = n.id
      AND p.state = 'held'
    RETURNING 1
), orders AS (
    UPDATE payments_orders AS o
    SET state = n.state, paid_at = CASE WHEN n.state = 'paid' THEN $4 END
    FROM unnest($9::uuid[], $10::text[]) AS n (id, state)
    WHERE o.id = n.id
      AND o.state = 'held'
    RETURNING 1
)
SELECT (SELECT count(*) FROM captures), (SELECT count(*) FROM payments),
       (SELECT count(*) FROM orders)
"""


async def write_held(session: WriteSession, batch: Batch) -> None:
    """Write the money, the limits and what came of payments and orders, and tell of it."""
    await ledger.write(session, batch.book)
    changed = {taken.payment.id: taken.payment for taken in batch.taken}
    changed.update({payment.id: payment for payment, _ in batch.ended})
    if not changed:
        return
    await customers.write_limit_use(session, batch.limit_use)
    orders = [batch.order_of(payment) for payment, _ in batch.ended]
    counts = await session.fetchrow(
        _WRITE,
        [taken.movement_id for taken in batch.taken],
        [taken.payment.id for taken in batch.taken],
        [taken.amount.minor for taken in batch.taken],
        batch.now,
        [payment.id for payment in changed.values()],
        [payment.state.value for payment in changed.values()],
        [payment.captured.minor for payment in changed.values()],
        [payment.movement_id for payment in changed.values()],
        [order.id for order in orders],
        [order.state.value for order in orders],
    )
    assert counts is not None
    assert tuple(counts) == (len(batch.taken), len(changed), len(orders)), "a hold ends once"
    captured = [_captured(taken, batch) for taken in batch.taken]
    freed = [_released(payment, amount, batch) for payment, amount in batch.ended if amount.minor]
    await outbox.emit(session, *captured, *freed)


def _captured(taken: _Taken, batch: Batch) -> PaymentCaptured:
    store = batch.stores[taken.payment.store_id]
    return PaymentCaptured(
        payment=taken.payment.id,
        movement=taken.movement_id,
        payer=taken.payment.payer_id,
        payer_label=batch.limit_use.wallet(taken.payment.payer_id).label,
        merchant=store.merchant_id,
        merchant_owner=store.owner_id,
        store=store.id,
        amount=taken.amount,
        at=batch.now,
    )


def _released(payment: Payment, freed: Money, batch: Batch) -> PaymentReleased:
    return PaymentReleased(
        payment=payment.id,
        payer=payment.payer_id,
        store=payment.store_id,
        amount=freed,
        state=payment.state.value,
        at=batch.now,
    )
