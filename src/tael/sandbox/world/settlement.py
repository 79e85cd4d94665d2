"""The switch's settlement: its calendar, the day's file from its own books, and planted mistakes.

`GET /settlement/{YYYY-MM-DD}` gives the file of a day that is over by the switch's calendar, 404
before. The calendar goes with the bank's business clock: `POST /settlement/calendar {ahead_s}`.
`POST /settlement/plants {kind, day?, reference?, amount?}` orders a mistake into a day's file.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tael.codecs import settlement_file
from tael.codecs.settlement_file import FileLine, LineType, SettlementFile
from tael.kernel import masks
from tael.sandbox.world.books import PURCHASE, REFUND, Books

SWITCH: Final = "TAELSWITCH"
ACQUIRER: Final = "99900001"
CURRENCY: Final = "CNY"
AHEAD_MAX_S: Final = 50 * 366 * 86_400

_ZONE: Final = ZoneInfo("Asia/Shanghai")
_OFF_BY_MINOR: Final = 100
_INVENTED_MINOR: Final = 1_234


class PlantKind(StrEnum):
    """A mistake of the switch in one line of its file."""

    MISSING = "missing"
    """A line is left out, for good."""
    EXTRA = "extra"
    """A line stands there that nothing belongs to."""
    AMOUNT = "amount"
    """A line has another amount."""
    DUPLICATE = "duplicate"
    """A line stands there twice."""
    LATE = "late"
    """A line is left out and stands in the next day's file."""


class Settlement:
    """The desk that makes the files."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def today(self) -> date:
        """The switch's business day."""
        return self._books.now().astimezone(_ZONE).date()

    def file(self, day: date) -> SettlementFile | None:
        """What was settled on a day that is over; None before. The same each time."""
        if day >= self.today():
            return None
        late = list(self._left_out(day - timedelta(days=1)))
        lines = [*late, *self._planted(day)]
        return SettlementFile(day, SWITCH, ACQUIRER, CURRENCY, tuple(lines))

    def plant(self, kind: PlantKind, day: date, reference: str | None, amount: int | None) -> None:
        """Order a mistake into a day's file."""
        self._books.plant(kind.value, day.isoformat(), reference, amount)

    def _lines(self, day: date) -> list[FileLine]:
        return [_line(row) for row in self._books.settled_on(day.isoformat())]

    def _planted(self, day: date) -> list[FileLine]:
        lines = self._lines(day)
        for kind, reference, amount in self._plants(day):
            if kind is PlantKind.EXTRA:
                lines.append(_invented(day, len(lines), amount or _INVENTED_MINOR))
                continue
            at = _place(lines, reference)
            if at is None:
                continue
            if kind is PlantKind.AMOUNT:
                lines[at] = lines[at]._replace(amount=amount or lines[at].amount + _OFF_BY_MINOR)
            elif kind is PlantKind.DUPLICATE:
                lines.append(lines[at])
            else:
                del lines[at]
        return lines

    def _left_out(self, day: date) -> Iterator[FileLine]:
        """The lines of a day that come a day late."""
        lines = self._lines(day)
        for kind, reference, _amount in self._plants(day):
            at = _place(lines, reference)
            if kind is PlantKind.LATE and at is not None:
                yield lines[at]
            if kind in {PlantKind.LATE, PlantKind.MISSING} and at is not None:
                del lines[at]

    def _plants(self, day: date) -> Iterator[tuple[PlantKind, str | None, int | None]]:
        for row in self._books.plants(day.isoformat()):
            yield PlantKind(row["kind"]), row["reference"], row["amount"]


def routes(settlement: Settlement, books: Books) -> list[Route]:
    """The file for the acquirer; calendar and mistakes for whoever tries the bank."""

    async def give(request: Request) -> Response:
        try:
            file = settlement.file(date.fromisoformat(request.path_params["day"]))
        except ValueError:
            return JSONResponse({"error": "a day is YYYY-MM-DD"}, status_code=422)
        if file is None:
            return JSONResponse({"error": "that day is not over"}, status_code=404)
        return Response(settlement_file.write(file), media_type="text/plain; charset=us-ascii")

    async def plant(request: Request) -> Response:
        try:
            kind, day, reference, amount = _order(await request.json(), settlement.today())
        except (KeyError, TypeError, ValueError) as fault:
            return JSONResponse({"error": f"not an order: {fault}"}, status_code=422)
        settlement.plant(kind, day, reference, amount)
        return JSONResponse({"kind": kind, "day": day.isoformat()}, status_code=201)

    async def move(request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        ahead_s = body.get("ahead_s")
        if type(ahead_s) is not int or not 0 <= ahead_s <= AHEAD_MAX_S:
            return JSONResponse({"error": "ahead_s is a count of seconds"}, status_code=422)
        books.set_ahead(ahead_s)
        return JSONResponse({"today": settlement.today().isoformat()})

    return [
        Route("/settlement/calendar", move, methods=["POST"]),
        Route("/settlement/plants", plant, methods=["POST"]),
        Route("/settlement/{day}", give, methods=["GET"]),
    ]


def _order(body: dict[str, Any], today: date) -> tuple[PlantKind, date, str | None, int | None]:
    day = date.fromisoformat(body["day"]) if body.get("day") else today
    reference, amount = body.get("reference"), body.get("amount")
    if reference is not None and not isinstance(reference, str):
        raise ValueError("reference is a text")
    if amount is not None and (type(amount) is not int or amount <= 0):
        raise ValueError("amount is a whole number of fen above zero")
    return PlantKind(body["kind"]), day, reference, amount


def _place(lines: list[FileLine], reference: str | None) -> int | None:
    """Which line a mistake strikes: the first, or the one with this reference."""
    if reference is None:
        return 0 if lines else None
    return next((at for at, line in enumerate(lines) if line.reference == reference), None)


def _invented(day: date, number: int, amount: int) -> FileLine:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=_ZONE)
    reference = f"X{day:%y%m%d}{number:05}"
    card = masks.pan("9991019999999999")
    return FileLine(LineType.PURCHASE, 999_999, reference, amount, "00", card, at)


def _line(row: dict[str, Any]) -> FileLine:
    kind = LineType.PURCHASE if row["processing"] == PURCHASE else LineType.CREDIT
    if row["processing"] == REFUND:
        kind = LineType.REFUND
    if row["undone"]:
        kind = LineType.REVERSAL
    return FileLine(
        kind,
        int(row["stan"]),
        row["reference"],
        row["amount"],
        "00",
        masks.pan(row["number"]),
        datetime.fromisoformat(row["at"]),
    )
