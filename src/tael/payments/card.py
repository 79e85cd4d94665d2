"""Pay a store from a bound card: intent, the card switch's answer, completion.

`begin_card_payment` reserves the order, counts the limit and writes the intent; after the
commit `perform_card_payment` asks the switch. The end is `finish_card_payment`, which the
request calls that waited, and the subscriber that heard of the operation: it takes effect once,
under the locks of order and payment. Until then the payment is pending, and neither the order
nor the same amount to the same store can be paid a second time.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from tael import customers, identity, instruments, ledger, merchants, rails
from tael.kernel import outbox
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.kernel.sealed import Sealer
from tael.payments.after_sale_errors import HoldNeedsBalance
from tael.payments.errors import SamePaymentPending
from tael.payments.events import PaymentDeclined, PaymentSettled
from tael.payments.orders import lock_orders
from tael.payments.receipts import Receipt, receipt_of
from tael.payments.records import COLUMNS
from tael.payments.rules import Order, OrderId, PaymentId
from tael.payments.states import Capture, FundingKind, Level, OrderState, PaymentState
from tael.payments.targets import payment_terms, pending_alike, refuses_target

_NO_REASON: Final = "reversed"
"""What stands for a response code where the switch's yes was undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PayByCard:
    """One payment from a bound card: for an order, or by a printed code without one."""

    payment_id: PaymentId
    movement_id: ledger.MovementId
    store_id: merchants.StoreId
    order_id: OrderId | None
    amount: Money
    card_id: instruments.CardId
    authorisation: identity.AuthorisationId
    bearer: identity.Bearer


async def begin_card_payment(
    session: WriteSession, command: PayByCard, *, sealer: Sealer, now: datetime
) -> PaymentId:
    """Reserve the order and write the intent; `perform_card_payment` follows the commit.

    Refuses what `pay` refuses, save what it says of the balance and its limits; further
    `instruments.card_unknown`, `payments.same_payment_pending`, and with
    `payments.hold_needs_balance` an order whose amount is to be set aside. Codes have daily
    caps for cards, apart from the balance's.
    """
    payer = command.bearer.customer_id
    order = await _lock_order(session, command.order_id)
    store = (await merchants.stores(session, [command.store_id])).get(command.store_id)
    card = await instruments.take_card(session, payer, command.card_id, instruments.CardUse.PAY)
    terms = payment_terms(command.store_id, command.order_id, command.amount)
    grants = await identity.lock_authorisations(
        session, [command.authorisation], machine_now=machine_now()
    )
    use = await customers.lock_limit_use(session, [payer], now=now)

    refusal = (
        refuses_target(command, store, order, now)
        or _refuses_holding(order)
        or grants.refuses(command.authorisation, terms, command.bearer)
        or use.refuses(payer, _act(command.order_id), command.amount)
    )
    if refusal is not None:
        raise refusal
    if (payer, command.store_id, command.amount.minor) in await pending_alike(session, [payer]):
        raise SamePaymentPending

    assert store is not None
    use.add(payer, _act(command.order_id), command.amount)
    grants.use(command.authorisation)
    intent = rails.Intent(
        kind=rails.OperationKind.PAYMENT,
        pan=await instruments.pan(session, card, sealer=sealer),
        amount=command.amount,
        reference=command.payment_id,
        instrument=card.id,
        holder=payer,
        acceptor=store.name,
        mcc=store.mcc,
    )
    operation = await rails.begin(session, intent, sealer=sealer)
    await customers.write_limit_use(session, use)
    await identity.write_authorisations(session, grants)
    await _write_pending(session, command, store, operation, now)
    return command.payment_id


async def perform_card_payment(
    database: Database, switch: rails.CardSwitch, payment_id: PaymentId, *, sealer: Sealer
) -> Receipt:
    """Ask the card switch for a payment that was begun and committed; what came of it.

    Safe to call again: the switch is asked once. The receipt may be pending.
    """
    async with database.read() as session:
        operation_id = await session.fetchval(
            "SELECT operation_id FROM payments_payments WHERE id = $1", payment_id
        )
    operation = await rails.perform(database, switch, operation_id, sealer=sealer)
    async with database.write() as session:
        return await finish_card_payment(session, operation, now=await business_now(session))


async def finish_card_payment(
    session: WriteSession, operation: rails.Operation, *, now: datetime
) -> Receipt:
    """Post the payment, or free its order, when the operation is final; else leave it pending.

    Takes effect once, however often it is called.
    """
    payment_id = PaymentId(operation.reference)
    order_id = await session.fetchval(
        "SELECT order_id FROM payments_payments WHERE id = $1", payment_id
    )
    order = await _lock_order(session, order_id)
    row = await session.fetchrow(
        f"{COLUMNS} WHERE id = $1 FOR NO KEY UPDATE",
        payment_id,
    )
    assert row is not None, "payments are never removed"
    stores = await merchants.stores(session, [row["store_id"]])
    pending = receipt_of(row, stores[row["store_id"]], now)
    if pending.state is not PaymentState.PENDING or not operation.is_final:
        return replace(pending, final_by=operation.final_by)
    if operation.state is rails.OperationState.APPROVED:
        movement = ledger.MovementId(row["movement_id"])
        return await _settle(session, pending, order, movement, now)
    code = operation.response_code
    if operation.state is rails.OperationState.REVERSED or code is None:
        code = _NO_REASON
    return await _decline(session, pending, code, now)


async def _settle(
    session: WriteSession,
    pending: Receipt,
    order: Order | None,
    movement_id: ledger.MovementId,
    now: datetime,
) -> Receipt:
    store = pending.store
    payer = (await customers.by_ids(session, [pending.payer]))[pending.payer]
    accounts = [ledger.CARD_CLEARING, payer.account_number, store.account]
    book = await ledger.lock(session, accounts, now=now)
    book.post(
        ledger.Movement(
            id=movement_id,
            kind=ledger.MovementKind.PAYMENT,
            # Through the payer's account, whose history then shows what the card paid.
            postings=(
                ledger.Posting(ledger.CARD_CLEARING, payer.account_number, pending.amount),
                ledger.Posting(payer.account_number, store.account, pending.amount),
            ),
            reference=pending.payment_id,
            payer_label=payer.label,
            payee_label=store.label,
            memo=order.description if order else "",
            at=now,
        )
    )
    await ledger.write(session, book)
    await session.execute(
        "UPDATE payments_payments SET state = 'succeeded', settled_at = $2 WHERE id = $1",
        pending.payment_id,
        now,
    )
    if order is not None:
        tag = await session.execute(
            """
            UPDATE payments_orders
            SET state = 'paid', paid_at = $3
            WHERE id = $1
              AND payment_id = $2
              AND state = 'paying'
            """,
            order.id,
            pending.payment_id,
            now,
        )
        assert tag == "UPDATE 1", "a reserved order waits for its payment"
    settled = replace(
        pending, state=PaymentState.SUCCEEDED, movement_id=movement_id, taken=pending.amount
    )
    await outbox.emit(
        session,
        PaymentSettled(
            payment=settled.payment_id,
            movement=movement_id,
            payer=settled.payer,
            payer_label=payer.label,
            merchant=store.merchant_id,
            merchant_owner=store.owner_id,
            store=store.id,
            order=settled.order_id,
            amount=settled.amount,
            funding=settled.funding.value,
            at=now,
        ),
    )
    return settled


async def _decline(session: WriteSession, pending: Receipt, code: str, now: datetime) -> Receipt:
    """Free the order and give the limit back: nothing was paid."""
    use = await customers.lock_limit_use(session, [pending.payer], now=now)
    use.give_back(pending.payer, _act(pending.order_id), pending.amount, pending.at)
    await customers.write_limit_use(session, use)
    await session.execute(
        "UPDATE payments_payments SET state = 'declined', decline_code = $2 WHERE id = $1",
        pending.payment_id,
        code,
    )
    if pending.order_id is not None:
        tag = await session.execute(
            """
            UPDATE payments_orders
            SET state = 'open', payment_id = NULL
            WHERE id = $1
              AND payment_id = $2
              AND state = 'paying'
            """,
            pending.order_id,
            pending.payment_id,
        )
        assert tag == "UPDATE 1", "a reserved order waits for its payment"
    await outbox.emit(
        session,
        PaymentDeclined(
            payment=pending.payment_id,
            payer=pending.payer,
            store=pending.store.id,
            order=pending.order_id,
            amount=pending.amount,
            at=now,
        ),
    )
    return replace(pending, state=PaymentState.DECLINED, decline_code=code)


async def _write_pending(
    session: WriteSession,
    command: PayByCard,
    store: merchants.Store,
    operation: rails.Operation,
    now: datetime,
) -> None:
    await session.execute(
        """
        INSERT INTO payments_payments
            (id, payer_id, store_id, merchant_id, order_id, level, funding, card_id,
             operation_id, amount_minor, currency, state, movement_id, final_by, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        command.payment_id,
        command.bearer.customer_id,
        store.id,
        store.merchant_id,
        command.order_id,
        (Level.B if command.order_id else Level.D).value,
        FundingKind.CARD.value,
        command.card_id,
        operation.id,
        command.amount.minor,
        command.amount.currency.code,
        PaymentState.PENDING.value,
        command.movement_id,
        operation.final_by,
        now,
    )
    if command.order_id is not None:
        await session.execute(
            "UPDATE payments_orders SET state = $3, payment_id = $2 WHERE id = $1",
            command.order_id,
            command.payment_id,
            OrderState.PAYING.value,
        )


async def _lock_order(session: WriteSession, order_id: OrderId | None) -> Order | None:
    if order_id is None:
        return None
    return (await lock_orders(session, [order_id])).get(order_id)


def _refuses_holding(order: Order | None) -> Refusal | None:
    by_hand = order is not None and order.capture is Capture.MANUAL
    return HoldNeedsBalance() if by_hand else None


def _act(order_id: OrderId | None) -> customers.SpendAct:
    """How it counts: not against the wallet's limits, but printed codes have a cap for cards."""
    return customers.SpendAct.CARD_PAYMENT if order_id else customers.SpendAct.STATIC_CARD_PAYMENT
