"""The port to whoever compares a name, an ID number and a face, and its HTTP adapter."""

import base64
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

import httpx

from tael.customers.people import Person

TIMEOUT_S: Final = 6.0
"""How long a check may take before its outcome counts as unknown."""


class Verdict(StrEnum):
    """What the checker says."""

    MATCH = "match"
    """Name and number belong together, and the portrait shows their holder."""
    MISMATCH = "mismatch"
    """They do not."""


class ProofingUnsure(Exception):
    """The checker gave no answer that we understand: ask again with the same id."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to the checker. The same id twice is one check with one answer."""

    id: UUID
    person: Person = field(repr=False)
    portrait: bytes = field(repr=False)


class IdentityProofing(Protocol):
    """Compares a person's name, ID number and face with the state's register."""

    async def check(self, inquiry: Inquiry) -> Verdict:
        """The verdict; raises `ProofingUnsure` when none came in time."""


class HttpProofing:
    """Speaks `POST {url}` with id, name, id_number and portrait; replies `{"verdict": …}`."""

    def __init__(
        self, url: str | None, client: httpx.AsyncClient, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._url = url
        self._client = client
        self._timeout_s = timeout_s

    async def check(self, inquiry: Inquiry) -> Verdict:
        """The verdict. What is asked about never reaches a log or an exception."""
        if self._url is None:
            raise ProofingUnsure("no checker is configured: set TAEL_PROOFING_URL")
        body = {
            "id": str(inquiry.id),
            "name": inquiry.person.name,
            "id_number": inquiry.person.id_number,
            "portrait": base64.b64encode(inquiry.portrait).decode(),
        }
        try:
            reply = await self._client.post(self._url, json=body, timeout=self._timeout_s)
        except httpx.HTTPError as fault:
            raise ProofingUnsure(type(fault).__name__) from None
        if reply.status_code != HTTPStatus.OK:
            raise ProofingUnsure(f"HTTP {reply.status_code}")
        try:
            return Verdict(reply.json()["verdict"])
        except (ValueError, KeyError, TypeError):
            raise ProofingUnsure("no verdict in the reply") from None
