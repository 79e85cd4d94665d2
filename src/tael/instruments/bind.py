"""Bind a card: recognise it, have its bank check the four elements, take the bank's code.

The bank is asked between transactions, under the binding's id: after a crash the same question
gets the same answer. Times here are the machine's, as the bank's code lives by them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from tael import customers, identity
from tael.instruments.banks import ranges
from tael.instruments.errors import (
    BankUnanswered,
    BindingCodeWrong,
    BindingEnded,
    BindingNotFound,
    CardAlreadyBound,
    CardRestricted,
    DetailsMismatch,
    TooManyCards,
)
from tael.instruments.queries import Card, CardId, card
from tael.instruments.rules import BINDING_LIFE, CARDS_MAX, CONFIRMATIONS_MAX, checked
from tael.instruments.states import BINDING_CHANGES, BindingState, CardKind
from tael.instruments.vault import pan_hash, seal_holder, seal_pan, seal_told, unseal_told
from tael.instruments.verification import (
    BankUnsure,
    CardVerification,
    CheckResult,
    CodeResult,
    Told,
)
from tael.kernel import masks
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import Database, ReadSession, Row, WriteSession
from tael.kernel.ids import new_id
from tael.kernel.refusals import Refusal
from tael.kernel.sealed import Sealer

BindingId = NewType("BindingId", UUID)

_COLUMNS: Final = """
    id, customer_id, state, told_sealed, phone_masked, tries, card_id, expires_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A binding on its way, as the customer sees it."""

    id: BindingId
    phone_masked: str
    expires_at: datetime


async def begin_binding(
    session: WriteSession, customer_id: UUID, told: Told, *, sealer: Sealer
) -> BindingId:
    """Write down that a customer wants to bind a card; an earlier attempt for it ends.

    The edge counts attempts before (`rules.BINDINGS_A_DAY` and its like). Refuses
    `instruments.card_number_invalid`, `instruments.bank_unknown`,
    `instruments.card_already_bound`, `instruments.too_many_cards`, and a wallet that is frozen or
    closed.
    """
    checked(told.number, ranges())
    await _refuse_wallet(session, customer_id)
    known = pan_hash(told.number, sealer)
    await _refuse_card(session, customer_id, known)
    now = machine_now()
    await session.execute(
        """
        UPDATE instruments_bindings
        SET state = 'ended', told_sealed = NULL, finished_at = $3
        WHERE customer_id = $1 AND pan_hash = $2 AND finished_at IS NULL
        """,
        customer_id,
        known,
        now,
    )
    binding_id = BindingId(new_id())
    await session.execute(
        """
        INSERT INTO instruments_bindings
            (id, customer_id, state, pan_hash, last4, told_sealed, phone_masked, began_at,
             expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        binding_id,
        customer_id,
        BindingState.STARTED.value,
        known,
        told.number[-4:],
        seal_told(told, binding_id, sealer),
        masks.phone(told.phone),
        now,
        now + BINDING_LIFE,
    )
    return binding_id


async def ask_bank(
    database: Database, verification: CardVerification, binding_id: BindingId, *, sealer: Sealer
) -> Binding:
    """Have the bank check the elements and send its code. Safe to run again.

    Refuses `instruments.details_mismatch`, `instruments.card_restricted`,
    `instruments.bank_unanswered`, `instruments.binding_ended`.
    """
    async with database.write() as session:
        row = await _locked(session, binding_id)
    if row["state"] == BindingState.CODE_SENT:
        return _binding(row)
    if row["state"] != BindingState.STARTED:
        raise BindingEnded
    told = unseal_told(row["told_sealed"], binding_id, sealer)
    try:
        result = await verification.check(binding_id, told)
    except BankUnsure:
        raise BankUnanswered from None
    sent = result is CheckResult.CODE_SENT
    async with database.write() as session:
        await _move(session, binding_id, BindingState.CODE_SENT if sent else BindingState.REFUSED)
    match result:
        case CheckResult.CODE_SENT:
            return _binding(row)
        case CheckResult.MISMATCH:
            raise DetailsMismatch
        case CheckResult.CARD_RESTRICTED:
            raise CardRestricted


async def take_code(session: WriteSession, customer_id: UUID, binding_id: BindingId) -> BindingId:
    """Count a try at the bank's code, before the bank is asked.

    Refuses `instruments.binding_not_found`, `instruments.binding_ended`.
    """
    row = await _locked(session, binding_id)
    if row["customer_id"] != customer_id:
        raise BindingNotFound
    if row["state"] != BindingState.CODE_SENT or row["expires_at"] <= machine_now():
        raise BindingEnded
    if row["tries"] >= CONFIRMATIONS_MAX:
        raise BindingEnded
    await session.execute(
        "UPDATE instruments_bindings SET tries = tries + 1 WHERE id = $1", binding_id
    )
    return binding_id


async def confirm(
    database: Database,
    verification: CardVerification,
    binding_id: BindingId,
    code: str,
    *,
    sealer: Sealer,
) -> Card:
    """Bind the card if the bank says that this is its code; safe to run again.

    An own-name debit card raises a class 3 wallet to class 2 in the same transaction. Refuses
    `instruments.code_wrong`, `instruments.binding_ended`, `instruments.bank_unanswered`, and what
    `begin_binding` refuses, should it have come true meanwhile.
    """
    try:
        result = await verification.confirm(binding_id, code)
    except BankUnsure:
        raise BankUnanswered from None
    async with database.write() as session:
        outcome = await _outcome(session, binding_id, result, sealer)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


async def _outcome(
    session: WriteSession, binding_id: BindingId, result: CodeResult, sealer: Sealer
) -> Card | Refusal:
    """Record what the bank said; a refusal is returned, so that what was written stays."""
    # The wallet's row comes before the binding's, as everywhere that takes both.
    customer_id = await session.fetchval(
        "SELECT customer_id FROM instruments_bindings WHERE id = $1", binding_id
    )
    await customers.lock_limit_use(session, [customer_id], now=await business_now(session))
    row = await _locked(session, binding_id)
    if row["state"] == BindingState.BOUND:
        return await card(session, customer_id, CardId(row["card_id"]))
    if row["state"] != BindingState.CODE_SENT:
        return BindingEnded()
    match result:
        case CodeResult.CONFIRMED:
            return await _bind(session, row, sealer)
        case CodeResult.WRONG_CODE if row["tries"] < CONFIRMATIONS_MAX:
            return BindingCodeWrong(tries_left=CONFIRMATIONS_MAX - row["tries"])
        case _:
            await _move(session, binding_id, BindingState.ENDED)
            return BindingEnded()


async def _bind(session: WriteSession, row: Row, sealer: Sealer) -> Card | Refusal:
    customer_id: UUID = row["customer_id"]
    told = unseal_told(row["told_sealed"], row["id"], sealer)
    known = pan_hash(told.number, sealer)
    try:
        await _refuse_wallet(session, customer_id)
        await _refuse_card(session, customer_id, known)
    except Refusal as refusal:
        await _move(session, row["id"], BindingState.ENDED)
        return refusal
    kind = checked(told.number, ranges())
    card_id = CardId(new_id())
    own = await customers.same_person(
        session, customer_id, name=told.name, id_number=told.id_number, sealer=sealer
    )
    phone = await identity.phone_of_customer(session, customer_id, sealer=sealer)
    await session.execute(
        """
        INSERT INTO instruments_cards
            (id, customer_id, pan_sealed, pan_hash, bin, last4, bank, kind, holder_sealed,
             holder_masked, own_name, own_phone, bound_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """,
        card_id,
        customer_id,
        seal_pan(told.number, card_id, sealer),
        known,
        told.number[:6],
        told.number[-4:],
        kind.bank.code,
        kind.kind.value,
        seal_holder(told, card_id, sealer),
        masks.name(told.name),
        own is True,
        own is None and phone is not None and phone.e164 == told.phone,
        await business_now(session),
    )
    await _move(session, row["id"], BindingState.BOUND, card_id)
    if own and kind.kind is CardKind.DEBIT:
        await customers.raise_to_2(session, customer_id)
    return await card(session, customer_id, card_id)


async def _refuse_wallet(session: ReadSession, customer_id: UUID) -> None:
    wallet = await customers.wallet(session, customer_id)
    if wallet.status is customers.WalletStatus.CLOSED:
        raise customers.errors.WalletClosed
    if wallet.status is customers.WalletStatus.FROZEN:
        raise customers.errors.WalletFrozen


async def _refuse_card(session: ReadSession, customer_id: UUID, known: bytes) -> None:
    bound = await session.fetch(
        "SELECT pan_hash FROM instruments_cards WHERE customer_id = $1 AND removed_at IS NULL",
        customer_id,
    )
    if known in {row["pan_hash"] for row in bound}:
        raise CardAlreadyBound
    if len(bound) >= CARDS_MAX:
        raise TooManyCards(cards_max=CARDS_MAX)


async def _locked(session: WriteSession, binding_id: BindingId) -> Row:
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM instruments_bindings
        WHERE id = $1
        FOR NO KEY UPDATE
        """,  # noqa: S608 - a constant list of columns
        binding_id,
    )
    if row is None:
        raise BindingNotFound
    return row


async def _move(
    session: WriteSession,
    binding_id: BindingId,
    state: BindingState,
    card_id: CardId | None = None,
) -> None:
    """Move a binding on; one that has moved on meanwhile stays as it is."""
    sources = [before.value for before, after in BINDING_CHANGES.items() if state in after]
    await session.execute(
        """
        UPDATE instruments_bindings
        SET state = $2,
            card_id = $3,
            finished_at = $4,
            told_sealed = CASE WHEN $4::timestamptz IS NULL THEN told_sealed END
        WHERE id = $1 AND state = ANY($5::text[])
        """,
        binding_id,
        state.value,
        card_id,
        None if BINDING_CHANGES[state] else machine_now(),
        sources,
    )


def _binding(row: Row) -> Binding:
    return Binding(
        id=BindingId(row["id"]), phone_masked=row["phone_masked"], expires_at=row["expires_at"]
    )
