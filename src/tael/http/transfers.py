"""Sending money to persons, finding them, and receiving by code."""

import secrets
from base64 import b32encode
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ConfigDict, Field, StringConstraints

from tael import customers, identity, ledger, transfers
from tael.http.edge import CREATED, Edge
from tael.http.guards import SignedIn, SignedInAsking
from tael.http.problems import problems
from tael.http.transfers_wire import (
    Memo,
    PersonPayeeWire,
    TransferRequest,
    TransferWire,
)
from tael.http.wire import Instant, PositiveMoney, Wire
from tael.kernel import ids
from tael.kernel.database import WriteSession
from tael.kernel.refusals import TooMany

router: Final = APIRouter(tags=["transfers"])

LOOKUPS_MAX: Final = 20
LOOKUPS_WINDOW_S: Final = 600
"""Enough for a person who mistypes, too few to learn who of a town has a wallet."""
LOOKUPS_DAY_MAX: Final = 100
CODES_MAX: Final = 60
DAY_S: Final = 24 * 3600
TOKEN_BYTES: Final = 15


class FoundPayeeWire(PersonPayeeWire):
    """Whom a phone number belongs to; compare the mask with whom you mean."""

    first_time: bool = Field(description="You have not sent anything to this person yet.")


class RecentPayeeWire(PersonPayeeWire):
    """A person whom you sent money to."""

    last_at: Instant


class RecentPayees(Wire):
    """Latest first."""

    payees: list[RecentPayeeWire]


class Lookup(Wire):
    """A phone number, as people write it; +86 where no country is said."""

    phone: Annotated[str, StringConstraints(min_length=5, max_length=32)] = Field(
        examples=["138 0000 1234"]
    )


class ReceiveRequest(Wire):
    """Ask for a code to be paid by, with an amount or without."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"amount": {"value": 5000, "currency": "CNY"}, "memo": "午饭"}]
        }
    )

    amount: PositiveMoney | None = None
    memo: Memo | None = None


class ReceiveCodeWire(Wire):
    """A code to show. It leads to you until it expires, and says nothing about you."""

    payload: str = Field(description="EMVCo merchant-presented QR payload.")
    expires_at: Instant


@router.get("/payees/recent", responses=problems(identity.SignedOut, identity.PinRequired))
async def recent(edge: SignedIn) -> RecentPayees:
    """Persons whom you sent money to, latest first."""
    async with edge.services.database.read() as session:
        found = await transfers.recent_payees(session, edge.customer_id)
    payees = [
        RecentPayeeWire(**PersonPayeeWire.of(each.payee).model_dump(), last_at=each.last_at)
        for each in found
    ]
    return RecentPayees(payees=payees)


@router.post(
    "/payees/lookup",
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        TooMany,
        identity.PhoneInvalid,
        transfers.errors.PayeeNotFound,
        transfers.errors.SelfTransfer,
    ),
)
async def look_up(edge: SignedInAsking, body: Lookup) -> FoundPayeeWire:
    """Whom a phone number belongs to, masked. Rate limited, since an answer tells something."""
    who = f"payees.lookup:{edge.customer_id}"
    await edge.limit(who, limit=LOOKUPS_MAX, window_s=LOOKUPS_WINDOW_S)
    await edge.limit(f"{who}:day", limit=LOOKUPS_DAY_MAX, window_s=DAY_S)
    async with edge.services.database.read() as session:
        found = await transfers.look_up(
            session, edge.customer_id, body.phone, sealer=edge.services.sealer
        )
    payee = PersonPayeeWire.of(found.payee).model_dump()
    return FoundPayeeWire(**payee, first_time=found.first_time)


@router.post(
    "/transfers",
    status_code=CREATED,
    response_model=TransferWire,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.AuthorisationInvalid,
        customers.errors.WalletFrozen,
        customers.errors.LimitExceeded,
        customers.errors.PayeeCannotReceive,
        ledger.errors.InsufficientFunds,
        transfers.errors.SelfTransfer,
        transfers.errors.PayeeNotFound,
        transfers.errors.NewPayeeHeldBack,
        transfers.errors.NewPayeeLimitExceeded,
        transfers.errors.AmountChanged,
        transfers.errors.ReceiveCodeUnknown,
        transfers.errors.ReceiveCodeExpired,
        transfers.errors.ReceiveCodeUsed,
    ),
)
async def send(edge: SignedIn, body: TransferRequest) -> Response:
    """Send money to a person, as authorised with the PIN. It arrives at once."""
    return await edge.settle(edge.services.transfers, _command(edge, body))


@router.get(
    "/transfers/{transfer}",
    responses=problems(identity.SignedOut, identity.PinRequired, transfers.errors.TransferNotFound),
)
async def transfer(edge: SignedIn, transfer: str) -> TransferWire:
    """A transfer that you made."""
    transfer_id = transfers.TransferId(ids.parse("trf", transfer))
    async with edge.services.database.read() as session:
        return TransferWire.of(await transfers.transfer(session, edge.customer_id, transfer_id))


@router.post(
    "/receive-codes",
    status_code=CREATED,
    response_model=ReceiveCodeWire,
    responses=problems(identity.SignedOut, identity.PinRequired, TooMany),
)
async def receive_code(edge: SignedIn, body: ReceiveRequest) -> Response:
    """A code for others to scan and pay you by. With an amount it is good for one transfer."""
    limited = f"receive_codes:{edge.customer_id}"
    await edge.limit(limited, limit=CODES_MAX, window_s=LOOKUPS_WINDOW_S)
    amount = body.amount.money() if body.amount else None
    memo = transfers.clean_memo(body.memo or "")
    token = b32encode(secrets.token_bytes(TOKEN_BYTES)).decode()

    async def act(session: WriteSession, now: datetime) -> ReceiveCodeWire:
        wanted = transfers.WantedCode(edge.customer_id, amount, memo)
        code = await transfers.make_receive_code(session, wanted, token=token, now=now)
        payload = transfers.receive_payload(code)
        return ReceiveCodeWire(payload=payload, expires_at=code.expires_at)

    return await edge.once(act, status=CREATED)


def _command(edge: Edge, body: TransferRequest) -> transfers.Send:
    return transfers.Send(
        transfer_id=transfers.TransferId(ids.new_id()),
        movement_id=ledger.MovementId(ids.new_id()),
        payee=ids.parse("cus", body.payee),
        amount=body.amount.money(),
        memo=transfers.clean_memo(body.memo),
        receive_code=body.receive_code,
        authorisation=identity.AuthorisationId(ids.parse("aut", body.authorisation)),
        bearer=edge.bearer,
    )
