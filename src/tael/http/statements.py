"""A wallet's months: what each began and ended with, and each as a file to keep."""

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from tael import identity, statements
from tael.http.edge import Edge
from tael.http.guards import SignedIn
from tael.http.problems import problems
from tael.http.wire import MoneyWire, Wire
from tael.kernel.clock import business_now
from tael.kernel.refusals import Overloaded

PDF: Final = "application/pdf"
CSV: Final = "text/csv; charset=utf-8"
CAMT: Final = "application/xml"

router: Final = APIRouter(tags=["statements"])

MonthText = Annotated[str, Field(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", examples=["2026-11"])]


class MonthWire(Wire):
    """One month of your wallet. `complete` is false for the one that is not over."""

    month: str = Field(examples=["2026-11"])
    opening: MoneyWire
    closing: MoneyWire
    entries: int = Field(examples=[42])
    volumes: int = Field(description="Into how many PDF files it goes.", examples=[1])
    complete: bool

    @classmethod
    def of(cls, brief: statements.MonthInBrief) -> "MonthWire":
        return cls(
            month=str(brief.month),
            opening=MoneyWire.of(brief.opening),
            closing=MoneyWire.of(brief.closing),
            entries=brief.entries,
            volumes=brief.volumes,
            complete=brief.complete,
        )


class MonthsWire(Wire):
    """Newest first. `next` leads to the following page."""

    months: list[MonthWire]
    next: str | None = Field(description="Give it as `before`; null on the last page.")


@router.get("/statements", responses=problems(identity.SignedOut, identity.PinRequired))
async def months(edge: SignedIn, before: Annotated[MonthText | None, Query()] = None) -> MonthsWire:
    """The months of your wallet with what each began and ended with, the newest first."""
    async with edge.services.database.snapshot() as session:
        now = await business_now(session)
        listed, rest = await statements.list_months(
            session,
            edge.customer_id,
            now=now,
            before=None if before is None else statements.Month.read(before),
        )
    return MonthsWire(
        months=[MonthWire.of(brief) for brief in listed], next=None if rest is None else str(rest)
    )


@router.get(
    "/statements/{month}.{form}",
    response_class=Response,
    responses={
        **problems(
            identity.SignedOut,
            identity.PinRequired,
            statements.errors.MonthNotFound,
            statements.errors.VolumeNotFound,
            statements.errors.NoSigningKey,
            Overloaded,
        ),
        200: {
            "description": "The file.",
            "content": {
                PDF: {"schema": {"type": "string", "format": "binary"}},
                "text/csv": {"schema": {"type": "string"}},
                CAMT: {"schema": {"type": "string"}},
            },
        },
    },
)
async def month_file(
    edge: SignedIn,
    month: str,
    form: Literal["pdf", "csv", "xml"],
    volume: Annotated[int, Query(ge=1, le=100_000, description="Of a PDF: which file.")] = 1,
) -> Response:
    """A month as a signed PDF, as CSV, or as ISO 20022 camt.053 (`xml`)."""
    wanted = statements.Month.read(month)
    if wanted is None:
        raise statements.errors.MonthNotFound
    async with edge.services.database.snapshot() as session:
        now = await business_now(session)
        told = await statements.statement(session, edge.customer_id, wanted, now=now)
    name = f"tael-{told.month}"
    if form == "pdf":
        part = f"-{volume}" if told.volumes > 1 else ""
        return Response(
            await _printed(edge, told, volume), media_type=PDF, headers=_named(f"{name}{part}.pdf")
        )
    pages = statements.pages(edge.services.database.read, told)
    written: AsyncIterator[bytes] = (
        statements.spreadsheet(told, pages) if form == "csv" else statements.camt053(told, pages)
    )
    return StreamingResponse(
        written, media_type=CSV if form == "csv" else CAMT, headers=_named(f"{name}.{form}")
    )


async def _printed(edge: Edge, told: statements.Statement, number: int) -> bytes:
    services = edge.services
    async with services.database.read() as session:
        opening, entries = await statements.volume(session, told, number)
    key = await statements.signing_key(services.database, services.settings)
    return await services.press.print(told, statements.Volume(number, opening, entries), key)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
