"""Calling out to the card switch, between transactions: the first time, and what follows.

Each function writes, commits, calls out, and writes again. A process may die between any two of
these: what it left is due when its lease ends, and the resolver goes on from what is written.
"""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from tael.codecs.iso8583_messages import ResponseCode
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.sealed import Sealer
from tael.rails import messages, queries
from tael.rails.card_switch import CardSwitch, NeverSent, NoAnswer
from tael.rails.operations import Operation, OperationId
from tael.rails.rules import (
    ANSWER_MARGIN,
    FINAL_WITHIN,
    Answered,
    Finding,
    Found,
    GivenUp,
    NeverSeen,
    NotSent,
    ReversalAnswered,
    Step,
    Unanswered,
    next_step,
    step_after_never_seen,
)
from tael.rails.service import Leased, claim, fresh_stan, lease_due, note, start_reversal

RESOLVE_BATCH: Final = 50
"""How many operations one round of the resolver takes on at once."""

CALLS_PER_ROUND: Final = 3
"""An inquiry, then a repeat or a reversal: a lease covers them all."""

_log = structlog.get_logger(__name__)


async def perform(
    database: Database, switch: CardSwitch, operation_id: OperationId, *, sealer: Sealer
) -> Operation:
    """Ask the switch for an operation that was begun and committed; returns how far it came.

    Asks at most once, however often it is called; what could not leave the house, and is not
    given up for it, it tries again. An operation that stays open here is finished by the
    resolver, which tells with `rails.operation_finished.v1`.
    """
    async with database.write() as session:
        leased = await claim(session, operation_id, sealer=sealer, lease=_lease(switch))
        if leased is None:
            return await queries.operation(session, operation_id)
    finding = await _pay(switch, leased)
    async with database.write() as session:
        return await note(session, operation_id, finding)


async def resolve(database: Database, switch: CardSwitch, *, sealer: Sealer) -> int:
    """Take one step with each operation that is due; returns how many there were."""
    async with database.write() as session:
        due = await lease_due(
            session, sealer=sealer, lease=CALLS_PER_ROUND * _lease(switch), limit=RESOLVE_BATCH
        )
    await asyncio.gather(*(_go_on(database, switch, leased, sealer) for leased in due))
    return len(due)


async def _go_on(database: Database, switch: CardSwitch, leased: Leased, sealer: Sealer) -> None:
    operation = leased.operation
    step: Step | None = next_step(operation.kind, operation.state, attempts=operation.attempts)
    finding: Finding = GivenUp()
    if machine_now() - operation.began_at > FINAL_WITHIN:
        _log.warning("rails.overdue", operation=str(operation.id), state=operation.state)
    if step is Step.INQUIRE:
        finding = await _inquire(database, switch, leased)
        if isinstance(finding, NeverSeen):
            step = step_after_never_seen(
                operation.kind, began_at=operation.began_at, now=machine_now()
            )
    if step is Step.SEND:
        await perform(database, switch, operation.id, sealer=sealer)
        return
    if step is Step.REPEAT:
        finding = await _pay(switch, leased)
    elif step is Step.REVERSE:
        await _reverse(database, switch, leased)
        return
    elif step is None:
        _log.error("rails.needs_a_person", operation=str(operation.id), kind=operation.kind)
    async with database.write() as session:
        await note(session, operation.id, finding)


async def _pay(switch: CardSwitch, leased: Leased) -> Finding:
    try:
        response = await switch.pay(messages.financial(leased.operation, leased.pan))
    except NeverSent:
        return NotSent()
    except NoAnswer:
        return Unanswered()
    return Answered(response.code, response.approval)


async def _inquire(database: Database, switch: CardSwitch, leased: Leased) -> Finding:
    async with database.write() as session:
        stan = await fresh_stan(session)
    question = messages.inquiry(leased.operation, leased.pan, stan=stan, now=machine_now())
    try:
        response = await switch.inquire(question)
    except (NeverSent, NoAnswer):
        return Unanswered()
    if response.outcome is not None:
        return Found(response.outcome.code, reversed=response.outcome.reversed)
    return NeverSeen() if response.code is ResponseCode.NOT_FOUND else Unanswered()


async def _reverse(database: Database, switch: CardSwitch, leased: Leased) -> None:
    """Store, then forward: the decision to undo is committed before its message leaves."""
    operation: Operation | None = leased.operation
    assert operation is not None
    if operation.reversal_stan is None:
        async with database.write() as session:
            operation = await start_reversal(session, operation.id)
    if operation is None:
        return
    finding: Finding
    try:
        response = await switch.undo(messages.reversal(operation, leased.pan))
    except (NeverSent, NoAnswer):
        finding = Unanswered()
    else:
        finding = ReversalAnswered(response.code)
    async with database.write() as session:
        await note(session, operation.id, finding)


def _lease(switch: CardSwitch) -> timedelta:
    return timedelta(seconds=switch.timeout_s) + ANSWER_MARGIN
