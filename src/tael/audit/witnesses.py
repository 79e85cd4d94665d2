"""Witnesses: others who check that the log only grew, and sign that they did (tlog-witness)."""

import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
import structlog

from tael.audit.notes import COSIGNATURE, NoteBroken, VerifierKey, read_line, split
from tael.kernel.settings import SettingsRefused

CONFLICT: Final = 409
ANSWER_MAX: Final = 16_384
"""Bytes of an answer that are read; a witness sends a line or two."""
_ID_BYTES: Final = 4

_log = structlog.get_logger(__name__)

Prove = Callable[[int], Awaitable[list[bytes]]]
"""Gives the consistency proof from a size to the checkpoint that is to be signed."""


@dataclass(slots=True)
class Witness:
    """One witness: its key, where it takes checkpoints, and the size that it saw last."""

    key: VerifierKey
    url: str
    seen: int = field(default=0)

    @classmethod
    def parse(cls, text: str) -> "Witness":
        """Read `VKEY URL`; raises `SettingsRefused`."""
        vkey, _, url = text.strip().partition(" ")
        try:
            key = VerifierKey.parse(vkey)
        except NoteBroken as fault:
            raise SettingsRefused(f"TAEL_LOG_WITNESSES: {fault}") from None
        if key.kind != COSIGNATURE or not url.startswith(("http://", "https://")):
            raise SettingsRefused("TAEL_LOG_WITNESSES: is COSIGNATURE-VKEY URL, joined by commas")
        return cls(key, url.strip().rstrip("/"))

    async def cosign(self, client: httpx.AsyncClient, note: str, size: int, prove: Prove) -> str:
        """The witness's signature lines for a checkpoint; nothing when it gives none.

        It is told from which size on it must look; if it remembers another, it says so and is
        asked once more.
        """
        try:
            answer = await self._ask(client, note, size, prove)
            if answer.status_code == CONFLICT and answer.text.strip().isdecimal():
                self.seen = int(answer.text)
                answer = await self._ask(client, note, size, prove)
            answer.raise_for_status()
            lines = self._lines(note, answer.text[:ANSWER_MAX])
        except (httpx.HTTPError, NoteBroken, AssertionError) as fault:
            _log.warning("audit.witness_failed", witness=self.key.name, exc_info=fault)
            return ""
        self.seen = size
        return lines

    async def _ask(
        self, client: httpx.AsyncClient, note: str, size: int, prove: Prove
    ) -> httpx.Response:
        if self.seen > size:
            raise NoteBroken(f"the witness has seen {self.seen} leaves of a log that has {size}")
        hashes = await prove(self.seen) if self.seen else []
        return await client.post(
            f"{self.url}/add-checkpoint",
            content=submission(self.seen, hashes, note).encode(),
            headers={"Content-Type": "text/plain; charset=utf-8"},
        )

    def _lines(self, note: str, answer: str) -> str:
        text, _ = split(note)
        kept = ""
        _, lines = split(f"{text}\n{answer}")
        for line in lines:
            name, signature = read_line(line)
            if (name, signature[:_ID_BYTES]) != (self.key.name, self.key.key_id):
                continue
            if not self.key.verifies(text, signature[_ID_BYTES:]):
                raise NoteBroken(f"{self.key.name} signed something else")
            kept += f"{line}\n"
        return kept


def submission(old: int, hashes: Sequence[bytes], note: str) -> str:
    """A checkpoint with the proof that it follows an older one, as witnesses take them."""
    lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)
    return f"old {old}\n{lines}\n{note}"
