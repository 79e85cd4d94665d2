"""How a break is ended from the console: one proposes, another approves.

Terms: `{"break": "brk_…", "way": "post"}`, or `{"break": …, "way": "link", "with": "brk_…"}`.
"""

from datetime import datetime
from typing import Any, Final

from tael import staff
from tael.kernel import ids
from tael.kernel.database import WriteSession
from tael.kernel.refusals import InvalidRequest, Refusal
from tael.settlement.errors import BreakEnded, BreaksDoNotCancel
from tael.settlement.queries import read_break
from tael.settlement.resolve import link_breaks, post_break
from tael.settlement.states import BreakId, BreakState

KIND: Final = "settlement.resolve_break"
PREFIX: Final = "brk"


def _read(terms: staff.Terms) -> tuple[BreakId, BreakId | None]:
    """The break, and its other half where it is to be linked; refuses `request.invalid`."""
    way, named, other = terms.get("way"), terms.get("break"), terms.get("with")
    known = set(terms) <= {"break", "way", "with"} and isinstance(named, str)
    if not known or way not in {"post", "link"} or isinstance(other, str) != (way == "link"):
        raise InvalidRequest(
            errors=[{"where": "terms", "message": "break, way (post or link) and with for a link"}]
        )
    assert isinstance(named, str)
    half = BreakId(ids.parse(PREFIX, other)) if isinstance(other, str) else None
    return BreakId(ids.parse(PREFIX, named)), half


def subject(terms: staff.Terms) -> str:
    """The break that is to end."""
    return ids.wire(PREFIX, _read(terms)[0])


async def refuses(session: WriteSession, terms: staff.Terms, _now: datetime) -> Refusal | None:
    """Why it cannot be ended so now; refuses `settlement.break_not_found`."""
    break_id, other = _read(terms)
    found = await read_break(session, break_id)
    if found.state is not BreakState.OPEN:
        return BreakEnded()
    if other is None:
        return None
    half = await read_break(session, other)
    if half.state is not BreakState.OPEN:
        return BreakEnded()
    cancels = other != break_id and (found.difference + half.difference).minor == 0
    return None if cancels else BreaksDoNotCancel()


async def execute(session: WriteSession, approval: staff.Approval, now: datetime) -> dict[str, Any]:
    """End it, under its lock, with the reason that was given."""
    break_id, other = _read(approval.terms)
    if other is None:
        ended = await post_break(session, break_id, reason=approval.reason, now=now)
    else:
        ended = await link_breaks(session, break_id, other, reason=approval.reason, now=now)
    return {"movement": ids.wire("mov", ended.movement) if ended.movement else None}


RESOLVE_BREAK: Final = staff.Approvable(KIND, subject, refuses, execute)
