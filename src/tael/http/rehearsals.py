"""Rehearsals: what an act with money would do, told by doing it and undoing it.

The act runs as it would, through the very same use case, in a transaction that is always rolled
back; only the PIN is not asked for, and the card's bank is taken to say yes. So the answer
cannot differ from what the act itself would have said at that moment. It promises nothing:
between the rehearsal and the act, other money may move.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

import orjson
from fastapi import APIRouter
from pydantic import Field

from tael import customers, identity, instruments, ledger, merchants, payments, rails, transfers
from tael.http import problems as bodies
from tael.http.edge import Edge
from tael.http.guards import SignedInAsking
from tael.http.history import EntryWire
from tael.http.limits import LimitBody, limit_body
from tael.http.payments_wire import BalanceFunding, CardFunding
from tael.http.problems import Problem, problems
from tael.http.transfers_wire import Memo
from tael.http.wire import Identifier, MoneyWire, PositiveMoney, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import RehearsalSession
from tael.kernel.refusals import Refusal, TooMany

router: Final = APIRouter(tags=["rehearsals"])

ASKED_MAX: Final = 600
ASKED_WINDOW_S: Final = 600
"""Enough for somebody who types; a rehearsal takes locks like the act itself."""

Moved: TypeAlias = ledger.MovementId | None


class RehearsedPayment(Wire):
    """Pay a store: an order of it, or by its printed code without an order."""

    act: Literal["payment"]
    payee: Identifier = Field(examples=["sto_01j9z3k4m5n6p7q8r9s0t1v2w3"])
    order: Identifier | None = None
    amount: PositiveMoney
    funding: Annotated[BalanceFunding | CardFunding, Field(discriminator="kind")]


class RehearsedTransfer(Wire):
    """Send money to a person."""

    act: Literal["transfer"]
    payee: Identifier = Field(examples=["cus_01j9z3k4m5n6p7q8r9s0t1v2w3"])
    amount: PositiveMoney
    memo: Memo = ""
    receive_code: Annotated[str, Field(max_length=64)] | None = None


class RehearsedCardTransfer(Wire):
    """Fill the wallet from a card, or take money out to it."""

    act: Literal["top_up", "withdrawal"]
    card: Identifier = Field(examples=["crd_01h455vb4pex5vsknk084sn02q"])
    amount: PositiveMoney


Rehearsed: TypeAlias = Annotated[
    RehearsedPayment | RehearsedTransfer | RehearsedCardTransfer, Field(discriminator="act")
]


class RehearsalBody(Wire):
    """What would be so afterwards; where the act would be refused, what is so now, and why."""

    passes: bool
    refusal: Problem | None
    entry: EntryWire | None = Field(
        description="What the history would show; null where nothing moves yet."
    )
    balance: MoneyWire
    available: MoneyWire
    limits: list[LimitBody]


@router.post(
    "/rehearsals",
    responses=problems(
        identity.SignedOut, identity.PinRequired, customers.errors.WalletNotFound, TooMany
    ),
)
async def rehearse(edge: SignedInAsking, asked: Rehearsed) -> RehearsalBody:
    """What this act would do if it were done now: nothing is done, no PIN is needed."""
    bucket = f"rehearsals:{edge.customer_id}"
    await edge.limit(bucket, limit=ASKED_MAX, window_s=ASKED_WINDOW_S)
    act = _act(edge, asked)
    async with edge.services.database.rehearse() as session:
        now = await business_now(session)
        moved: Moved = None
        refusal: Refusal | None = None
        try:
            async with session.savepoint():
                moved = await act(session, now)
        except Refusal as refused:
            refusal = refused
        return await _told(session, edge, moved, refusal, now)


_Act: TypeAlias = Callable[[RehearsalSession, datetime], Awaitable[Moved]]


def _act(edge: Edge, asked: RehearsedPayment | RehearsedTransfer | RehearsedCardTransfer) -> _Act:
    match asked:
        case RehearsedTransfer():
            return _transfer(edge, asked)
        case RehearsedCardTransfer():
            return _card_transfer(edge, asked)
        case RehearsedPayment(funding=CardFunding() as funding):
            return _card_payment(edge, asked, funding)
        case _:
            return _payment(edge, asked)


def _payment(edge: Edge, asked: RehearsedPayment) -> _Act:
    target = _Target(edge, asked)

    async def act(session: RehearsalSession, now: datetime) -> Moved:
        command = payments.Pay(
            payment_id=payments.PaymentId(ids.new_id()),
            movement_id=ledger.MovementId(ids.new_id()),
            store_id=target.store,
            order_id=target.order,
            amount=target.amount,
            authorisation=await target.authorised(session),
            bearer=edge.bearer,
        )
        [outcome] = await payments.pay(session, [command], now)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome.movement_id

    return act


def _card_payment(edge: Edge, asked: RehearsedPayment, funding: CardFunding) -> _Act:
    target = _Target(edge, asked)
    card = instruments.CardId(ids.parse("crd", funding.card))
    sealer = edge.services.sealer

    async def act(session: RehearsalSession, now: datetime) -> Moved:
        command = payments.PayByCard(
            payment_id=payments.PaymentId(ids.new_id()),
            movement_id=ledger.MovementId(ids.new_id()),
            store_id=target.store,
            order_id=target.order,
            amount=target.amount,
            card_id=card,
            authorisation=await target.authorised(session),
            bearer=edge.bearer,
        )
        begun = await payments.begin_card_payment(session, command, sealer=sealer, now=now)
        approved = await rails.as_if_approved(session, rails.OperationKind.PAYMENT, begun)
        return (await payments.finish_card_payment(session, approved, now=now)).movement_id

    return act


class _Target:
    """What both ways of paying a store have in common."""

    def __init__(self, edge: Edge, asked: RehearsedPayment) -> None:
        self.store = merchants.StoreId(ids.parse("sto", asked.payee))
        self.order = payments.OrderId(ids.parse("ord", asked.order)) if asked.order else None
        self.amount = asked.amount.money()
        self._bearer = edge.bearer
        self._terms = identity.AuthorisationTerms(
            purpose="payment", payee=asked.payee, amount=self.amount, order=asked.order or ""
        )

    async def authorised(self, session: RehearsalSession) -> identity.AuthorisationId:
        return await _authorised(session, self._bearer, self._terms)


def _transfer(edge: Edge, asked: RehearsedTransfer) -> _Act:
    payee, amount = ids.parse("cus", asked.payee), asked.amount.money()
    memo = transfers.clean_memo(asked.memo)
    terms = identity.AuthorisationTerms(purpose="transfer", payee=asked.payee, amount=amount)

    async def act(session: RehearsalSession, now: datetime) -> Moved:
        command = transfers.Send(
            transfer_id=transfers.TransferId(ids.new_id()),
            movement_id=ledger.MovementId(ids.new_id()),
            payee=payee,
            amount=amount,
            memo=memo,
            receive_code=asked.receive_code,
            authorisation=await _authorised(session, edge.bearer, terms),
            bearer=edge.bearer,
        )
        [outcome] = await transfers.send(session, [command], now)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome.movement_id

    return act


def _card_transfer(edge: Edge, asked: RehearsedCardTransfer) -> _Act:
    card, amount = instruments.CardId(ids.parse("crd", asked.card)), asked.amount.money()
    terms = identity.AuthorisationTerms(purpose=asked.act, payee=asked.card, amount=amount)
    begin = transfers.begin_top_up if asked.act == "top_up" else transfers.begin_withdrawal
    sealer = edge.services.sealer

    async def act(session: RehearsalSession, now: datetime) -> Moved:
        command = transfers.CardTransferCommand(
            card_id=card,
            amount=amount,
            authorisation=await _authorised(session, edge.bearer, terms),
            bearer=edge.bearer,
        )
        begun = await begin(session, command, sealer=sealer, now=now)
        kind = rails.OperationKind(asked.act)
        approved = await rails.as_if_approved(session, kind, begun)
        return (await transfers.finish_card_transfer(session, approved, now=now)).movement_id

    return act


async def _authorised(
    session: RehearsalSession, bearer: identity.Bearer, terms: identity.AuthorisationTerms
) -> identity.AuthorisationId:
    given = await identity.authorise_rehearsal(session, bearer, terms, now=machine_now())
    return identity.AuthorisationId(given)


async def _told(
    session: RehearsalSession, edge: Edge, moved: Moved, refusal: Refusal | None, now: datetime
) -> RehearsalBody:
    """How things stand in this transaction: after the act, or without it."""
    overview = await customers.limits(session, edge.customer_id, now=now)
    account = (await customers.wallet(session, edge.customer_id)).account_number
    balance = await ledger.balance(session, account, now=now)
    entry = await ledger.entry(session, account, moved) if moved else None
    problem = orjson.loads(bodies.body(refusal, request_id=None)) if refusal else None
    return RehearsalBody(
        passes=refusal is None,
        refusal=problem and Problem.model_validate(problem),
        entry=EntryWire.of(entry) if entry else None,
        balance=MoneyWire.of(balance.balance),
        available=MoneyWire.of(balance.available),
        limits=[limit_body(each) for each in overview.figures],
    )
