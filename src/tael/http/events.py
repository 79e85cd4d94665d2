"""Server-sent events: what a customer's open screen is told at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse

from tael import identity, notifications
from tael.http.edge import Edge
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
    edge: SignedIn, last_event_id: Annotated[int | None, Header(ge=0, le=2**62)] = None
) -> StreamingResponse:
    """Stream `money_in` and `wallet_changed`; a browser resumes by its Last-Event-ID."""
    return StreamingResponse(
        _stream(edge, last_event_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _stream(edge: Edge, last_seen: int | None) -> AsyncIterator[bytes]:
    """Notes from now on, or from the last that was seen, until the session ends."""
    services = edge.services
    async with services.live.screen(edge.customer_id) as woken:
        async with services.database.read() as session:
            newest = await notifications.live_position(session, edge.customer_id)
        seen = newest if last_seen is None else min(newest, last_seen)
        yield f"retry: 2000\nid: {seen}\n\n".encode()
        while True:
            woken.clear()
            async with services.database.read() as session:
                notes = await notifications.live_since(session, edge.customer_id, seen)
            for note in notes:
                seen = note.position
                yield _framed(note)
            if notes:
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), PING_S)
                continue
            if await session_of(edge.request, services) is None:
                return  # A signed-out screen hears nothing more.
            yield b": ping\n\n"


def _framed(note: notifications.LiveNote) -> bytes:
    """A note in the event-stream format of the HTML standard."""
    body = orjson.dumps(note.payload).decode()
    return f"id: {note.position}\nevent: {note.kind}\ndata: {body}\n\n".encode()
