"""The register's side of an identity check: is that the name at this number, and its face.

It knows the sandbox's people by their ID numbers, and takes anybody else at their word. It
cannot see: the face always matches. Names order it to misbehave: 拒… or Reject… is a
mismatch, 慢… or Slow… answers only after `SLOW_S`, so the first asker gives up, and who asks
again with the same id after that gets the verdict.
"""

import asyncio
import base64
import binascii
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tael.sandbox.world.people import CHEN, HAN, LI, WANG, ZHANG

SLOW_S: Final = 20.0
POLL_S: Final = 0.2
"""How soon a slow check notices that its asker has left."""

CHECKS_REMEMBERED: Final = 10_000

_REGISTER: Final = {person.id_number: person.name for person in (WANG, LI, HAN, ZHANG, CHEN)}
_REJECTED: Final = ("拒", "reject")
_SLOW: Final = ("慢", "slow")
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class Register:
    """Answers checks; the same id is one check, whatever is asked with it later."""

    def __init__(
        self, *, slow_s: float = SLOW_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._slow_s = slow_s
        self._clock = clock
        self._checks: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def check(self, check_id: str, name: str, id_number: str) -> tuple[str, float]:
        """The verdict, and in how many seconds it will be there."""
        if check_id not in self._checks:
            slow = name.lower().startswith(_SLOW)
            ready = self._clock() + (self._slow_s if slow else 0)
            self._checks[check_id] = (_verdict(name, id_number), ready)
            if len(self._checks) > CHECKS_REMEMBERED:
                self._checks.popitem(last=False)
        verdict, ready = self._checks[check_id]
        return verdict, max(0.0, ready - self._clock())


def routes(register: Register) -> list[Route]:
    """`POST /proofing/checks`: id, name, id_number, portrait (base64) → verdict."""

    async def check(request: Request) -> Response:
        try:
            check_id, name, id_number = _question(await request.json())
        except (KeyError, TypeError, ValueError) as fault:
            return JSONResponse({"error": f"not a check: {fault}"}, status_code=422)
        verdict, wait_s = register.check(check_id, name, id_number)
        while wait_s > 0 and not await request.is_disconnected():
            await asyncio.sleep(min(wait_s, POLL_S))
            verdict, wait_s = register.check(check_id, name, id_number)
        return JSONResponse({"id": check_id, "verdict": verdict})

    return [Route("/proofing/checks", check, methods=["POST"])]


def _verdict(name: str, id_number: str) -> str:
    known = _REGISTER.get(id_number)
    wrong = known is not None and known != name
    return "mismatch" if wrong or name.lower().startswith(_REJECTED) else "match"


def _question(body: dict[str, Any]) -> tuple[str, str, str]:
    texts = (body["id"], body["name"], body["id_number"])
    if not all(isinstance(text, str) and text for text in texts):
        raise ValueError("id, name and id_number are texts")
    try:
        portrait = base64.b64decode(body["portrait"], validate=True)
    except binascii.Error:
        raise ValueError("the portrait is base64") from None
    if not portrait.startswith(_PICTURES):
        raise ValueError("the portrait is a JPEG or PNG picture")
    return texts
