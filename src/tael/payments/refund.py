"""Give payments back, whole or in parts: written once for a set of commands.

The shop's money pays. It goes to where the payment came from: the payer's wallet, or the card,
whose bank is told after the commit (`refund_card.py`). A refund that was given never fails: a
card that is bound no more makes it go to the wallet, a closed wallet to the bank's suspense
account, from where its owner can still get it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

from tael import customers, instruments, ledger, merchants, rails
from tael.kernel import ids, outbox
from tael.kernel.database import WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.kernel.sealed import Sealer
from tael.payments.after_sale_errors import ShopShortOfMoney
from tael.payments.after_sale_events import PaymentRefunded, RefundUnclaimed
from tael.payments.after_sale_states import RefundDestination, RefundState
from tael.payments.after_sale_terms import AfterSale, after_sale_at
from tael.payments.errors import PaymentNotFound
from tael.payments.records import lock_payments
from tael.payments.refunds import Refund
from tael.payments.rules import Payment, PaymentId, RefundId, refuses_refund, split_refund
from tael.payments.states import FundingKind

REASON_LENGTH_MAX: Final = 50
HOLD_LIFE: Final = timedelta(days=36_500)
"""Never, in effect: the shop's money stays set aside until the card's bank has answered."""

Outcome: TypeAlias = Refund | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundPayment:
    """Give this much of a payment back; without an amount, all that is left of it."""

    refund_id: RefundId
    movement_id: ledger.MovementId
    payment_id: PaymentId
    amount: Money | None
    reason: str


@dataclass(slots=True)
class Batch:
    """What a set of refunds touches: locked rows, and the stores read after the lock."""

    payments: Mapping[PaymentId, Payment]
    stores: Mapping[merchants.StoreId, merchants.Store]
    cards: Mapping[instruments.CardId, instruments.Card]
    limit_use: customers.LimitUse
    book: ledger.Book
    terms: AfterSale
    now: datetime
    archived_below: UUID | None
    """Movements with lower ids have left the books with an old month."""


async def refund(
    session: WriteSession, commands: Sequence[RefundPayment], *, sealer: Sealer, now: datetime
) -> list[Outcome]:
    """Give a set of payments back in one transaction; each gets its own outcome, in order.

    Refuses `payments.payment_not_found`, `.payment_reversed`, `.not_refundable`,
    `.refund_exceeds_payment`, `.refunds_exhausted`, `.refund_too_late`,
    `.shop_short_of_money`, `ledger.archived`. What is to go to a card stays pending, with the
    shop's money set aside: `perform_refund` follows the commit. A refund uses no limit and may
    lift the balance above its cap.
    """
    batch = await _lock(session, commands, now)
    outcomes = [settle(command, batch) for command in commands]
    given = [outcome for outcome in outcomes if isinstance(outcome, Refund)]
    # Also when all is refused: the book may have released holds past their deadline.
    await ledger.write(session, batch.book)
    if given:
        asked = await _ask_cards(session, given, batch, sealer)
        given = [asked.get(each.id, each) for each in given]
        await _write(session, given, batch)
        arrived = [each for each in given if each.state is RefundState.SUCCEEDED]
        await outbox.emit(session, *[_event(each, batch) for each in arrived])
    return outcomes


def settle(command: RefundPayment, batch: Batch) -> Outcome:
    """Decide one refund against what the batch holds so far, and record it there."""
    payment = batch.payments.get(command.payment_id)
    if payment is None:
        return PaymentNotFound()
    amount = payment.left if command.amount is None else command.amount
    refusal = refuses_refund(payment, amount, batch.terms, batch.now)
    if refusal is not None:
        return refusal
    if _has_left(payment, batch):
        return ledger.errors.Archived()
    fee_left = payment.fee - payment.refunded_fee
    from_shop, fee = split_refund((payment.left - fee_left, fee_left), amount)
    store = batch.stores[payment.store_id]
    short = batch.book.refuses_debit(store.account, from_shop) if from_shop.minor else None
    if short is not None:
        return ShopShortOfMoney(**short.details)
    destination = _destination(payment, batch)
    if destination is RefundDestination.CARD:
        _set_aside(command, batch, payment, amount, fee)
    else:
        _post(command, batch, payment, amount, fee)
    payment.refunded += amount
    payment.refunded_fee += fee
    payment.refunds += 1
    pending = destination is RefundDestination.CARD
    return Refund(
        id=command.refund_id,
        payment_id=payment.id,
        part=payment.refunds,
        amount=amount,
        fee=fee,
        reason=command.reason,
        destination=destination,
        state=RefundState.PENDING if pending else RefundState.SUCCEEDED,
        movement_id=command.movement_id,
        operation_id=None,
        final_by=None,
        at=batch.now,
        finished_at=None if pending else batch.now,
    )


def refund_movement(
    refund_id: RefundId,
    movement_id: ledger.MovementId,
    postings: Sequence[ledger.Posting],
    labels: tuple[str, str],
    memo: str,
    now: datetime,
) -> ledger.Movement:
    """A movement of a refund: `labels` are the shop's and the payer's."""
    return ledger.Movement(
        id=movement_id,
        kind=ledger.MovementKind.REFUND,
        postings=tuple(postings),
        reference=refund_id,
        payer_label=labels[0],
        payee_label=labels[1],
        memo=memo,
        at=now,
    )


def wallet_account(wallet: customers.LimitedWallet) -> ledger.AccountNumber:
    """Where money for this wallet's holder goes: a closed one takes nothing any more."""
    closed = wallet.status is customers.WalletStatus.CLOSED
    return ledger.SUSPENSE if closed else wallet.account_number


def _has_left(payment: Payment, batch: Batch) -> bool:
    """Whether what would be given back lies in the archive, where nothing can refer to it."""
    below, paid_by = batch.archived_below, payment.movement_id
    return below is not None and paid_by is not None and paid_by < below


def _destination(payment: Payment, batch: Batch) -> RefundDestination:
    if payment.funding is FundingKind.CARD and payment.card_id in batch.cards:
        return RefundDestination.CARD
    account = wallet_account(batch.limit_use.wallet(payment.payer_id))
    return RefundDestination.SUSPENSE if account == ledger.SUSPENSE else RefundDestination.BALANCE


def _post(
    command: RefundPayment, batch: Batch, payment: Payment, amount: Money, fee: Money
) -> None:
    """The bank's part goes to the shop first, which then pays the whole."""
    store = batch.stores[payment.store_id]
    payer = batch.limit_use.wallet(payment.payer_id)
    postings = [ledger.Posting(store.account, wallet_account(payer), amount)]
    if fee.minor:
        postings.insert(0, ledger.Posting(ledger.FEES, store.account, fee))
    labels = (store.label, payer.label)
    batch.book.post(
        refund_movement(
            command.refund_id, command.movement_id, postings, labels, command.reason, batch.now
        )
    )


def _set_aside(
    command: RefundPayment, batch: Batch, payment: Payment, amount: Money, fee: Money
) -> None:
    """The shop gets the bank's part at once, and cannot spend the whole any more."""
    store = batch.stores[payment.store_id]
    payer = batch.limit_use.wallet(payment.payer_id)
    if fee.minor:
        back = ledger.Posting(ledger.FEES, store.account, fee)
        batch.book.post(
            refund_movement(
                command.refund_id,
                ledger.MovementId(ids.new_id()),
                [back],
                (store.label, payer.label),
                command.reason,
                batch.now,
            )
        )
    batch.book.hold(
        ledger.HoldId(command.refund_id),
        account=store.account,
        to=wallet_account(payer),
        amount=amount,
        expires_at=batch.now + HOLD_LIFE,
        reference=command.refund_id,
    )


async def _lock(session: WriteSession, commands: Sequence[RefundPayment], now: datetime) -> Batch:
    """Lock in the one order: payments, cards, limit use, accounts."""
    payments = await lock_payments(session, {c.payment_id for c in commands})
    stores = await merchants.stores(session, {p.store_id for p in payments.values()})
    paid_by = {instruments.CardId(p.card_id) for p in payments.values() if p.card_id}
    cards = await instruments.take_bound(session, paid_by) if paid_by else {}
    payers = {payment.payer_id for payment in payments.values()}
    limit_use = await customers.lock_limit_use(session, payers, now=now)
    accounts = {store.account for store in stores.values()}
    accounts.update(wallet_account(wallet) for wallet in limit_use.wallets())
    if any(payment.fee.minor for payment in payments.values()):
        accounts.add(ledger.FEES)
    book = await ledger.lock(session, accounts, now=now)
    below = await ledger.archived_below(session)
    return Batch(payments, stores, cards, limit_use, book, after_sale_at(now), now, below)


async def _ask_cards(
    session: WriteSession, given: Sequence[Refund], batch: Batch, sealer: Sealer
) -> dict[RefundId, Refund]:
    """Write down what the switch is to be told for each refund to a card."""
    asked: dict[RefundId, Refund] = {}
    for each in given:
        if each.destination is not RefundDestination.CARD:
            continue
        payment = batch.payments[each.payment_id]
        assert payment.card_id is not None
        card = batch.cards[instruments.CardId(payment.card_id)]
        store = batch.stores[payment.store_id]
        intent = rails.Intent(
            kind=rails.OperationKind.REFUND,
            pan=await instruments.pan(session, card, sealer=sealer),
            amount=each.amount,
            reference=each.id,
            instrument=card.id,
            holder=payment.payer_id,
            acceptor=store.name,
            mcc=store.mcc,
        )
        operation = await rails.begin(session, intent, sealer=sealer)
        asked[each.id] = replace(each, operation_id=operation.id, final_by=operation.final_by)
    return asked


def _event(given: Refund, batch: Batch) -> PaymentRefunded | RefundUnclaimed:
    payment = batch.payments[given.payment_id]
    return refunded_event(given, payment, batch.stores[payment.store_id])


def refunded_event(
    given: Refund, payment: Payment, store: merchants.Store
) -> PaymentRefunded | RefundUnclaimed:
    """What is told of a refund that arrived."""
    assert given.movement_id is not None
    assert given.finished_at is not None
    if given.destination is RefundDestination.SUSPENSE:
        return RefundUnclaimed(
            payment=payment.id,
            refund=given.id,
            movement=given.movement_id,
            payer=payment.payer_id,
            amount=given.amount,
            at=given.finished_at,
        )
    return PaymentRefunded(
        payment=payment.id,
        refund=given.id,
        movement=given.movement_id,
        payer=payment.payer_id,
        store=store.id,
        store_label=store.label,
        amount=given.amount,
        destination=given.destination.value,
        at=given.finished_at,
    )


_WRITE: Final = """
WITH refunds AS (
    INSERT INTO payments_refunds
        (id, payment_id, part, amount_minor, fee_minor, reason, destination, state, movement_id,
         operation_id, finished_at, currency, at)
    SELECT *, $12, $13::timestamptz
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[],
                $7::text[], $8::text[], $9::uuid[], $10::uuid[], $11::timestamptz[])
    RETURNING 1
), payments AS (
    UPDATE payments_payments AS p
    SET refunded_minor = n.refunded, refunded_fee_minor = n.refunded_fee, refunds = n.refunds
    FROM unnest($14::uuid[], $15::bigint[], $16::bigint[], $17::integer[])
        AS n (id, refunded, refunded_fee, refunds)
    WHERE p.id = n.id
    RETURNING 1
)
SELECT (SELECT count(*) FROM refunds), (SELECT count(*) FROM payments)
"""


async def _write(session: WriteSession, given: Sequence[Refund], batch: Batch) -> None:
    """Write the refunds, and on their payments what came back so far, in one statement."""
    changed = [batch.payments[payment] for payment in {each.payment_id for each in given}]
    counts = await session.fetchrow(
        _WRITE,
        [each.id for each in given],
        [each.payment_id for each in given],
        [each.part for each in given],
        [each.amount.minor for each in given],
        [each.fee.minor for each in given],
        [each.reason for each in given],
        [each.destination.value for each in given],
        [each.state.value for each in given],
        [each.movement_id for each in given],
        [each.operation_id for each in given],
        [each.finished_at for each in given],
        given[0].amount.currency.code,
        batch.now,
        [payment.id for payment in changed],
        [payment.refunded.minor for payment in changed],
        [payment.refunded_fee.minor for payment in changed],
        [payment.refunds for payment in changed],
    )
    assert counts is not None
    assert tuple(counts) == (len(given), len(changed)), "a payment was not ours to give back"
