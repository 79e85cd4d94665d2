"""Reversals: a movement that should not have been is undone by its opposite."""

from datetime import datetime
from typing import Any, Final

from tael import ledger, payments, staff
from tael.kernel import ids
from tael.kernel.database import WriteSession
from tael.kernel.refusals import Refusal
from tael.ops import terms as read
from tael.ops.rehearsal import rehearse

KIND: Final = "ledger.reversal"
MEMO_MAX: Final = 100


def _movement(terms: staff.Terms) -> ledger.MovementId:
    read.only(terms, {"movement"}, {"memo"})
    found = read.text(terms, "movement", longest=64)
    return ledger.MovementId(ids.parse("mov", found))


def subject(terms: staff.Terms) -> str:
    """The movement that is to be undone."""
    read.text(terms, "memo", longest=MEMO_MAX)
    return ids.wire("mov", _movement(terms))


async def refuses(session: WriteSession, terms: staff.Terms, now: datetime) -> Refusal | None:
    """Why it cannot be undone now."""
    return await rehearse(session, _reverse(session, terms, now))


async def execute(session: WriteSession, approval: staff.Approval, now: datetime) -> dict[str, Any]:
    """Undo it; the customer sees both movements."""
    reversal = await _reverse(session, approval.terms, now)
    return {"movement": ids.wire("mov", reversal)}


async def _reverse(session: WriteSession, terms: staff.Terms, now: datetime) -> ledger.MovementId:
    memo = read.text(terms, "memo", longest=MEMO_MAX)
    return await payments.reverse_movement(session, _movement(terms), reason=memo, now=now)


REVERSAL: Final = staff.Approvable(KIND, subject, refuses, execute)
