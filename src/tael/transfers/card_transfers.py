"""What top-ups and withdrawals have in common: the command, the record, and the end.

Beginning is in `top_up.py` and `withdraw.py`. The end is here, once for both: it may be called
for the same operation any number of times, by the request that waited for it and by the
subscriber that heard of it, and takes effect once, under the record's lock.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from tael import customers, identity, instruments, ledger, rails
from tael.kernel import ids, outbox
from tael.kernel.clock import business_now, machine_now
from tael.kernel.currencies import currency
from tael.kernel.database import Database, ReadSession, Row, WriteSession
from tael.kernel.money import Money
from tael.kernel.sealed import Sealer
from tael.transfers.card_errors import AmountOutOfRange, CardTransferNotFound, SameAmountPending
from tael.transfers.card_events import CardTransferFinished
from tael.transfers.card_limits import card_limits_at
from tael.transfers.card_states import CardTransferKind, CardTransferState

CardTransferId = NewType("CardTransferId", UUID)

PENDING_MAX: Final = 50
"""The most that one look at what is pending shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTransferCommand:
    """Move this amount between the customer's wallet and this card."""

    card_id: instruments.CardId
    amount: Money
    authorisation: UUID
    bearer: identity.Bearer

    @property
    def customer_id(self) -> UUID:
        """Whose wallet and card."""
        return self.bearer.customer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTransfer:
    """A top-up or withdrawal as its customer sees it."""

    id: CardTransferId
    customer_id: UUID
    kind: CardTransferKind
    state: CardTransferState
    amount: Money
    card_id: instruments.CardId
    card_label: str
    operation_id: rails.OperationId
    hold_id: ledger.HoldId | None
    movement_id: ledger.MovementId | None
    response_code: str | None
    at: datetime


_COLUMNS: Final = """
    id, customer_id, kind, state, amount_minor, currency, card_id, card_label, operation_id,
    hold_id, movement_id, response_code, at
"""

_STATES: Final = {
    rails.OperationState.APPROVED: CardTransferState.SUCCEEDED,
    rails.OperationState.DECLINED: CardTransferState.DECLINED,
    rails.OperationState.REVERSED: CardTransferState.REVERSED,
}


async def authorised_card(
    session: WriteSession, command: CardTransferCommand, kind: CardTransferKind, now: datetime
) -> instruments.Card:
    """Take the card and use the authorisation: the first locks of a card transfer.

    Refuses what `instruments.take_card` does, `identity.authorisation_invalid`,
    `transfers.amount_out_of_range`.
    """
    use = {
        CardTransferKind.TOP_UP: instruments.CardUse.TOP_UP,
        CardTransferKind.WITHDRAWAL: instruments.CardUse.WITHDRAW,
    }[kind]
    span = card_limits_at(now).spans[kind]
    if command.amount < span.least or span.most < command.amount:
        raise AmountOutOfRange(least=span.least, most=span.most)
    card = await instruments.take_card(session, command.customer_id, command.card_id, use)
    await identity.use_authorisation(
        session,
        command.authorisation,
        identity.AuthorisationTerms(
            purpose=kind.value, payee=ids.wire("crd", command.card_id), amount=command.amount
        ),
        command.bearer,
        machine_now=machine_now(),
    )
    return card


async def refuse_twin(
    session: WriteSession, command: CardTransferCommand, kind: CardTransferKind
) -> None:
    """Refuses `transfers.same_amount_pending`. The wallet is locked, so no twin slips through."""
    pending = await session.fetchval(
        """
        SELECT id
        FROM transfers_card_transfers
        WHERE customer_id = $1 AND kind = $2 AND card_id = $3 AND currency = $4
          AND amount_minor = $5 AND state = 'pending'
        """,
        command.customer_id,
        kind.value,
        command.card_id,
        command.amount.currency.code,
        command.amount.minor,
    )
    if pending is not None:
        raise SameAmountPending(pending=ids.wire(PREFIXES[kind], pending))


PREFIXES: Final = {CardTransferKind.TOP_UP: "top", CardTransferKind.WITHDRAWAL: "wdr"}
"""How their ids begin on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCardTransfer:
    """What is written when one begins."""

    id: CardTransferId
    kind: CardTransferKind
    command: CardTransferCommand
    card: instruments.Card
    hold_id: ledger.HoldId | None
    at: datetime


async def record(session: WriteSession, new: NewCardTransfer, *, sealer: Sealer) -> None:
    """Write down the transfer and what the card switch will be asked for it."""
    top_up = new.kind is CardTransferKind.TOP_UP
    operation = await rails.begin(
        session,
        rails.Intent(
            kind=rails.OperationKind(new.kind.value),
            pan=await instruments.pan(session, new.card, sealer=sealer),
            amount=new.command.amount,
            reference=new.id,
            instrument=new.card.id,
            holder=new.command.customer_id,
            acceptor="TAEL WALLET TOP-UP" if top_up else "TAEL WALLET WITHDRAWAL",
            mcc=rails.MCC_WALLET_LOAD if top_up else rails.MCC_PAYOUT,
        ),
        sealer=sealer,
    )
    await session.execute(
        """
        INSERT INTO transfers_card_transfers
            (id, customer_id, kind, amount_minor, currency, card_id, card_label, operation_id,
             hold_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """,
        new.id,
        new.command.customer_id,
        new.kind.value,
        new.command.amount.minor,
        new.command.amount.currency.code,
        new.card.id,
        new.card.label,
        operation.id,
        new.hold_id,
        new.at,
    )


async def perform_card_transfer(
    database: Database, switch: rails.CardSwitch, transfer_id: CardTransferId, *, sealer: Sealer
) -> CardTransfer:
    """Ask the card's bank for what was begun, and finish it if the answer came: at the edge.

    Safe to run again. What stays pending is finished by the subscriber.
    """
    async with database.write() as session:
        begun = await _by_id(session, transfer_id)
    operation = await rails.perform(database, switch, begun.operation_id, sealer=sealer)
    async with database.write() as session:
        return await finish_card_transfer(session, operation, now=await business_now(session))


async def finish_card_transfer(
    session: WriteSession, operation: rails.Operation, *, now: datetime
) -> CardTransfer:
    """Move the money, or set it free, as the operation ended; once, however often it is called."""
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM transfers_card_transfers
        WHERE operation_id = $1
        FOR NO KEY UPDATE
        """,  # noqa: S608 - a constant list of columns
        operation.id,
    )
    assert row is not None, "an operation of this kind has its transfer"
    transfer = _transfer(row)
    if transfer.state is not CardTransferState.PENDING or not operation.is_final:
        return transfer
    state = _STATES[operation.state]
    movement_id = await _settle(session, transfer, state, now)
    await session.execute(
        """
        UPDATE transfers_card_transfers
        SET state = $2, movement_id = $3, response_code = $4, finished_at = $5
        WHERE id = $1
        """,
        transfer.id,
        state.value,
        movement_id,
        operation.response_code,
        now,
    )
    await outbox.emit(
        session,
        CardTransferFinished(
            transfer=transfer.id,
            kind=transfer.kind.value,
            state=state.value,
            customer=transfer.customer_id,
            amount=transfer.amount,
            movement=movement_id,
            card_label=transfer.card_label,
            at=now,
        ),
    )
    return await _by_id(session, transfer.id)


async def _settle(
    session: WriteSession, transfer: CardTransfer, state: CardTransferState, now: datetime
) -> ledger.MovementId | None:
    """Limits and money, in that order; returns the movement if there is one."""
    customer, amount = transfer.customer_id, transfer.amount
    use = await customers.lock_limit_use(session, [customer], now=now)
    wallet = use.wallet(customer)
    account = ledger.AccountNumber(wallet.account_number)
    holds = [] if transfer.hold_id is None else [transfer.hold_id]
    book = await ledger.lock(session, [account, ledger.CARD_CLEARING], now=now, holds=holds)
    succeeded = state is CardTransferState.SUCCEEDED
    movement = _movement(transfer, account, wallet.label, now)
    if transfer.hold_id is None:
        use.release_credit(customer, amount)
        if succeeded:
            book.post(movement)
    elif succeeded:
        book.capture(transfer.hold_id, None, movement, final=True)
    else:
        book.void(transfer.hold_id)
        use.give_back(customer, customers.SpendAct.WITHDRAWAL, amount, transfer.at)
    await ledger.write(session, book)
    await customers.write_limit_use(session, use)
    return movement.id if succeeded else None


def _movement(
    transfer: CardTransfer, account: ledger.AccountNumber, holder: str, now: datetime
) -> ledger.Movement:
    top_up = transfer.kind is CardTransferKind.TOP_UP
    sides = (ledger.CARD_CLEARING, account) if top_up else (account, ledger.CARD_CLEARING)
    payer, payee = (transfer.card_label, holder) if top_up else (holder, transfer.card_label)
    return ledger.Movement(
        id=ledger.MovementId(ids.new_id()),
        kind=ledger.MovementKind(transfer.kind.value),
        postings=(ledger.Posting(*sides, transfer.amount),),
        reference=transfer.id,
        payer_label=payer,
        payee_label=payee,
        memo="",
        at=now,
    )


async def card_transfer(
    session: ReadSession, customer_id: UUID, kind: CardTransferKind, transfer_id: CardTransferId
) -> CardTransfer:
    """One of the customer's own; refuses `transfers.card_transfer_not_found`."""
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM transfers_card_transfers
        WHERE id = $1 AND customer_id = $2 AND kind = $3
        """,  # noqa: S608 - a constant list of columns
        transfer_id,
        customer_id,
        kind.value,
    )
    if row is None:
        raise CardTransferNotFound
    return _transfer(row)


async def pending_card_transfers(session: ReadSession, customer_id: UUID) -> list[CardTransfer]:
    """What is not certain yet, the newest first; at most `PENDING_MAX`."""
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM transfers_card_transfers
        WHERE customer_id = $1 AND state = 'pending'
        ORDER BY at DESC, id DESC
        LIMIT $2
        """,  # noqa: S608 - a constant list of columns
        customer_id,
        PENDING_MAX,
    )
    return [_transfer(row) for row in rows]


async def _by_id(session: ReadSession, transfer_id: CardTransferId) -> CardTransfer:
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM transfers_card_transfers
        WHERE id = $1
        """,  # noqa: S608 - a constant list of columns
        transfer_id,
    )
    assert row is not None, "card transfers are never removed"
    return _transfer(row)


def _transfer(row: Row) -> CardTransfer:
    return CardTransfer(
        id=CardTransferId(row["id"]),
        customer_id=row["customer_id"],
        kind=CardTransferKind(row["kind"]),
        state=CardTransferState(row["state"]),
        amount=Money(row["amount_minor"], currency(row["currency"])),
        card_id=instruments.CardId(row["card_id"]),
        card_label=row["card_label"],
        operation_id=rails.OperationId(row["operation_id"]),
        hold_id=None if row["hold_id"] is None else ledger.HoldId(row["hold_id"]),
        movement_id=None if row["movement_id"] is None else ledger.MovementId(row["movement_id"]),
        response_code=row["response_code"],
        at=row["at"],
    )
