"""The issuers' side of binding a card: the four elements, and the code that the bank itself sends.

An acquirer asks whether card, name, ID and phone belong together; if so the bank texts a code to
the phone that *it* knows. A wrong set gets one answer, whichever element is wrong, so that
nobody can learn the elements one by one.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tael.sandbox.world.books import Books
from tael.sandbox.world.inbox import national
from tael.sandbox.world.people import ISSUERS

CODE_LIFE_S: Final = 300
TRIES_MAX: Final = 5

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS verifications (
    id TEXT PRIMARY KEY, number TEXT NOT NULL, result TEXT NOT NULL, code TEXT NOT NULL,
    phone TEXT NOT NULL, expires_at REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0
) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """What the acquirer was told by the person who holds the card."""

    number: str
    name: str
    id_number: str
    phone: str


class Verifications:
    """The issuers' desk for four-element checks."""

    def __init__(self, path: Path, books: Books, send: Callable[[str, str], object]) -> None:
        self._books = books
        self._send = send
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def check(self, verification: str, told: Elements) -> dict[str, object]:
        """Compare the elements and text a code; the same id gets the same answer, no new text."""
        known = self._find(verification)
        if known is not None:
            return {"result": known["result"], "expires_in_s": CODE_LIFE_S}
        card = self._books.card(told.number)
        matched = card is not None and _same(card, told)
        if card is not None and matched and card["status"] != "active":
            result = "card_restricted"
        else:
            result = "code_sent" if matched else "mismatch"
        code = f"{secrets.randbelow(10**6):06d}"
        self._connection.execute(
            "INSERT INTO verifications VALUES (?, ?, ?, ?, ?, ?, 0)",
            (verification, told.number, result, code, told.phone, time.time() + CODE_LIFE_S),
        )
        if card is not None and result == "code_sent":
            self._send(str(card["phone"]), _text(str(card["bank"]), code, told.number))
        return {"result": result, "expires_in_s": CODE_LIFE_S}

    def confirm(self, verification: str, code: str) -> dict[str, object]:
        """Take the code that the holder read; right once is right for ever."""
        known = self._find(verification)
        if known is None or known["result"] not in {"code_sent", "confirmed"}:
            return {"result": "unknown"}
        if known["result"] == "code_sent" and known["expires_at"] < time.time():
            return {"result": "expired"}
        if known["tries"] >= TRIES_MAX:
            return {"result": "too_many_tries"}
        if not secrets.compare_digest(known["code"], code):
            self._connection.execute(
                "UPDATE verifications SET tries = tries + 1 WHERE id = ?", (verification,)
            )
            return {"result": "wrong_code", "tries_left": TRIES_MAX - known["tries"] - 1}
        self._connection.execute(
            "UPDATE verifications SET result = 'confirmed' WHERE id = ?", (verification,)
        )
        return {"result": "confirmed"}

    def _find(self, verification: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(
            "SELECT * FROM verifications WHERE id = ?", (verification,)
        ).fetchone()
        return row


def routes(verifications: Verifications) -> list[Route]:
    """The issuers' HTTP end, as an acquirer's gateway offers it."""

    async def check(request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        told = Elements(
            number=body["number"],
            name=body["name"],
            id_number=body["id_number"],
            phone=body["phone"],
        )
        return JSONResponse(verifications.check(body["id"], told))

    async def confirm(request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        answer = verifications.confirm(request.path_params["verification"], body["code"])
        return JSONResponse(answer)

    return [
        Route("/card-verifications", check, methods=["POST"]),
        Route("/card-verifications/{verification}/confirm", confirm, methods=["POST"]),
    ]


def _same(card: dict[str, object], told: Elements) -> bool:
    return (
        card["name"] == told.name
        and str(card["id_number"]).upper() == told.id_number.upper()
        and national(str(card["phone"])) == national(told.phone)
    )


def _text(bank: str, code: str, number: str) -> str:
    issuer = ISSUERS[bank]
    return (
        f"【{issuer.name_zh}】验证码 {code}，您正在将尾号 {number[-4:]} 的银行卡绑定到数字钱包，"
        f"5 分钟内有效，请勿告诉他人。{issuer.name_en}: {code} binds your card ending"
        f" {number[-4:]} to a wallet. Never share it."
    )
