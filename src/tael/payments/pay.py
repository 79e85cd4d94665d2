"""Pay from the balance: the hot act, written once for a set of commands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from tael import customers, identity, ledger, merchants
from tael.kernel import outbox
from tael.kernel.clock import machine_now
from tael.kernel.database import WriteSession
from tael.kernel.money import CNY, Money
from tael.kernel.refusals import Refusal
from tael.payments.after_sale_terms import after_sale_at
from tael.payments.errors import SamePaymentPending
from tael.payments.events import PaymentHeld, PaymentSettled
from tael.payments.orders import lock_orders
from tael.payments.receipts import Receipt
from tael.payments.rules import Order, OrderId, PaymentId
from tael.payments.states import Capture, FundingKind, Level, OrderState, PaymentState
from tael.payments.targets import Alike, payment_terms, pending_alike, refuses_target

Outcome: TypeAlias = Receipt | Refusal

_NOTHING: Final = Money(0, CNY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """One payment from the balance: for an order, or by a printed code without one."""

    payment_id: PaymentId
    movement_id: ledger.MovementId
    store_id: merchants.StoreId
    order_id: OrderId | None
    amount: Money
    authorisation: identity.AuthorisationId
    bearer: identity.Bearer

    @property
    def act(self) -> customers.SpendAct:
        """How it counts against the limits: printed codes have a daily cap of their own."""
        return customers.SpendAct.PAYMENT if self.order_id else customers.SpendAct.STATIC_PAYMENT


@dataclass(slots=True)
class Batch:
    """What a set of payments touches: locked rows, and the stores read after the lock."""

    orders: Mapping[OrderId, Order]
    stores: Mapping[merchants.StoreId, merchants.Store]
    grants: identity.Grants
    limit_use: customers.LimitUse
    pending: Collection[Alike]
    book: ledger.Book
    now: datetime


async def pay(session: WriteSession, commands: Sequence[Pay], now: datetime) -> list[Outcome]:
    """Settle a set of payments in one transaction; each gets its own outcome, in order.

    A refused payment moves nothing and leaves its neighbours alone. The order becomes paid,
    or its amount is held if the store captures by hand; the limits are used and the
    authorisation is spent in this very transaction. `now` is business time.
    """
    batch = await _lock(session, commands, now)
    outcomes = [settle(command, batch) for command in commands]
    settled = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    await session.behind(_apply(session, settled, batch))
    await session.behind(outbox.emit(session, *[_event(receipt, batch) for receipt in settled]))
    return outcomes


async def _apply(session: WriteSession, settled: Sequence[Receipt], batch: Batch) -> None:
    """Write each module's part."""
    # Also when all is refused: the book may have released holds past their deadline.
    await ledger.write(session, batch.book)
    if settled:
        await customers.write_limit_use(session, batch.limit_use)
        await identity.write_authorisations(session, batch.grants)
        await _write(session, settled)


def settle(command: Pay, batch: Batch) -> Outcome:
    """Decide one payment against what the batch holds so far, and record it there."""
    refusal = decide(command, batch)
    if refusal is not None:
        return refusal
    order = batch.orders[command.order_id] if command.order_id else None
    by_hand = order is not None and order.capture is Capture.MANUAL
    held_until = batch.now + after_sale_at(batch.now).hold_life if by_hand else None
    if held_until is None:
        _post(command, batch)
    else:
        _hold(command, batch, held_until)
    batch.limit_use.add(command.bearer.customer_id, command.act, command.amount)
    batch.grants.use(command.authorisation)
    if order:
        order.state = OrderState.PAID if held_until is None else OrderState.HELD
        order.payment_id = command.payment_id
        order.paid_at = batch.now if held_until is None else None
    return _receipt(command, batch, held_until)


def _post(command: Pay, batch: Batch) -> None:
    """Move the money at once."""
    store = batch.stores[command.store_id]
    order = batch.orders[command.order_id] if command.order_id else None
    payer = batch.limit_use.wallet(command.bearer.customer_id)
    batch.book.post(
        ledger.Movement(
            id=command.movement_id,
            kind=ledger.MovementKind.PAYMENT,
            postings=(ledger.Posting(payer.account_number, store.account, command.amount),),
            reference=command.payment_id,
            payer_label=payer.label,
            payee_label=store.label,
            memo=order.description if order else "",
            at=batch.now,
        )
    )


def _hold(command: Pay, batch: Batch, until: datetime) -> None:
    """Set the money aside; the hold has the payment's own id."""
    batch.book.hold(
        ledger.HoldId(command.payment_id),
        account=batch.limit_use.wallet(command.bearer.customer_id).account_number,
        to=batch.stores[command.store_id].account,
        amount=command.amount,
        expires_at=until,
        reference=command.payment_id,
    )


def _receipt(command: Pay, batch: Batch, held_until: datetime | None) -> Receipt:
    held = held_until is not None
    return Receipt(
        payment_id=command.payment_id,
        payer=command.bearer.customer_id,
        store=batch.stores[command.store_id],
        order_id=command.order_id,
        amount=command.amount,
        taken=_NOTHING if held else command.amount,
        refunded=_NOTHING,
        held_until=held_until,
        funding=FundingKind.BALANCE,
        card_id=None,
        state=PaymentState.HELD if held else PaymentState.SUCCEEDED,
        movement_id=None if held else command.movement_id,
        final_by=None,
        decline_code=None,
        at=batch.now,
    )


def decide(command: Pay, batch: Batch) -> Refusal | None:
    """Why this payment is refused, if so: the first reason, in the order that helps a payer."""
    payer = command.bearer.customer_id
    order = batch.orders.get(command.order_id) if command.order_id else None
    terms = payment_terms(command.store_id, command.order_id, command.amount)
    refusal = (
        refuses_target(command, batch.stores.get(command.store_id), order, batch.now)
        or batch.grants.refuses(command.authorisation, terms, command.bearer)
        or batch.limit_use.refuses(payer, command.act, command.amount)
    )
    if refusal is not None:
        return refusal
    if (payer, command.store_id, command.amount.minor) in batch.pending:
        return SamePaymentPending()
    account = batch.limit_use.wallet(payer).account_number
    return batch.book.refuses_debit(account, command.amount)


async def _lock(session: WriteSession, commands: Sequence[Pay], now: datetime) -> Batch:
    """Lock in the one order: orders, authorisations, limit use, accounts."""
    orders = await lock_orders(session, {c.order_id for c in commands if c.order_id})
    stores = await merchants.stores(session, {c.store_id for c in commands})
    grants = await identity.lock_authorisations(
        session, {c.authorisation for c in commands}, machine_now=machine_now()
    )
    payers = {c.bearer.customer_id for c in commands}
    limit_use = await customers.lock_limit_use(session, payers, now=now)
    pending = await pending_alike(session, payers)
    accounts = {store.account for store in stores.values()}
    accounts.update(wallet.account_number for wallet in limit_use.wallets())
    book = await ledger.lock(session, accounts, now=now)
    return Batch(orders, stores, grants, limit_use, pending, book, now)


def _event(receipt: Receipt, batch: Batch) -> PaymentSettled | PaymentHeld:
    if receipt.held_until is not None:
        assert receipt.order_id is not None, "a printed code holds nothing"
        return PaymentHeld(
            payment=receipt.payment_id,
            payer=receipt.payer,
            store=receipt.store.id,
            order=receipt.order_id,
            amount=receipt.amount,
            until=receipt.held_until,
            at=receipt.at,
        )
    assert receipt.movement_id is not None
    return PaymentSettled(
        payment=receipt.payment_id,
        movement=receipt.movement_id,
        payer=receipt.payer,
        payer_label=batch.limit_use.wallet(receipt.payer).label,
        merchant=receipt.store.merchant_id,
        merchant_owner=receipt.store.owner_id,
        store=receipt.store.id,
        order=receipt.order_id,
        amount=receipt.amount,
        funding=receipt.funding.value,
        at=receipt.at,
    )


_WRITE: Final = """
WITH payments AS (
    INSERT INTO payments_payments
        (id, payer_id, store_id, merchant_id, order_id, level, amount_minor, movement_id,
         held_until, funding, currency, state, at, settled_at)
    SELECT *, 'balance', $10, CASE WHEN held_until IS NULL THEN 'succeeded' ELSE 'held' END,
           $11::timestamptz, CASE WHEN held_until IS NULL THEN $11 END
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
                $7::bigint[], $8::uuid[], $9::timestamptz[])
        AS n (id, payer_id, store_id, merchant_id, order_id, level, amount, movement_id,
              held_until)
    RETURNING 1
), taken AS (
    UPDATE payments_orders AS o
    SET state = CASE WHEN n.held_until IS NULL THEN 'paid' ELSE 'held' END,
        payment_id = n.payment_id,
        paid_at = CASE WHEN n.held_until IS NULL THEN $11 END
    FROM unnest($1::uuid[], $5::uuid[], $9::timestamptz[]) AS n (payment_id, order_id, held_until)
    WHERE o.id = n.order_id
      AND o.state = 'open'
    RETURNING 1
)
SELECT (SELECT count(*) FROM payments), (SELECT count(*) FROM taken)
"""


async def _write(session: WriteSession, settled: Sequence[Receipt]) -> None:
    """Write the payments and mark their orders paid or held, in one statement."""
    counts = await session.fetchrow(
        _WRITE,
        [r.payment_id for r in settled],
        [r.payer for r in settled],
        [r.store.id for r in settled],
        [r.store.merchant_id for r in settled],
        [r.order_id for r in settled],
        [(Level.B if r.order_id else Level.D).value for r in settled],
        [r.amount.minor for r in settled],
        [r.movement_id for r in settled],
        [r.held_until for r in settled],
        CNY.code,
        settled[0].at,
    )
    with_order = sum(r.order_id is not None for r in settled)
    assert counts is not None
    assert tuple(counts) == (len(settled), with_order), "an order was not ours to settle"
