"""R11: clocks that jump: nothing is accrued, expired or reported twice, and nothing goes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from campaign import invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.load import Ledger, a_crowd
from campaign.plan import Counts, Plan, Row, RowResult
from tael.kernel.clock import SHANGHAI, advance, business_day, business_now, machine_now

LIBRARIES: Final = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
LOAD_S: Final = 3.0
BEFORE_MIDNIGHT: Final = timedelta(seconds=2)
CLOSED_WITHIN_S: Final = 90.0
_POLL_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """A bank whose processes' machine clock is told by a file."""

    bank: Bank
    machine: Path

    def jump(self, by: timedelta) -> None:
        """Set the machine clock of every process of the bank this far off, at once."""
        draft = self.machine.with_suffix(".draft")
        draft.write_text(f"{by.total_seconds():+.0f}s\n", encoding="utf-8")
        draft.replace(self.machine)


Jump = Callable[[Place, int], Awaitable[list[str]]]


def machine(by: timedelta) -> Jump:
    """The machine clock jumps, people go on, it jumps back, people go on."""

    async def case(place: Place, seed: int) -> list[str]:
        failures = []
        for off in (by, timedelta()):
            place.jump(off)
            failures += await _business_as_usual(place, seed, off)
        return failures

    return case


def business(by: timedelta) -> Jump:
    """The business clock jumps ahead; it never goes back."""

    async def case(place: Place, seed: int) -> list[str]:
        await _advance(place.bank, by)
        return await _business_as_usual(place, seed) + await _reports_once(place.bank)

    return case


def over_midnight(after: Callable[[datetime], datetime]) -> Jump:
    """The business clock passes a midnight in Shanghai under load."""

    async def case(place: Place, seed: int) -> list[str]:
        async with place.bank.database.read() as session:
            now = await business_now(session)
        midnight = after(now.astimezone(SHANGHAI))
        crowd = await a_crowd(place.bank, seed=seed, people=8, with_cards=1)
        await _advance(place.bank, midnight - BEFORE_MIDNIGHT - now)
        told = await crowd.for_a_while(2 * BEFORE_MIDNIGHT.total_seconds() + 1)
        failures = await invariants.check_all(place.bank, told, clock_went_back=True)
        return failures + await _reports_once(place.bank)

    return case


def _next_month(now: datetime) -> datetime:
    year, month = divmod(now.year * 12 + now.month, 12)
    return datetime(year, month + 1, 1, tzinfo=SHANGHAI)


def _next_year(now: datetime) -> datetime:
    return datetime(now.year + 1, 1, 1, tzinfo=SHANGHAI)


def _next_interest_day(now: datetime) -> datetime:
    """The midnight after the 20th of a quarter's last month."""
    month = (now.month + 2) // 3 * 3
    found = datetime(now.year, month, 21, tzinfo=SHANGHAI)
    following = datetime(now.year + (month == 12), month % 12 + 3, 21, tzinfo=SHANGHAI)
    return found if found > now else following


def _summer_time(now: datetime) -> datetime:
    """New York's next change to summer time: where the server stands makes no difference."""
    return datetime(now.year + 1, 3, 14, 7, tzinfo=UTC)


def _leap_day(now: datetime) -> datetime:
    year = next(each for each in range(now.year + 1, now.year + 9) if each % 4 == 0)
    return datetime(year, 2, 29, tzinfo=SHANGHAI)


CASES: Final[dict[str, Jump]] = {
    "machine +1 h": machine(timedelta(hours=1)),
    "machine -1 h": machine(-timedelta(hours=1)),
    "machine +30 d": machine(timedelta(days=30)),
    "machine -30 d": machine(-timedelta(days=30)),
    "machine a second, again and again": machine(timedelta(seconds=1)),
    "business +1 h": business(timedelta(hours=1)),
    "end of a month": over_midnight(_next_month),
    "the day on which interest is paid": over_midnight(_next_interest_day),
    "end of a year": over_midnight(_next_year),
    "business +30 d": business(timedelta(days=30)),
    "summer time begins elsewhere": over_midnight(_summer_time),
    "leap day": over_midnight(_leap_day),
}
ROW: Final = Row(
    "R11",
    goal="clock jumps: no interest, expiry or report twice; numbers never go back",
    unit="cases",
    attempts=Counts(ci=len(CASES), release=len(CASES)),
    budget_s=Counts(ci=280, release=3_600),
)
CONTROL: Final = "a day that is closed or accrued twice is refused by the schema (tests/ledger)"


def _library() -> str | None:
    return next((each for each in LIBRARIES if Path(each).exists()), None)


async def run(plan: Plan) -> RowResult:
    """One bank for all cases: its business clock only goes forward."""
    library = _library()
    if library is None:
        return plan.skip("libfaketime is not installed (Debian: apt install libfaketime)")
    machine_file = (plan.folder / "machine-clock").resolve()
    machine_file.write_text("+0s\n", encoding="utf-8")
    shape = Shape(
        settings={
            "LD_PRELOAD": library,
            "FAKETIME_TIMESTAMP_FILE": str(machine_file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "TZ": "America/New_York",
        }
    )
    async with running_bank(plan.folder / "bank", shape) as bank:
        place = Place(bank, machine_file)
        for attempt in plan.attempts():
            name = list(CASES)[attempt.number - 1]
            failures = await CASES[name](place, attempt.seed)
            place.jump(timedelta())
            plan.record(attempt, failures=[f"{name}: {each}" for each in failures])
        figures = await _figures(bank)
    return plan.result(control=CONTROL, figures=figures)


async def _business_as_usual(place: Place, seed: int, off: timedelta = timedelta()) -> list[str]:
    """New people come, whose sessions are of the clock as it is now, and all goes well."""
    crowd = await a_crowd(place.bank, seed=seed, people=8, with_cards=1, machine_off=off)
    told: Ledger = await crowd.for_a_while(LOAD_S)
    return await invariants.check_all(place.bank, told, clock_went_back=True)


async def _advance(bank: Bank, by: timedelta) -> None:
    async with bank.database.write() as session:
        await advance(session, max(by, timedelta()))


async def _reports_once(bank: Bank) -> list[str]:
    """Every day that is over gets closed and accrued, each once and none left out."""
    deadline = time.monotonic() + CLOSED_WITHIN_S
    while True:
        async with bank.database.read() as session:
            yesterday = business_day(await business_now(session)) - timedelta(days=1)
            row = await session.fetchrow(
                """
                SELECT
                    (SELECT max(day) FROM ledger_day_closes) AS closed,
                    (SELECT count(*) FROM ledger_day_closes) AS closes,
                    (SELECT max(day) - min(day) + 1 FROM ledger_day_closes) AS days,
                    (SELECT coalesce(sum(differences), 0) FROM ledger_day_closes) AS differences,
                    (SELECT day FROM interest_progress) AS accrued
                """
            )
        assert row is not None
        # The bank opened today: before its first day is over there is nothing to close.
        newborn = yesterday < business_day(machine_now())
        done = newborn or (row["closed"] and row["closed"] >= yesterday)
        if done and (row["accrued"] is None or row["accrued"] >= yesterday):
            break
        if time.monotonic() > deadline:
            return [f"{yesterday} is not closed and accrued: {dict(row)}"]
        await asyncio.sleep(_POLL_S)
    failures = []
    if row["closes"] != (row["days"] or 0):
        failures.append(f"{row['closes']} closes for {row['days']} days")
    if row["differences"]:
        failures.append(f"closes found {row['differences']} differences")
    return failures + await invariants.books(bank, clock_went_back=True)


async def _figures(bank: Bank) -> dict[str, str]:
    async with bank.auditor.read() as session:
        row = await session.fetchrow(
            """
            SELECT
                (SELECT count(*) FROM ledger_day_closes) AS closes,
                (SELECT count(*) FROM ledger_movements) AS movements,
                (SELECT count(DISTINCT business_day) FROM ledger_movements) AS days
            """
        )
    assert row is not None
    return {
        "days closed": str(row["closes"]),
        "movements": f"{row['movements']} on {row['days']} business days",
    }
