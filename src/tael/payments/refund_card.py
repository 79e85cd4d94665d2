"""Refunds to cards after the commit: what the card's bank answered, and where the money went.

The bank is told by an advice that is forwarded until it is answered. Should it refuse (the card
may be closed by then), the money goes to the payer's wallet instead: the shop gave it already.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from tael import customers, ledger, merchants, rails
from tael.kernel import outbox
from tael.kernel.clock import business_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.sealed import Sealer
from tael.payments.after_sale_states import RefundDestination, RefundState
from tael.payments.records import lock_payments
from tael.payments.refund import refund_movement, refunded_event, wallet_account
from tael.payments.refunds import COLUMNS, Refund, refund_by_id, refund_of
from tael.payments.rules import Payment, RefundId

_LOCKED: Final = f"{COLUMNS} WHERE id = $1 FOR NO KEY UPDATE"


async def perform_refund(
    database: Database, switch: rails.CardSwitch, refund_id: RefundId, *, sealer: Sealer
) -> Refund:
    """Tell the card's bank of a refund that was begun and committed; what came of it.

    Safe to call again. One that needs no bank is returned as it stands; the refund may be
    pending.
    """
    async with database.read() as session:
        begun = await refund_by_id(session, refund_id)
    if begun.state is not RefundState.PENDING:
        return begun
    assert begun.operation_id is not None
    operation = await rails.perform(database, switch, begun.operation_id, sealer=sealer)
    async with database.write() as session:
        return await finish_refund(session, operation, now=await business_now(session))


async def finish_refund(
    session: WriteSession, operation: rails.Operation, *, now: datetime
) -> Refund:
    """Post the refund when the operation is final; else leave it pending.

    Takes effect once, however often it is called.
    """
    refund_id = RefundId(operation.reference)
    payment_id = await session.fetchval(
        "SELECT payment_id FROM payments_refunds WHERE id = $1", refund_id
    )
    payment = (await lock_payments(session, [payment_id]))[payment_id]
    row = await session.fetchrow(_LOCKED, refund_id)
    assert row is not None, "refunds are never removed"
    begun = replace(refund_of(row), final_by=operation.final_by)
    if begun.state is not RefundState.PENDING or not operation.is_final:
        return begun
    movement_id = ledger.MovementId(row["movement_id"])
    return await _settle(session, begun, payment, movement_id, operation, now)


async def _settle(
    session: WriteSession,
    begun: Refund,
    payment: Payment,
    movement_id: ledger.MovementId,
    operation: rails.Operation,
    now: datetime,
) -> Refund:
    store = (await merchants.stores(session, [payment.store_id]))[payment.store_id]
    use = await customers.lock_limit_use(session, [payment.payer_id], now=now)
    payer = use.wallet(payment.payer_id)
    account = wallet_account(payer)
    hold = ledger.HoldId(begun.id)
    book = await ledger.lock(
        session, [store.account, account, ledger.CARD_CLEARING], now=now, holds=[hold]
    )
    postings = [ledger.Posting(store.account, account, begun.amount)]
    destination = _destination(operation, account)
    if destination is RefundDestination.CARD:
        # Through the payer's account, whose history then shows what came back.
        postings.append(ledger.Posting(account, ledger.CARD_CLEARING, begun.amount))
    labels = (store.label, payer.label)
    book.capture(
        hold,
        None,
        refund_movement(begun.id, movement_id, postings, labels, begun.reason, now),
        final=True,
    )
    await ledger.write(session, book)
    settled = replace(
        begun,
        state=RefundState.SUCCEEDED,
        destination=destination,
        movement_id=movement_id,
        final_by=None,
        finished_at=now,
    )
    tag = await session.execute(
        """
        UPDATE payments_refunds
        SET state = 'succeeded', destination = $2, response_code = $3, finished_at = $4
        WHERE id = $1
          AND state = 'pending'
        """,
        settled.id,
        destination.value,
        operation.response_code,
        now,
    )
    assert tag == "UPDATE 1", "a refund arrives once"
    await outbox.emit(session, refunded_event(settled, payment, store))
    return settled


def _destination(operation: rails.Operation, account: ledger.AccountNumber) -> RefundDestination:
    if operation.state is rails.OperationState.APPROVED:
        return RefundDestination.CARD
    unclaimed = account == ledger.SUSPENSE
    return RefundDestination.SUSPENSE if unclaimed else RefundDestination.BALANCE
