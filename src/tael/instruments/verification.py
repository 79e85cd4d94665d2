"""The port to the card's bank for binding, and its HTTP adapter.

The bank compares the four elements (card, name, ID number, phone) and sends a code of its own to
the phone that it knows; later it says whether the code that the customer typed is that one.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Protocol
from uuid import UUID

import httpx

from tael.kernel import ids

TIMEOUT_S: Final = 6.0
"""How long the bank may take before its answer counts as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the customer told about a card: its four elements."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    """E.164."""


class CheckResult(StrEnum):
    """What the bank says about the elements."""

    CODE_SENT = "code_sent"
    """They belong together; the bank has sent its code."""
    MISMATCH = "mismatch"
    """They do not. Which one is wrong is not told."""
    CARD_RESTRICTED = "card_restricted"
    """They do, and the card may not be used."""


class CodeResult(StrEnum):
    """What the bank says about a code."""

    CONFIRMED = "confirmed"
    """It is the one that was sent."""
    WRONG_CODE = "wrong_code"
    """It is not."""
    EXPIRED = "expired"
    """It came too late."""
    TOO_MANY_TRIES = "too_many_tries"
    """Too many wrong ones came before."""
    UNKNOWN = "unknown"
    """The bank knows no such check."""


class BankUnsure(Exception):
    """The bank gave no answer that we understand: ask again with the same id."""


class CardVerification(Protocol):
    """Asks a card's bank. Asking twice with one id is asking once. Raises `BankUnsure`."""

    async def check(self, binding: UUID, told: Told) -> CheckResult:
        """Compare the elements, and have the code sent."""
        ...

    async def confirm(self, binding: UUID, code: str) -> CodeResult:
        """Compare a code; a right one stays right when asked again."""
        ...


class HttpCardVerification:
    """Speaks `POST {url}/card-verifications` and `POST {url}/card-verifications/{id}/confirm`."""

    def __init__(
        self, url: str | None, client: httpx.AsyncClient, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._url = None if url is None else url.rstrip("/")
        self._client = client
        self._timeout_s = timeout_s

    async def check(self, binding: UUID, told: Told) -> CheckResult:
        """What is asked about never reaches a log or an exception."""
        body = {
            "id": ids.wire("cbd", binding),
            "number": told.number,
            "name": told.name,
            "id_number": told.id_number,
            "phone": told.phone,
        }
        result = await self._post("/card-verifications", body)
        try:
            return CheckResult(result)
        except ValueError:
            raise BankUnsure("no such result") from None

    async def confirm(self, binding: UUID, code: str) -> CodeResult:
        """Nor does the code."""
        path = f"/card-verifications/{ids.wire('cbd', binding)}/confirm"
        result = await self._post(path, {"code": code})
        try:
            return CodeResult(result)
        except ValueError:
            raise BankUnsure("no such result") from None

    async def _post(self, path: str, body: dict[str, str]) -> str:
        if self._url is None:
            raise BankUnsure("no bank is configured: set TAEL_CARD_VERIFICATION_URL")
        try:
            reply = await self._client.post(self._url + path, json=body, timeout=self._timeout_s)
        except httpx.HTTPError as fault:
            raise BankUnsure(type(fault).__name__) from None
        if reply.status_code != HTTPStatus.OK:
            raise BankUnsure(f"HTTP {reply.status_code}")
        try:
            answer: dict[str, Any] = reply.json()
            return str(answer["result"])
        except (ValueError, KeyError, TypeError):
            raise BankUnsure("no result in the reply") from None
