"""Server-sent events: what a customer's open screen is told at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse

from tael import identity, notifications
from tael.http.guards import SignedIn, session_of
from tael.http.problems import problems

PING_S: Final = 15

router = APIRouter(tags=["live"])


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={
        **problems(identity.SignedOut, identity.PinRequired),
        200: {"content": {"text/event-stream": {}}, "description": "Notes as they happen."},
    },
)
async def events(
    edge: SignedIn,
    request: Request,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**62)] = None,
) -> StreamingResponse:
    """Stream `money_in` and `wallet_changed`; a browser resumes by its Last-Event-ID."""

    async def stream() -> AsyncIterator[bytes]:
        services = edge.services
        async with services.live.screen(edge.customer_id) as woken:
            async with services.database.read() as session:
                seen = await notifications.live_position(session, edge.customer_id)
            if last_event_id is not None:
                seen = min(seen, last_event_id)
            yield f"retry: 2000\nid: {seen}\n\n".encode()
            while True:
                woken.clear()
                async with services.database.read() as session:
                    notes = await notifications.live_since(session, edge.customer_id, seen)
                for note in notes:
                    seen = note.position
                    data = orjson.dumps(note.payload).decode()
                    yield f"id: {seen}\nevent: {note.kind}\ndata: {data}\n\n".encode()
                if notes:
                    continue
                try:
                    await asyncio.wait_for(woken.wait(), PING_S)
                except TimeoutError:
                    # A signed-out screen hears nothing more.
                    if await session_of(request, services) is None:
                        return
                    yield b": ping\n\n"

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )
