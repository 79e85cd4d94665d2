"""Adjustments: the bank corrects its books by hand, between any two accounts."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tael import ledger, staff
from tael.kernel import ids
from tael.kernel.clock import business_day
from tael.kernel.database import WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.ops import terms as read
from tael.ops.errors import AccountUnknown, EffectiveDayRefused, SameAccount
from tael.ops.holders import holder_labels
from tael.ops.rehearsal import rehearse

KIND: Final = "ledger.adjustment"
MEMO_MAX: Final = 100
PAST_MAX: Final = timedelta(days=366)
"""How far back a correction may count; what is older is in closed books."""


def subject(terms: staff.Terms) -> str:
    """Both accounts, the amount and the day: the same correction is proposed once at a time."""
    debit, credit, amount, effective_on = _read(terms)
    day = effective_on.isoformat() if effective_on else "today"
    return f"{debit}>{credit} {amount.minor} {amount.currency.code} {day}"


async def refuses(session: WriteSession, terms: staff.Terms, now: datetime) -> Refusal | None:
    """Why it cannot be posted now."""
    return await rehearse(session, _post(session, terms, ids.new_id(), now))


async def execute(session: WriteSession, approval: staff.Approval, now: datetime) -> dict[str, Any]:
    """Post it; its reference is the approval."""
    movement = await _post(session, approval.terms, approval.id, now)
    return {"movement": ids.wire("mov", movement)}


def _read(
    terms: staff.Terms,
) -> tuple[ledger.AccountNumber, ledger.AccountNumber, Money, date | None]:
    read.only(terms, {"debit", "credit", "amount"}, {"memo", "effective_on"})
    read.text(terms, "memo", longest=MEMO_MAX)
    debit = ledger.AccountNumber(read.whole(terms, "debit"))
    credit = ledger.AccountNumber(read.whole(terms, "credit"))
    return debit, credit, read.money(terms, "amount"), read.day(terms, "effective_on")


async def _post(
    session: WriteSession, terms: staff.Terms, reference: UUID, now: datetime
) -> ledger.MovementId:
    debit, credit, amount, effective_on = _read(terms)
    if debit == credit:
        raise SameAccount
    _check_day(effective_on, now)
    found = await ledger.account_facts(session, [debit, credit], currency=amount.currency)
    for number in (debit, credit):
        if number not in found:
            raise AccountUnknown(account=number)
    labels = await holder_labels(session, found.values())
    book = await ledger.lock(session, [debit, credit], now=now, currency=amount.currency)
    refusal = book.refuses_debit(debit, amount) or book.refuses_credit(credit)
    if refusal is not None:
        raise refusal
    movement = ledger.MovementId(ids.new_id())
    book.post(
        ledger.Movement(
            id=movement,
            kind=ledger.MovementKind.ADJUSTMENT,
            postings=(ledger.Posting(debit, credit, amount),),
            reference=reference,
            payer_label=labels[debit],
            payee_label=labels[credit],
            memo=read.text(terms, "memo", longest=MEMO_MAX),
            at=now,
            effective_on=effective_on,
        )
    )
    await ledger.write(session, book)
    return movement


def _check_day(effective_on: date | None, now: datetime) -> None:
    today = business_day(now)
    first = today - PAST_MAX
    if effective_on is not None and not first <= effective_on <= today:
        raise EffectiveDayRefused(first=first.isoformat(), last=today.isoformat())


ADJUSTMENT: Final = staff.Approvable(KIND, subject, refuses, execute)
