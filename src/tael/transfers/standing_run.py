"""Run standing orders on their days: a set of them in one transaction, each day once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from tael import identity, ledger
from tael.kernel import ids, outbox
from tael.kernel.currencies import currency
from tael.kernel.database import WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.transfers.errors import PayeeNotFound
from tael.transfers.events import StandingOrderRan
from tael.transfers.rules import TransferId
from tael.transfers.send import Outcome, Send, TransferReceipt, send
from tael.transfers.standing import StandingOrderId
from tael.transfers.standing_rules import TRY_AGAIN_AFTER, Timetable, due_day, gives_up
from tael.transfers.standing_states import Every, RunState, StandingState

RUN_BATCH: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A day of an order that is to be run."""

    order_id: StandingOrderId
    payer: UUID
    payee: UUID
    amount: Money
    memo: str
    timetable: Timetable
    due_on: date


@dataclass(frozen=True, slots=True)
class _End:
    """How a day ended, or that it is to be tried again."""

    due: _Due
    sent: TransferReceipt | None
    refusal: Refusal | None
    is_over: bool


async def run_due(session: WriteSession, *, now: datetime) -> int:
    """Run one day each of the orders that are due longest; returns how many were tried.

    Days that were missed are run one after the other, in order. A refused run is tried again
    each hour until its day is over, then recorded as failed; the next day is another chance.
    """
    due = await _lock_due(session, now)
    if not due:
        return 0
    outcomes = await send(session, [_command(each) for each in due], now)
    ends = [_end(each, outcome, now) for each, outcome in zip(due, outcomes, strict=True)]
    await _record(session, [end for end in ends if end.is_over], now)
    await _postpone(session, [end.due.order_id for end in ends if not end.is_over], now)
    await outbox.emit(session, *[_event(end, now) for end in ends if end.is_over])
    return len(due)


def _end(due: _Due, outcome: Outcome, now: datetime) -> _End:
    if isinstance(outcome, TransferReceipt):
        return _End(due, outcome, None, is_over=True)
    # Who has no wallet any more will not have one in an hour.
    over = gives_up(due.due_on, now) or isinstance(outcome, PayeeNotFound)
    return _End(due, None, outcome, is_over=over)


def _command(due: _Due) -> Send:
    return Send(
        transfer_id=TransferId(ids.new_id()),
        movement_id=ledger.MovementId(ids.new_id()),
        payee=due.payee,
        amount=due.amount,
        memo=due.memo,
        receive_code=None,
        # The order is locked here; it was authorised with the PIN when it was made.
        authorisation=None,
        bearer=identity.Bearer(due.payer, due.order_id),
    )


async def _lock_due(session: WriteSession, now: datetime) -> list[_Due]:
    rows = await session.fetch(
        """
        SELECT id, payer_id, payee_id, amount_minor, currency, memo, every, first_on, last_on,
               next_on
        FROM transfers_standing_orders
        WHERE state = 'active'
          AND next_on <= $1
          AND (retry_at IS NULL OR retry_at <= $2)
        ORDER BY next_on, id
        LIMIT $3
        FOR NO KEY UPDATE SKIP LOCKED
        """,
        due_day(now),
        now,
        RUN_BATCH,
    )
    return [
        _Due(
            order_id=StandingOrderId(row["id"]),
            payer=row["payer_id"],
            payee=row["payee_id"],
            amount=Money(row["amount_minor"], currency(row["currency"])),
            memo=row["memo"],
            timetable=Timetable(Every(row["every"]), row["first_on"], row["last_on"]),
            due_on=row["next_on"],
        )
        for row in rows
    ]


async def _record(session: WriteSession, ends: Sequence[_End], now: datetime) -> None:
    """Write how days ended, and move their orders on to the next day or to their end."""
    if not ends:
        return
    following = [end.due.timetable.following(end.due.due_on) for end in ends]
    gone = [isinstance(end.refusal, PayeeNotFound) for end in ends]
    states = [
        StandingState.ENDED if ended else StandingState.ACTIVE if day else StandingState.FINISHED
        for day, ended in zip(following, gone, strict=True)
    ]
    tag = await session.execute(
        """
        WITH ended AS (
            SELECT *
            FROM unnest($1::uuid[], $2::date[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
                        $7::date[])
                AS n (order_id, due_on, transfer_id, movement_id, refusal, state, next_on)
        ), runs AS (
            INSERT INTO transfers_standing_runs
                (order_id, due_on, state, transfer_id, movement_id, refusal, at)
            SELECT order_id, due_on, CASE WHEN transfer_id IS NULL THEN 'failed' ELSE 'sent' END,
                   transfer_id, movement_id, refusal, $8::timestamptz
            FROM ended
        )
        UPDATE transfers_standing_orders AS o
        SET state = ended.state,
            next_on = CASE WHEN ended.state = 'active' THEN ended.next_on END,
            retry_at = NULL,
            ended_at = CASE WHEN ended.state <> 'active' THEN $8::timestamptz END
        FROM ended
        WHERE o.id = ended.order_id
        """,
        [end.due.order_id for end in ends],
        [end.due.due_on for end in ends],
        [end.sent.transfer_id if end.sent else None for end in ends],
        [end.sent.movement_id if end.sent else None for end in ends],
        [end.refusal.code if end.refusal else None for end in ends],
        [state.value for state in states],
        following,
        now,
    )
    assert tag == f"UPDATE {len(ends)}", "the orders are under our lock"


async def _postpone(
    session: WriteSession, orders: Sequence[StandingOrderId], now: datetime
) -> None:
    if orders:
        await session.execute(
            "UPDATE transfers_standing_orders SET retry_at = $2 WHERE id = ANY($1::uuid[])",
            list(orders),
            now + TRY_AGAIN_AFTER,
        )


def _event(end: _End, now: datetime) -> StandingOrderRan:
    return StandingOrderRan(
        order=end.due.order_id,
        due_on=end.due.due_on.isoformat(),
        state=(RunState.SENT if end.sent else RunState.FAILED).value,
        payer=end.due.payer,
        amount=end.due.amount,
        movement=end.sent.movement_id if end.sent else None,
        refusal=end.refusal.code if end.refusal else None,
        at=now,
    )
