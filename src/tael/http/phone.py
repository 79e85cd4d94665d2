"""Moving a wallet to another phone number."""

from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from tael import identity
from tael.http.code_entry import ACCEPTED, CodeSent, CodeTyped, send_code, with_code
from tael.http.edge import Answer
from tael.http.guards import SignedIn
from tael.http.identity import PhoneTyped, SessionBody, signed_in
from tael.http.problems import problems
from tael.http.wire import Identifier, Wire
from tael.kernel import ids
from tael.kernel.database import WriteSession
from tael.kernel.refusals import TooMany

router: Final = APIRouter(tags=["identity"])


class NewPhone(Wire):
    """The number to move to."""

    phone: PhoneTyped = Field(examples=["13900005678"])


class PhoneConfirmed(CodeTyped):
    """The code from the new number, and the PIN's authorisation for `change_phone`."""

    authorisation: Identifier = Field(examples=["aut_01h455vb4pex5vsknk084sn02q"])


@router.post(
    "/phone/codes",
    status_code=ACCEPTED,
    response_model=CodeSent,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.PhoneInvalid,
        identity.CodeTooSoon,
        TooMany,
    ),
)
async def ask_for_code(edge: SignedIn, given: NewPhone) -> Response:
    """Send a code to the new number; nothing tells whether the number has a wallet."""
    phone = identity.Phone.parse(given.phone)
    async with edge.services.database.read() as session:
        language = await identity.language_of(session, edge.customer_id)
    assert language is not None, "a full session has a principal"
    return await send_code(edge, phone, identity.CodePurpose.CHANGE_PHONE, language)


@router.post(
    "/phone",
    response_model=SessionBody,
    responses=problems(
        identity.SignedOut,
        identity.PinRequired,
        identity.CodeWrong,
        identity.CodeSpent,
        identity.AuthorisationInvalid,
        identity.PhoneUnavailable,
        TooMany,
    ),
)
async def move(edge: SignedIn, given: PhoneConfirmed) -> Response:
    """Move the wallet to the confirmed number; the old one is told, other sessions end.

    For a day after it, no transfer goes to a new payee.
    """
    bearer = identity.Bearer(edge.customer_id, edge.view.session_id)
    authorisation_id = ids.parse("aut", given.authorisation)

    async def act(session: WriteSession, right: identity.RightCode, now: identity.Moment) -> Answer:
        change = identity.PhoneChange(right, authorisation_id)
        signed = await identity.change_phone(
            session, bearer, change, sealer=edge.services.sealer, now=now
        )
        return await signed_in(edge, session, signed)

    return await with_code(edge, given, identity.CodePurpose.CHANGE_PHONE, act)
