"""The transparency log, for anybody: no sign-in, cacheable, in the formats of C2SP.

It tells nothing about anybody: tiles and entries are hashes, and what they stand for only
opens with salts that the customers have.
"""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse, Response

from tael import audit
from tael.http.errors import NotFound
from tael.http.guards import services_of
from tael.http.wire import Instant, Wire

PREFIX: Final = "/log"

router: Final = APIRouter(prefix=PREFIX, include_in_schema=False)

_OPEN: Final = {
    # Anybody's page may read it, and verify it by itself.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_GROWS: Final = _OPEN | {"Cache-Control": "public, max-age=1"}
_STAYS: Final = _OPEN | {"Cache-Control": "public, max-age=31536000, immutable"}

Size = Annotated[int, Path(ge=1, le=2**53)]


class DayWire(Wire):
    """The last checkpoint of a day, with the proof that it follows that of the day before."""

    day: date
    size: int
    at: Instant
    checkpoint: str


class DaysWire(Wire):
    """Newest day first."""

    days: list[DayWire]


class KeyWire(Wire):
    """A key that signs, or signed. The keys before it have signed its announcement."""

    key: str
    signs_from: Instant
    signs_until: Instant | None
    announcement: str


class KeysWire(Wire):
    """Oldest first."""

    keys: list[KeyWire]


@router.get("/checkpoint")
async def checkpoint(request: Request) -> Response:
    """The newest checkpoint: a signed note."""
    async with services_of(request).database.read() as session:
        newest = await audit.checkpoint(session)
    return PlainTextResponse(newest.note, headers=_GROWS)


@router.get("/tile/entries/{rest:path}")
async def entries(request: Request, rest: str) -> Response:
    """Up to 256 entries, each after its length."""
    async with services_of(request).database.read() as session:
        return _octets(await audit.entries(session, rest))


@router.get("/tile/{level}/{rest:path}")
async def tile(request: Request, level: str, rest: str) -> Response:
    """Up to 256 hashes of one level of the tree."""
    async with services_of(request).database.read() as session:
        return _octets(await audit.tile(session, level, rest))


@router.get("/consistency/{old}")
async def growth_since(request: Request, old: Size) -> Response:
    """The newest checkpoint, with the proof that it follows an older one."""
    async with services_of(request).database.read() as session:
        return PlainTextResponse(await audit.growth_since(session, old), headers=_GROWS)


@router.get("/consistency/{old}/{new}")
async def growth_between(request: Request, old: Size, new: Size) -> Response:
    """A checkpoint that is still kept, with the proof that it follows an older one."""
    async with services_of(request).database.read() as session:
        return PlainTextResponse(await audit.growth_since(session, old, new), headers=_STAYS)


@router.get("/days")
async def days(request: Request) -> Response:
    """The last checkpoint of each day, linked by proofs of growth."""
    async with services_of(request).database.snapshot() as session:
        linked = await audit.linked_days(session)
    wire = DaysWire(
        days=[DayWire(day=c.day, size=c.size, at=c.at, checkpoint=text) for c, text in linked]
    )
    return _json(wire)


@router.get("/keys")
async def keys(request: Request) -> Response:
    """The keys that sign checkpoints, and those that did."""
    async with services_of(request).database.read() as session:
        known = await audit.log_keys(session)
    wire = KeysWire(
        keys=[
            KeyWire(
                key=str(one.verifier),
                signs_from=one.signs_from,
                signs_until=one.signs_until,
                announcement=one.announcement,
            )
            for one in known
        ]
    )
    return _json(wire)


@router.get("/{rest:path}")
async def nothing() -> Response:
    """Refuse what is no part of the log, where the app would show a screen."""
    raise NotFound


def _octets(packed: bytes) -> Response:
    return Response(packed, media_type="application/octet-stream", headers=_STAYS)


def _json(wire: Wire) -> Response:
    return Response(wire.model_dump_json(), media_type="application/json", headers=_GROWS)
