"""One step of the bank's interest: the next set of wallets of the next day.

Where the work stands is one row, and its lock is the turn: several workers step one after the
other, a crash repeats at most one set, and days that were missed follow in their order. A day is
done in phases: accrue it (and look at the day before once more), revise older days for
what became known since, and on the last day of a settlement pay.
"""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from tael import customers, ledger
from tael.interest.accrue import accrue, accrue_wallet, next_day
from tael.interest.rate_table import rates_in_force
from tael.interest.rules import is_settled
from tael.interest.settle import credited_late, settle
from tael.kernel.database import WriteSession
from tael.ledger import AccountNumber

SET_MAX: Final = 500
"""The most wallets that one transaction accrues or pays."""
REVISED_MAX: Final = 100
"""The most wallets whose older days one transaction looks at again."""
LOOKED_BACK: Final = timedelta(days=1)
"""How much earlier than the day itself a late movement may have been posted to be looked for."""

_NOBODY: Final = UUID(int=0)


async def step(session: WriteSession, *, now: datetime) -> bool:
    """Do the next set; tells whether there may be another one at once."""
    progress = await session.fetchrow("SELECT phase, after FROM interest_progress FOR UPDATE")
    assert progress is not None, "the migration wrote the row"
    day = await next_day(session)
    if day is None or now < ledger.day_ends(day) + ledger.DAY_GRACE:
        return False
    after: UUID = progress["after"]
    match progress["phase"]:
        case "accrue":
            reached = await _accrue_some(session, day, after, now)
            following = "revise"
        case "revise":
            reached = await _revise_some(session, day, after, now)
            following = "settle" if is_settled(day) else "accrue"
        case _:
            reached = await _settle_some(session, day, after, now)
            following = "accrue"
    if reached is not None:
        await _move(session, day, progress["phase"], reached)
    else:
        done = following == "accrue"
        await _move(session, day + timedelta(days=1) if done else day, following, _NOBODY)
    return True


async def _accrue_some(session: WriteSession, day: date, after: UUID, now: datetime) -> UUID | None:
    """The next wallets of this day, and of the one before: a movement may have come in late."""
    wallets = await customers.wallets_as_of(
        session, ledger.day_ends(day), after=after, limit=SET_MAX
    )
    await accrue(session, day, wallets, now=now)
    if not wallets:
        return None
    before = day - timedelta(days=1)
    accounts = [wallet.account_number for wallet in wallets]
    known = await customers.accounts_as_of(session, ledger.day_ends(before), accounts)
    await accrue(session, before, known, now=now)
    return wallets[-1].customer_id


async def _revise_some(session: WriteSession, day: date, after: UUID, now: datetime) -> UUID | None:
    """Older days of the next wallets that a movement was dated to since.

    Interest that is paid late is dated to its day too, but no day after that was accrued before.
    """
    since = ledger.day_starts(day) - LOOKED_BACK
    late = await ledger.dated_before(
        session, day, since=since, after=AccountNumber(after.int), limit=REVISED_MAX
    )
    own = await credited_late(session, {each.at for each in late})
    earliest: dict[AccountNumber, date] = {}
    for each in late:
        if each not in own:
            earliest.setdefault(each.account, max(each.effective_on, rates_in_force().first_day))
    for account, first in earliest.items():
        days = [first + timedelta(days=ahead) for ahead in range((day - first).days)]
        await accrue_wallet(session, account, days, now=now)
    return UUID(int=late[-1].account) if late else None


async def _settle_some(session: WriteSession, day: date, after: UUID, now: datetime) -> UUID | None:
    wallets = await customers.wallets_as_of(
        session, ledger.day_ends(day), after=after, limit=SET_MAX
    )
    if not wallets:
        return None
    await settle(session, day, wallets, now=now)
    return wallets[-1].customer_id


async def _move(session: WriteSession, day: date, phase: str, after: UUID) -> None:
    tag = await session.execute(
        "UPDATE interest_progress SET day = $1, phase = $2, after = $3", day, phase, after
    )
    assert tag == "UPDATE 1", tag
