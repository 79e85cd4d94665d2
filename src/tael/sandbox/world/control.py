"""How the sandbox is told to misbehave, and how its books are read for comparison."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tael.codecs.response_codes import ResponseCode
from tael.sandbox.world.books import CODES, Books
from tael.sandbox.world.modes import Mode, ModeKind, Modes, Traffic, When
from tael.sandbox.world.people import ISSUERS, CardKind, Person


def routes(books: Books, modes: Modes) -> list[Route]:
    """Control, books and cards. Loopback only, like all of the sandbox."""

    async def order(request: Request) -> Response:
        try:
            mode = _mode(await request.json())
        except (KeyError, TypeError, ValueError) as fault:
            return JSONResponse({"error": f"not an order: {fault}"}, status_code=422)
        modes.order(mode)
        return JSONResponse({"standing": [_shown(held) for held in modes.standing()]})

    async def show_modes(_request: Request) -> Response:
        return JSONResponse({"standing": [_shown(held) for held in modes.standing()]})

    async def totals(_request: Request) -> Response:
        return JSONResponse(books.totals())

    async def cards(_request: Request) -> Response:
        return JSONResponse({"cards": [_card(card) for card in books.cards()]})

    async def issue(request: Request) -> Response:
        try:
            number = _issue(books, await request.json())
        except (KeyError, TypeError, ValueError) as fault:
            return JSONResponse({"error": f"no card: {fault}"}, status_code=422)
        return JSONResponse({"number": number}, status_code=201)

    return [
        Route("/control", order, methods=["POST"]),
        Route("/control", show_modes, methods=["GET"]),
        Route("/books", totals, methods=["GET"]),
        Route("/cards", cards, methods=["GET"]),
        Route("/cards", issue, methods=["POST"]),
    ]


def _mode(body: dict[str, Any]) -> Mode:
    count = body.get("count", 1)
    if count is not None and (type(count) is not int or count < 1):
        raise ValueError("count is a whole number from 1, or null for all that follow")
    card = body.get("card")
    if card is not None and not isinstance(card, str):
        raise ValueError("card is a number in text, or its last four digits")
    return Mode(
        kind=ModeKind(body["mode"]),
        traffic=Traffic(body.get("traffic", Traffic.FINANCIAL)),
        card=card,
        count=count,
        seconds=float(body.get("seconds", 2.0)),
        code=CODES[body.get("code", ResponseCode.DO_NOT_HONOUR.value)],
        when=When(body.get("when", When.AFTER)),
    )


def _shown(mode: Mode) -> dict[str, object]:
    return {
        "mode": mode.kind,
        "traffic": mode.traffic,
        "card": mode.card[-4:] if mode.card else None,
        "count": mode.count,
        "seconds": mode.seconds,
        "code": mode.code,
        "when": mode.when,
    }


def _card(card: dict[str, object]) -> dict[str, object]:
    return {
        "number": card["number"],
        "bank": card["bank"],
        "kind": card["kind"],
        "name": card["name"],
        "id_number": card["id_number"],
        "phone": card["phone"],
        "status": card["status"],
        "balance": card["balance"],
    }


def _issue(books: Books, body: dict[str, Any]) -> str:
    bank = body.get("bank", "demo")
    if bank not in ISSUERS:
        raise ValueError(f"no bank {bank!r}")
    balance = body.get("balance", 1_000_000)
    if type(balance) is not int or balance < 0:
        raise ValueError("balance is a whole number of fen")
    holder = Person(
        name=str(body["name"]), id_number=str(body["id_number"]), phone=str(body["phone"])
    )
    kind = CardKind(body.get("kind", CardKind.DEBIT))
    return books.issue(holder, bank, kind, balance, status=str(body.get("status", "active")))
