"""Undo a movement that should not have been: its payment, if it made one, says so ever after."""

from datetime import datetime

from tael import customers, ledger
from tael.kernel import ids, outbox
from tael.kernel.database import WriteSession
from tael.payments.after_sale_errors import ReversalUnfit
from tael.payments.after_sale_events import PaymentUndone
from tael.payments.records import lock_payments
from tael.payments.rules import Payment, PaymentId, refuses_reversal
from tael.payments.states import Level


async def reverse_movement(
    session: WriteSession, movement: ledger.MovementId, *, reason: str, now: datetime
) -> ledger.MovementId:
    """Undo any movement by its opposite, once; returns the opposite's id.

    A payment whose movement this was is reversed with it: it cannot be refunded any more, and
    the payer's limits get back what it used. Refuses what `ledger.reverse` does,
    `payments.payment_reversed`, and with `payments.reversal_unfit` {why} what has a way of its
    own: what was refunded or is a refund, came from a card, or was held first.
    """
    seen = await ledger.posted_movement(session, movement)
    opposite = ledger.MovementId(ids.new_id())
    if seen.kind is ledger.MovementKind.REFUND:
        raise ReversalUnfit(why="refund")
    if seen.kind is not ledger.MovementKind.PAYMENT:
        await ledger.reverse(session, movement, opposite, memo=reason, now=now)
        return opposite
    payment_id = PaymentId(seen.reference)
    payment = (await lock_payments(session, [payment_id]))[payment_id]
    refusal = refuses_reversal(payment)
    if refusal is not None:
        raise refusal
    use = await customers.lock_limit_use(session, [payment.payer_id], now=now)
    use.give_back(payment.payer_id, _act(payment), payment.amount, payment.at)
    await ledger.reverse(session, movement, opposite, memo=reason, now=now)
    await customers.write_limit_use(session, use)
    tag = await session.execute(
        "UPDATE payments_payments SET state = 'reversed' WHERE id = $1 AND state = 'succeeded'",
        payment.id,
    )
    assert tag == "UPDATE 1", "a payment is undone once"
    await outbox.emit(
        session,
        PaymentUndone(
            payment=payment.id,
            movement=opposite,
            payer=payment.payer_id,
            store=payment.store_id,
            amount=payment.amount,
            at=now,
        ),
    )
    return opposite


def _act(payment: Payment) -> customers.SpendAct:
    static = payment.level is Level.D
    return customers.SpendAct.STATIC_PAYMENT if static else customers.SpendAct.PAYMENT
