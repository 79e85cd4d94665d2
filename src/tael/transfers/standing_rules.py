"""Pure decisions about standing orders: on which days they run, and when a run is given up."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from tael.kernel.clock import SHANGHAI, business_day
from tael.kernel.refusals import Refusal
from tael.transfers.standing_errors import StandingDaysInvalid
from tael.transfers.standing_states import Every

AHEAD_MAX: Final = timedelta(days=731)
"""The furthest that a first day may lie ahead."""
RUNS_FROM: Final = time(8)
"""Nobody's money leaves in the night: a day's orders run from this hour on, in Shanghai."""
TRY_AGAIN_AFTER: Final = timedelta(hours=1)
"""What is refused may pass later on the same day: money may come in, a freeze may end."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """On which days a standing order sends."""

    every: Every
    first_on: date
    last_on: date | None

    def text(self) -> str:
        """To the letter what a customer authorises."""
        return f"{self.every}:{self.first_on}:{self.last_on or ''}"

    def following(self, day: date) -> date | None:
        """The first day of the timetable after `day`; None when that was the last.

        A month that has no such day has its last one: the 31st comes back in the next.
        """
        if day < self.first_on:
            return self.first_on
        match self.every:
            case Every.ONCE:
                return None
            case Every.WEEK:
                weeks = (day - self.first_on).days // 7 + 1
                after = self.first_on + timedelta(weeks=weeks)
            case Every.MONTH:
                after = self._of_month(day)
                if after <= day:
                    after = self._of_month(day.replace(day=28) + timedelta(days=4))
        return None if self.last_on is not None and after > self.last_on else after

    def _of_month(self, day: date) -> date:
        """The timetable's day in the month of `day`."""
        _, length = calendar.monthrange(day.year, day.month)
        return day.replace(day=min(self.first_on.day, length))


def refuses_timetable(timetable: Timetable, today: date) -> Refusal | None:
    """Why an order cannot be made for these days, if so."""
    earliest, latest = today + timedelta(days=1), today + AHEAD_MAX
    begins = earliest <= timetable.first_on <= latest
    ends = timetable.last_on is None or timetable.last_on >= timetable.first_on
    if begins and ends and (timetable.every is not Every.ONCE or timetable.last_on is None):
        return None
    return StandingDaysInvalid(earliest=earliest.isoformat(), latest=latest.isoformat())


def due_day(now: datetime) -> date:
    """The newest day whose orders may run at `now`."""
    today = business_day(now)
    from_then = datetime.combine(today, RUNS_FROM, SHANGHAI)
    return today if now >= from_then else today - timedelta(days=1)


def gives_up(due_on: date, now: datetime) -> bool:
    """Whether a refused run is over: its day has passed."""
    return business_day(now) > due_on
