"""Top-ups and withdrawals, and what of them is not certain yet."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from tael import customers, identity, instruments, ledger, rails, transfers
from tael.http.cards import BankName
from tael.http.declines import Decline
from tael.http.edge import CREATED, Edge
from tael.http.guards import SignedIn
from tael.http.problems import problems
from tael.http.wire import Identifier, Instant, MoneyWire, PositiveMoney, Wire
from tael.kernel import ids
from tael.kernel.database import ReadSession, WriteSession
from tael.transfers import CardTransferKind, CardTransferState

router: Final = APIRouter(tags=["card transfers"])


class CardTransferAsked(Wire):
    """How much to move with which card, as authorised with the PIN."""

    card: Identifier = Field(examples=["crd_01h455vb4pex5vsknk084sn02q"])
    amount: PositiveMoney
    authorisation: Identifier = Field(examples=["aut_01h455vb4pex5vsknk084sn02q"])


class CardNamed(Wire):
    """The card, as lists name it."""

    card: str = Field(examples=["crd_01h455vb4pex5vsknk084sn02q"])
    bank_name: BankName
    last4: str = Field(examples=["0016"])


class CardTransferBody(Wire):
    """A top-up or withdrawal. Pending is not final before `final_by`; the money is safe."""

    id: str = Field(examples=["top_01h455vb4pex5vsknk084sn02q"])
    kind: CardTransferKind
    state: CardTransferState
    amount: MoneyWire
    card: CardNamed
    movement: str | None = Field(description="The movement in the history, once money moved.")
    final_by: Instant | None = Field(description="By when a pending one will be certain.")
    decline: Decline | None
    at: Instant


class CardTransfersBody(Wire):
    """Card transfers, the newest first."""

    card_transfers: list[CardTransferBody]


_BEGIN_REFUSALS: Final = (
    identity.SignedOut,
    identity.PinRequired,
    identity.AuthorisationInvalid,
    customers.errors.WalletFrozen,
    customers.errors.WalletClosed,
    instruments.errors.CardUnknown,
    transfers.card_errors.AmountOutOfRange,
    transfers.card_errors.SameAmountPending,
)


@router.post(
    "/top-ups",
    status_code=CREATED,
    response_model=CardTransferBody,
    responses=problems(
        *_BEGIN_REFUSALS,
        instruments.errors.CardCannotTopUp,
        customers.errors.BalanceCapExceeded,
    ),
)
async def top_up(edge: SignedIn, asked: CardTransferAsked) -> Response:
    """Fill the wallet from a debit card. The reply may be `pending`: then it is not final yet."""
    return await _move(edge, asked, transfers.begin_top_up)


@router.get("/top-ups/{top_up}", responses=problems(transfers.card_errors.CardTransferNotFound))
async def see_top_up(edge: SignedIn, top_up: str) -> CardTransferBody:
    """A top-up of yours, as it stands now."""
    return await _see(edge, CardTransferKind.TOP_UP, top_up)


@router.post(
    "/withdrawals",
    status_code=CREATED,
    response_model=CardTransferBody,
    responses=problems(
        *_BEGIN_REFUSALS,
        instruments.errors.CardCannotWithdraw,
        customers.errors.LimitExceeded,
        ledger.errors.InsufficientFunds,
    ),
)
async def withdraw(edge: SignedIn, asked: CardTransferAsked) -> Response:
    """Take money out to an own debit card. While `pending`, the money is set aside."""
    return await _move(edge, asked, transfers.begin_withdrawal)


@router.get(
    "/withdrawals/{withdrawal}", responses=problems(transfers.card_errors.CardTransferNotFound)
)
async def see_withdrawal(edge: SignedIn, withdrawal: str) -> CardTransferBody:
    """A withdrawal of yours, as it stands now."""
    return await _see(edge, CardTransferKind.WITHDRAWAL, withdrawal)


@router.get("/card-transfers", responses=problems(identity.SignedOut, identity.PinRequired))
async def see_pending(
    edge: SignedIn,
    state: Annotated[Literal["pending"], Query()] = "pending",  # noqa: ARG001 - the one state asked for
) -> CardTransfersBody:
    """Top-ups and withdrawals that are not certain yet."""
    async with edge.services.database.read() as session:
        found = await transfers.pending_card_transfers(session, edge.customer_id)
        return CardTransfersBody(card_transfers=await _bodies(session, found))


_Begin = Callable[..., Awaitable[transfers.CardTransferId]]


async def _move(edge: Edge, asked: CardTransferAsked, begin_one: _Begin) -> Response:
    """Begin, ask the card's bank, and answer with what is certain by then."""
    services = edge.services
    command = transfers.CardTransferCommand(
        card_id=instruments.CardId(ids.parse("crd", asked.card)),
        amount=asked.amount.money(),
        authorisation=ids.parse("aut", asked.authorisation),
        bearer=edge.bearer,
    )

    async def begin(session: WriteSession, now: datetime) -> UUID:
        return await begin_one(session, command, sealer=services.sealer, now=now)

    async def finish(subject: UUID) -> CardTransferBody:
        moved = await transfers.perform_card_transfer(
            services.database,
            services.switch,
            transfers.CardTransferId(subject),
            sealer=services.sealer,
        )
        async with services.database.write() as session:
            [body] = await _bodies(session, [moved])
        return body

    return await edge.steps(begin, finish, status=CREATED)


async def _see(edge: Edge, kind: CardTransferKind, named: str) -> CardTransferBody:
    transfer_id = transfers.CardTransferId(ids.parse(transfers.PREFIXES[kind], named))
    async with edge.services.database.read() as session:
        found = await transfers.card_transfer(session, edge.customer_id, kind, transfer_id)
        [body] = await _bodies(session, [found])
    return body


async def _bodies(
    session: ReadSession, found: Sequence[transfers.CardTransfer]
) -> list[CardTransferBody]:
    cards = await instruments.cards_by_ids(session, [each.card_id for each in found])
    operations = await rails.operations(session, [each.operation_id for each in found])
    return [
        _body(each, cards[each.card_id], operations[each.operation_id].final_by) for each in found
    ]


def _body(
    found: transfers.CardTransfer, card: instruments.Card, final_by: datetime
) -> CardTransferBody:
    pending = found.state is CardTransferState.PENDING
    declined = found.state is CardTransferState.DECLINED
    return CardTransferBody(
        id=ids.wire(transfers.PREFIXES[found.kind], found.id),
        kind=found.kind,
        state=found.state,
        amount=MoneyWire.of(found.amount),
        card=CardNamed(
            card=ids.wire("crd", card.id), bank_name=BankName.of(card.bank), last4=card.last4
        ),
        movement=None if found.movement_id is None else ids.wire("mov", found.movement_id),
        final_by=final_by if pending else None,
        decline=Decline.of(found.response_code) if declined else None,
        at=found.at,
    )
