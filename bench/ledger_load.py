"""Movements a second through the committer, with all that a payment brings along.

Each movement counts against its payer's limits, emits an event and keeps its reply under an
idempotency key, in the transaction of its set: composed as the HTTP edge composes a payment.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

import orjson
from asyncpg.pgproto import pgproto
from bench.population import Population

from tael import customers, ledger
from tael.http.batching import Batched
from tael.kernel import ids, outbox
from tael.kernel.committer import BULK_MAX
from tael.kernel.database import Database, WriteSession
from tael.kernel.idempotency import Key, Reply
from tael.kernel.money import CNY, Money
from tael.kernel.refusals import Refusal

WARM_UP_S = 1.0
CREATED = 201
AMOUNTS = [Money(minor, CNY) for minor in range(1, 101)]


class Pay(NamedTuple):
    """One payment from a customer's balance to a merchant's account."""

    payment: UUID
    payer: UUID
    payee: ledger.AccountNumber
    amount: Money


class Paid(NamedTuple):
    """What came of it."""

    payment: UUID
    movement: ledger.MovementId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidEvent(outbox.Event):
    """What others are told."""

    topic: ClassVar[str] = "bench.paid.v1"

    payment: UUID
    movement: UUID
    payer: UUID
    payer_label: str
    amount: Money
    at: datetime


async def pay(
    session: WriteSession, commands: Sequence[Pay], now: datetime
) -> Sequence[Paid | Refusal]:
    """Settle a set of payments: lock, decide in order, write, emit."""
    use = await customers.lock_limit_use(session, {c.payer for c in commands}, now=now)
    numbers = {c.payee for c in commands}
    numbers.update(wallet.account_number for wallet in use.wallets())
    book = await ledger.lock(session, numbers, now=now)
    events: list[outbox.Event] = []
    outcomes = [_settle(command, use, book, events, now) for command in commands]
    await session.behind(_write(session, book, use))
    await session.behind(outbox.emit(session, *events))
    return outcomes


async def _write(session: WriteSession, book: ledger.Book, use: customers.LimitUse) -> None:
    await ledger.write(session, book)
    await customers.write_limit_use(session, use)


def _settle(
    command: Pay,
    use: customers.LimitUse,
    book: ledger.Book,
    events: list[outbox.Event],
    now: datetime,
) -> Paid | Refusal:
    payer = use.wallet(command.payer)
    refusal = use.refuses(
        command.payer, customers.SpendAct.PAYMENT, command.amount
    ) or book.refuses_debit(payer.account_number, command.amount)
    if refusal:
        return refusal
    movement = ledger.MovementId(ids.new_id())
    book.post(
        ledger.Movement(
            id=movement,
            kind=ledger.MovementKind.PAYMENT,
            postings=(ledger.Posting(payer.account_number, command.payee, command.amount),),
            reference=command.payment,
            payer_label=payer.label,
            payee_label="示例面馆 Demo Noodles",
            memo="牛肉面",
            at=now,
        )
    )
    use.add(command.payer, customers.SpendAct.PAYMENT, command.amount)
    events.append(
        PaidEvent(
            payment=command.payment,
            movement=movement,
            payer=command.payer,
            payer_label=payer.label,
            amount=command.amount,
            at=now,
        )
    )
    return Paid(command.payment, movement, command.amount)


def present(paid: Paid) -> bytes:
    """The reply that is kept."""
    return orjson.dumps(
        {
            "payment": ids.wire("pay", paid.payment),
            "movement": ids.wire("mov", paid.movement),
            "state": "succeeded",
            "amount": {"value": paid.amount.minor, "currency": paid.amount.currency.code},
        }
    )


async def one_p99_ms(database: Database, people: Population, *, seconds: float) -> float:
    """The 99th centile of a set of one, with nobody else there."""
    batched = Batched(database, pay, present, name="bench")
    took: list[float] = []
    end = time.perf_counter() + seconds
    while (at := time.perf_counter()) < end:
        key = Key(ids.new_id(), pgproto.UUID(os.urandom(16)), b"\0" * 32)
        await batched.submit(key, _a_payment(people, people.merchants), request_id=None)
        took.append((time.perf_counter() - at) * 1000)
    await batched.close()
    return statistics.quantiles(took, n=100)[98]


async def bulk_a_second(
    database: Database, people: Population, *, hot: bool, seconds: float
) -> float:
    """One caller who hands over eight thousand movements at once, again and again."""
    batched = Batched(database, pay, present, name="bench")
    payees = people.merchants[:1] if hot else people.merchants
    counted = 0
    begin = 0.0
    end = time.perf_counter() + WARM_UP_S + seconds
    while (at := time.perf_counter()) < end:
        if not begin and at > end - seconds:
            begin, counted = at, 0
        scope = ids.new_id()
        requests = [
            (Key(scope, pgproto.UUID(os.urandom(16)), b"\0" * 32), _a_payment(people, payees))
            for _ in range(BULK_MAX)
        ]
        replies = await batched.submit_many(requests, request_id=None)
        assert all(isinstance(reply, Reply) and reply.status == CREATED for reply in replies)
        counted += len(replies)
    took = time.perf_counter() - (begin or end - seconds)
    await batched.close()
    return counted / took


def _a_payment(people: Population, payees: Sequence[ledger.AccountNumber]) -> Pay:
    return Pay(
        ids.new_id(),
        people.customers[int(random.random() * len(people.customers))],
        payees[int(random.random() * len(payees))],
        AMOUNTS[int(random.random() * len(AMOUNTS))],
    )


async def movements_a_second(
    database: Database, people: Population, *, submitters: int, hot: bool, seconds: float
) -> float:
    """Submitters that each wait for an outcome before they ask again."""
    batched = Batched(database, pay, present, name="bench")
    payees = people.merchants[:1] if hot else people.merchants
    begin = time.perf_counter() + WARM_UP_S
    end = begin + seconds
    counted = 0

    async def submit() -> None:
        nonlocal counted
        scope = ids.new_id()
        while (at := time.perf_counter()) < end:
            command = _a_payment(people, payees)
            # As the edge makes them: 128 bits of a hash, in no order.
            key = Key(scope, pgproto.UUID(os.urandom(16)), b"\0" * 32)
            reply = await batched.submit(key, command, request_id=None)
            assert reply.status == CREATED, reply.body
            counted += begin <= at

    await asyncio.gather(*(submit() for _ in range(submitters)))
    took = time.perf_counter() - begin
    await batched.close()
    return counted / took
