"""Send money to a person: the hot act, written once for a set of commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from tael import customers, identity, ledger
from tael.kernel import outbox
from tael.kernel.clock import machine_now
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.ids import wire
from tael.kernel.money import CNY, Money
from tael.kernel.refusals import Refusal
from tael.transfers import rules
from tael.transfers.cooling import Cooling, cooling_at
from tael.transfers.errors import PayeeNotFound, SelfTransfer, TransferNotFound
from tael.transfers.events import TransferSettled
from tael.transfers.payees import Payee, acquaintances
from tael.transfers.receive import lock_receive_codes
from tael.transfers.rules import Acquaintance, ReceiveCode, TransferId

Pair: TypeAlias = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One transfer. `memo` is clean (`rules.clean_memo`); `receive_code` is a scanned token.

    Without an `authorisation` it is a run of a standing order, which its caller has locked.
    """

    transfer_id: TransferId
    movement_id: ledger.MovementId
    payee: UUID
    amount: Money
    memo: str
    receive_code: str | None
    authorisation: identity.AuthorisationId | None
    bearer: identity.Bearer

    @property
    def pair(self) -> Pair:
        return self.bearer.customer_id, self.payee

    @property
    def terms(self) -> identity.AuthorisationTerms:
        """What the payer must have authorised, to the letter."""
        return identity.AuthorisationTerms(
            purpose="transfer", payee=wire("cus", self.payee), amount=self.amount
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferReceipt:
    """What a transfer came to; the payee masked, as the payer may see him."""

    transfer_id: TransferId
    movement_id: ledger.MovementId
    payer: UUID
    payee: Payee
    amount: Money
    memo: str
    at: datetime


Outcome: TypeAlias = TransferReceipt | Refusal


@dataclass(slots=True)
class Batch:
    """What a set of transfers touches: locked rows, and what was read after the locks."""

    receive_codes: Mapping[str, ReceiveCode]
    grants: identity.Grants
    limit_use: customers.LimitUse
    accounts: Mapping[UUID, ledger.AccountNumber]
    known: dict[Pair, Acquaintance]
    held_back_until: Mapping[UUID, datetime]
    cooling: Cooling
    book: ledger.Book
    now: datetime
    used_codes: list[str] = field(default_factory=list)


async def send(session: WriteSession, commands: Sequence[Send], now: datetime) -> list[Outcome]:
    """Settle a set of transfers in one transaction; each gets its own outcome, in order.

    The money is there at once. A refused transfer moves nothing and leaves its neighbours
    alone; none tells the payer anything of the payee's balance or limits. `now` is
    business time.
    """
    batch = await _lock(session, commands, now)
    outcomes = [settle(command, batch) for command in commands]
    settled = [outcome for outcome in outcomes if isinstance(outcome, TransferReceipt)]
    await session.behind(_apply(session, settled, batch))
    await session.behind(outbox.emit(session, *[_event(receipt, batch) for receipt in settled]))
    return outcomes


async def _apply(session: WriteSession, settled: Sequence[TransferReceipt], batch: Batch) -> None:
    """Write each module's part."""
    # Also when all is refused: the book may have released holds past their deadline.
    await ledger.write(session, batch.book)
    if settled:
        await customers.write_limit_use(session, batch.limit_use)
        await identity.write_authorisations(session, batch.grants)
        await _write(session, settled, batch)


def settle(command: Send, batch: Batch) -> Outcome:
    """Decide one transfer against what the batch holds so far, and record it there."""
    refusal = decide(command, batch)
    if refusal is not None:
        return refusal
    payer = batch.limit_use.wallet(command.bearer.customer_id)
    payee = batch.limit_use.wallet(command.payee)
    batch.book.post(
        ledger.Movement(
            id=command.movement_id,
            kind=ledger.MovementKind.TRANSFER,
            postings=(ledger.Posting(payer.account_number, payee.account_number, command.amount),),
            reference=command.transfer_id,
            payer_label=payer.label,
            payee_label=payee.label,
            memo=command.memo,
            at=batch.now,
        )
    )
    batch.limit_use.add(payer.customer_id, customers.SpendAct.TRANSFER, command.amount)
    if command.authorisation is not None:
        batch.grants.use(command.authorisation)
    _remember(command, batch)
    return TransferReceipt(
        transfer_id=command.transfer_id,
        movement_id=command.movement_id,
        payer=payer.customer_id,
        payee=Payee(
            customer_id=payee.customer_id,
            name_masked=payee.name_masked,
            phone_masked=payee.phone_masked,
        ),
        amount=command.amount,
        memo=command.memo,
        at=batch.now,
    )


def decide(command: Send, batch: Batch) -> Refusal | None:
    """Why this transfer is refused, if so: the first reason, in the order that helps a payer."""
    payer, payee = command.pair
    if payer == payee:
        return SelfTransfer()
    refusal = (
        _refuses_code(command, batch)
        or _refuses_authorisation(command, batch)
        or batch.limit_use.refuses(payer, customers.SpendAct.TRANSFER, command.amount)
    )
    if refusal is not None:
        return refusal
    if payee not in batch.accounts:
        return PayeeNotFound()
    return (
        rules.refuses_new_payee(
            batch.known.get(command.pair),
            command.amount,
            cooling=batch.cooling,
            held_back_until=batch.held_back_until.get(payer),
            now=batch.now,
        )
        or batch.book.refuses_debit(batch.accounts[payer], command.amount)
        or batch.limit_use.refuses_credit(
            payee, command.amount, batch.book.balance(batch.accounts[payee]), for_payer=True
        )
    )


def _refuses_authorisation(command: Send, batch: Batch) -> Refusal | None:
    if command.authorisation is None:
        return None
    return batch.grants.refuses(command.authorisation, command.terms, command.bearer)


def _refuses_code(command: Send, batch: Batch) -> Refusal | None:
    if command.receive_code is None:
        return None
    code = batch.receive_codes.get(command.receive_code)
    return rules.refuses_receive_code(code, command.payee, command.amount, batch.now)


def _remember(command: Send, batch: Batch) -> None:
    """Count what this transfer means for the next one to the payee, and by the code."""
    known = batch.known.get(command.pair)
    if known is None:
        batch.known[command.pair] = Acquaintance(batch.now, command.amount)
    elif known.is_new(batch.cooling, batch.now):
        known.sent_while_new += command.amount
    code = batch.receive_codes.get(command.receive_code) if command.receive_code else None
    if code is not None and code.amount is not None:
        code.used_at = batch.now
        batch.used_codes.append(code.token)


async def _lock(session: WriteSession, commands: Sequence[Send], now: datetime) -> Batch:
    """Lock in the one order: receive codes, authorisations, limit use, accounts."""
    codes = await lock_receive_codes(
        session, {c.receive_code for c in commands if c.receive_code is not None}
    )
    grants = await identity.lock_authorisations(
        session,
        {c.authorisation for c in commands if c.authorisation is not None},
        machine_now=machine_now(),
    )
    pairs = {c.pair for c in commands}
    persons = {person for pair in pairs for person in pair}
    limit_use = await customers.lock_limit_use(session, persons, now=now)
    # Read after the payer's wallet is locked: nobody else sends from it meanwhile.
    known = await acquaintances(session, pairs)
    cooling = cooling_at(now)
    changes = await identity.secret_changes(session, {payer for payer, _ in pairs})
    accounts = {w.customer_id: w.account_number for w in limit_use.wallets()}
    return Batch(
        receive_codes=codes,
        grants=grants,
        limit_use=limit_use,
        accounts=accounts,
        known=known,
        held_back_until={
            payer: at + cooling.secret_changed
            for payer, at in changes.items()
            if now < at + cooling.secret_changed
        },
        cooling=cooling,
        book=await ledger.lock(session, set(accounts.values()), now=now),
        now=now,
    )


def _event(receipt: TransferReceipt, batch: Batch) -> TransferSettled:
    return TransferSettled(
        transfer=receipt.transfer_id,
        movement=receipt.movement_id,
        payer=receipt.payer,
        payer_label=batch.limit_use.wallet(receipt.payer).label,
        payee=receipt.payee.customer_id,
        payee_label=batch.limit_use.wallet(receipt.payee.customer_id).label,
        amount=receipt.amount,
        memo=receipt.memo,
        at=receipt.at,
    )


_WRITE: Final = """
WITH transfers AS (
    INSERT INTO transfers_transfers
        (id, payer_id, payee_id, amount_minor, memo, movement_id, currency, at)
    SELECT *, $7, $8::timestamptz
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[], $6::uuid[])
    RETURNING 1
), payees AS (
    INSERT INTO transfers_payees (customer_id, payee_id, first_at, sent_while_new_minor, last_at)
    SELECT *, $8::timestamptz
    FROM unnest($9::uuid[], $10::uuid[], $11::timestamptz[], $12::bigint[])
    ON CONFLICT (customer_id, payee_id) DO UPDATE
    SET last_at = greatest(transfers_payees.last_at, excluded.last_at),
        sent_while_new_minor = excluded.sent_while_new_minor
    RETURNING 1
), codes AS (
    UPDATE transfers_receive_codes
    SET used_at = $8
    WHERE token = ANY($13::text[])
      AND used_at IS NULL
    RETURNING 1
)
SELECT (SELECT count(*) FROM transfers), (SELECT count(*) FROM payees),
       (SELECT count(*) FROM codes)
"""


async def _write(session: WriteSession, settled: Sequence[TransferReceipt], batch: Batch) -> None:
    """Write the transfers, the acquaintances and the used codes, in one statement."""
    pairs = list({(r.payer, r.payee.customer_id) for r in settled})
    met = [batch.known[pair] for pair in pairs]
    counts = await session.fetchrow(
        _WRITE,
        [r.transfer_id for r in settled],
        [r.payer for r in settled],
        [r.payee.customer_id for r in settled],
        [r.amount.minor for r in settled],
        [r.memo for r in settled],
        [r.movement_id for r in settled],
        CNY.code,
        batch.now,
        [payer for payer, _ in pairs],
        [payee for _, payee in pairs],
        [known.first_at for known in met],
        [known.sent_while_new.minor for known in met],
        batch.used_codes,
    )
    assert counts is not None
    assert tuple(counts) == (len(settled), len(pairs), len(batch.used_codes)), (
        "a row was not ours to write"
    )


async def transfer(session: ReadSession, payer: UUID, transfer_id: TransferId) -> TransferReceipt:
    """A transfer of this payer; another's refuses with `transfers.transfer_not_found` too."""
    row = await session.fetchrow(
        """
        SELECT payee_id, amount_minor, memo, movement_id, at
        FROM transfers_transfers
        WHERE id = $1
          AND payer_id = $2
        """,
        transfer_id,
        payer,
    )
    if row is None:
        raise TransferNotFound
    wallets = await customers.by_ids(session, [row["payee_id"]])
    return TransferReceipt(
        transfer_id=transfer_id,
        movement_id=row["movement_id"],
        payer=payer,
        payee=Payee.of(wallets[row["payee_id"]]),
        amount=Money(row["amount_minor"], CNY),
        memo=row["memo"],
        at=row["at"],
    )
