"""Standing orders: transfers that a customer authorises now, for later days.

The PIN is entered once, for payee, amount and every day of the timetable. Each run is an
ordinary transfer of that day: with the limits, the freeze and the balance of that day. It is
recorded under the order and its day, so a day is never run twice.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NewType
from uuid import UUID

from tael import customers, identity, ledger
from tael.kernel.clock import business_day, machine_now
from tael.kernel.currencies import currency
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.ids import wire
from tael.kernel.money import Money
from tael.transfers.errors import PayeeNotFound, SelfTransfer
from tael.transfers.payees import Payee
from tael.transfers.rules import TransferId
from tael.transfers.standing_errors import (
    StandingOrderEnded,
    StandingOrderNotFound,
    StandingOrdersFull,
)
from tael.transfers.standing_rules import Timetable, refuses_timetable
from tael.transfers.standing_states import Every, RunState, StandingState

StandingOrderId = NewType("StandingOrderId", UUID)

ORDERS_MAX: Final = 50
"""The most active orders of one wallet."""
SHOWN_MAX: Final = 100
RUNS_SHOWN: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStandingOrder:
    """What is to be sent, to whom and when. `memo` is clean."""

    id: StandingOrderId
    payee: UUID
    amount: Money
    memo: str
    timetable: Timetable
    authorisation: identity.AuthorisationId
    bearer: identity.Bearer

    @property
    def terms(self) -> identity.AuthorisationTerms:
        """What the payer must have authorised, to the letter: the days included."""
        return standing_terms(self.payee, self.amount, self.timetable)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRun:
    """How one day ended."""

    due_on: date
    state: RunState
    transfer_id: TransferId | None
    movement_id: ledger.MovementId | None
    refusal: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingOrder:
    """A standing order as its owner sees it; the payee masked."""

    id: StandingOrderId
    payee: Payee
    amount: Money
    memo: str
    timetable: Timetable
    state: StandingState
    next_on: date | None
    created_at: datetime
    runs: tuple[StandingRun, ...]
    """The newest first; in lists the newest only."""


def standing_terms(payee: UUID, amount: Money, timetable: Timetable) -> identity.AuthorisationTerms:
    """What an authorisation of a standing order covers."""
    return identity.AuthorisationTerms(
        purpose="standing_order", payee=wire("cus", payee), amount=amount, order=timetable.text()
    )


async def make_standing_order(
    session: WriteSession, new: NewStandingOrder, *, now: datetime
) -> StandingOrder:
    """Take a standing order; nothing moves before its first day.

    Refuses `identity.authorisation_invalid`, `customers.wallet_frozen`,
    `customers.wallet_closed`, `transfers.self_transfer`, `transfers.payee_not_found`,
    `transfers.standing_days_invalid`, `transfers.standing_orders_full`. Whether a day's amount
    passes the limits is decided on that day.
    """
    payer = new.bearer.customer_id
    if payer == new.payee:
        raise SelfTransfer
    refusal = refuses_timetable(new.timetable, business_day(now))
    if refusal is not None:
        raise refusal
    await identity.use_authorisation(
        session, new.authorisation, new.terms, new.bearer, machine_now=machine_now()
    )
    # The wallet's lock orders this with its closing, and with the orders before this one.
    use = await customers.lock_limit_use(session, [payer], now=now)
    status = use.wallet(payer).status
    if status is customers.WalletStatus.FROZEN:
        raise customers.errors.WalletFrozen
    if status is customers.WalletStatus.CLOSED:
        raise customers.errors.WalletClosed
    payee = (await customers.by_ids(session, [new.payee])).get(new.payee)
    if payee is None or payee.status is customers.WalletStatus.CLOSED:
        raise PayeeNotFound
    active: int = await session.fetchval(
        """
        SELECT count(*)
        FROM transfers_standing_orders
        WHERE payer_id = $1 AND state = 'active'
        """,
        payer,
    )
    if active >= ORDERS_MAX:
        raise StandingOrdersFull(most=ORDERS_MAX)
    await session.execute(
        """
        INSERT INTO transfers_standing_orders
            (id, payer_id, payee_id, amount_minor, currency, memo, every, first_on, last_on,
             state, next_on, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $8, $10)
        """,
        new.id,
        payer,
        new.payee,
        new.amount.minor,
        new.amount.currency.code,
        new.memo,
        new.timetable.every.value,
        new.timetable.first_on,
        new.timetable.last_on,
        now,
    )
    return await standing_order(session, payer, new.id)


async def cancel_standing_order(
    session: WriteSession, payer: UUID, order_id: StandingOrderId, *, now: datetime
) -> StandingOrder:
    """Stop an order for good; what it sent stays sent.

    Refuses `transfers.standing_order_not_found`, `transfers.standing_order_ended`.
    """
    state = await session.fetchval(
        """
        SELECT state
        FROM transfers_standing_orders
        WHERE id = $1 AND payer_id = $2
        FOR NO KEY UPDATE
        """,
        order_id,
        payer,
    )
    if state is None:
        raise StandingOrderNotFound
    if state != StandingState.ACTIVE:
        raise StandingOrderEnded(state=state)
    await session.execute(
        """
        UPDATE transfers_standing_orders
        SET state = 'cancelled', next_on = NULL, retry_at = NULL, ended_at = $2
        WHERE id = $1
        """,
        order_id,
        now,
    )
    return await standing_order(session, payer, order_id)


async def end_standing_orders_of(session: WriteSession, customer: UUID, *, now: datetime) -> None:
    """End every order from or to a wallet that was closed."""
    await session.execute(
        """
        UPDATE transfers_standing_orders
        SET state = 'ended', next_on = NULL, retry_at = NULL, ended_at = $2
        WHERE state = 'active' AND (payer_id = $1 OR payee_id = $1)
        """,
        customer,
        now,
    )


_COLUMNS: Final = """
    o.id, o.payee_id, o.amount_minor, o.currency, o.memo, o.every, o.first_on, o.last_on,
    o.state, o.next_on, o.created_at
"""


async def standing_order(
    session: ReadSession, payer: UUID, order_id: StandingOrderId
) -> StandingOrder:
    """One of the payer's own, with its runs; refuses `transfers.standing_order_not_found`."""
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM transfers_standing_orders AS o
        WHERE o.id = $1 AND o.payer_id = $2
        """,  # noqa: S608 - a constant list of columns
        order_id,
        payer,
    )
    if row is None:
        raise StandingOrderNotFound
    runs = await session.fetch(
        """
        SELECT due_on, state, transfer_id, movement_id, refusal, at
        FROM transfers_standing_runs
        WHERE order_id = $1
        ORDER BY due_on DESC
        LIMIT $2
        """,
        order_id,
        RUNS_SHOWN,
    )
    [order] = await _orders(session, [row], {order_id: runs})
    return order


async def standing_orders(session: ReadSession, payer: UUID) -> list[StandingOrder]:
    """The payer's orders, active ones first, then the newest; each with its newest run."""
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM transfers_standing_orders AS o
        WHERE o.payer_id = $1
        ORDER BY (o.state = 'active') DESC, o.next_on, o.created_at DESC
        LIMIT $2
        """,  # noqa: S608 - a constant list of columns
        payer,
        SHOWN_MAX,
    )
    runs = await session.fetch(
        """
        SELECT DISTINCT ON (order_id) order_id, due_on, state, transfer_id, movement_id, refusal,
               at
        FROM transfers_standing_runs
        WHERE order_id = ANY($1::uuid[])
        ORDER BY order_id, due_on DESC
        """,
        [row["id"] for row in rows],
    )
    return await _orders(session, rows, {row["order_id"]: [row] for row in runs})


async def _orders(
    session: ReadSession, rows: list[Row], runs: dict[UUID, list[Row]]
) -> list[StandingOrder]:
    wallets = await customers.by_ids(session, {row["payee_id"] for row in rows})
    return [
        StandingOrder(
            id=StandingOrderId(row["id"]),
            payee=Payee.of(wallets[row["payee_id"]]),
            amount=Money(row["amount_minor"], currency(row["currency"])),
            memo=row["memo"],
            timetable=Timetable(Every(row["every"]), row["first_on"], row["last_on"]),
            state=StandingState(row["state"]),
            next_on=row["next_on"],
            created_at=row["created_at"],
            runs=tuple(_run(run) for run in runs.get(row["id"], [])),
        )
        for row in rows
    ]


def _run(row: Row) -> StandingRun:
    return StandingRun(
        due_on=row["due_on"],
        state=RunState(row["state"]),
        transfer_id=row["transfer_id"] and TransferId(row["transfer_id"]),
        movement_id=row["movement_id"] and ledger.MovementId(row["movement_id"]),
        refusal=row["refusal"],
        at=row["at"],
    )
