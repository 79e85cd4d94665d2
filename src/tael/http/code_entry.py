"""The steps of an operation that takes a code by SMS: send one, take one and act."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi.responses import Response
from pydantic import Field, StringConstraints

from tael import identity
from tael.http.edge import Answer, Edge
from tael.http.wire import Identifier, Instant, Wire
from tael.kernel import ids
from tael.kernel.clock import business_now, machine_now
from tael.kernel.database import WriteSession

SixDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$", strict=True), Field(repr=False)]
"""A code or a PIN; it shows in no log and no error."""

ACCEPTED = 202


class CodeSent(Wire):
    """A code is on its way; the reply is the same whether or not the number is known."""

    challenge: Identifier = Field(examples=["otp_01h455vb4pex5vsknk084sn02q"])
    phone_masked: str = Field(examples=["138****1234"])
    resend_after_s: int = Field(examples=[60])
    expires_at: Instant


class CodeTyped(Wire):
    """A code as it was entered."""

    challenge: Identifier = Field(examples=["otp_01h455vb4pex5vsknk084sn02q"])
    code: SixDigits = Field(examples=["271906"])


async def send_code(
    edge: Edge, phone: identity.Phone, purpose: identity.CodePurpose, language: str
) -> Response:
    """Send a code and answer with its challenge."""
    services = edge.services
    now = machine_now()

    async def take(session: WriteSession) -> None:
        await identity.count_code_request(
            session, phone, _origin(edge), sealer=services.sealer, now=now
        )

    await edge.count(take)
    request = identity.CodeRequest(
        phone=phone, purpose=purpose, device_id=edge.device_id, language=language
    )

    async def act(session: WriteSession, _now: datetime) -> CodeSent:
        sent = await identity.request_code(session, request, sealer=services.sealer, now=now)
        return CodeSent(
            challenge=ids.wire("otp", sent.challenge_id),
            phone_masked=sent.phone_masked,
            resend_after_s=sent.resend_after_s,
            expires_at=sent.expires_at,
        )

    return await edge.once(act, status=ACCEPTED)


CodeAct = Callable[[WriteSession, identity.RightCode, identity.Moment], Awaitable[Answer]]
"""What a right code is for: takes the transaction, the code to use, the time."""


async def with_code(
    edge: Edge, typed: CodeTyped, purpose: identity.CodePurpose, act: CodeAct
) -> Response:
    """Run an act for a right code; a wrong one costs a try, which no refusal gives back."""
    services = edge.services
    attempt = identity.CodeAttempt(
        challenge_id=ids.parse("otp", typed.challenge),
        purpose=purpose,
        device_id=edge.device_id,
        code=typed.code,
    )

    async def take(session: WriteSession) -> None:
        await identity.count_code_try(session, _origin(edge), now=machine_now())

    await edge.count(take)
    tried: identity.RightCode | identity.CodeWrong | identity.CodeSpent | None = None

    async def begin(session: WriteSession, _now: datetime) -> UUID:
        nonlocal tried
        tried = await identity.try_code(session, attempt, sealer=services.sealer, now=machine_now())
        return attempt.challenge_id

    async def finish(_challenge_id: UUID) -> Answer:
        # A retry after a crash did not run `begin`: it takes a try of its own.
        if tried is None:
            async with services.database.write() as session:
                await begin(session, machine_now())
        if not isinstance(tried, identity.RightCode):
            assert tried is not None
            raise tried
        async with services.database.write() as session:
            now = identity.Moment(machine=machine_now(), business=await business_now(session))
            return await act(session, tried, now)

    return await edge.steps(begin, finish)


def _origin(edge: Edge) -> identity.Origin:
    return identity.Origin(edge.device_id, edge.address)
