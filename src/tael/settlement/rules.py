"""What a day's differences mean: which of them take back earlier ones, and the day's proof."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from tael.settlement.states import BreakId, BreakType


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One reference on which a day's file and our books differ. Effects are what we are owed."""

    type: BreakType
    reference: str
    line: int | None
    sequence: int | None
    file_effect: int
    booked_effect: int

    @property
    def difference(self) -> int:
        """How much more the switch owes us by its file than by our books."""
        return self.file_effect - self.booked_effect


@dataclass(frozen=True, slots=True)
class OpenBreak:
    """An earlier day's break that nobody has explained."""

    id: BreakId
    reference: str
    difference: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A difference as it is kept: with the earlier break that it takes back, if it does."""

    found: Difference
    takes_back: BreakId | None

    @property
    def type(self) -> BreakType:
        """What it is: late when it takes an earlier one back."""
        return self.found.type if self.takes_back is None else BreakType.LATE


def judge(found: Iterable[Difference], earlier: Iterable[OpenBreak]) -> list[Judged]:
    """Pair each difference with one open break on the same reference that it cancels to zero.

    The oldest first; each break is taken back once. A line that comes a day late, a booking of
    ours that does, a purchase undone after midnight and a corrected amount are all this one thing.
    """
    waiting: dict[tuple[str, int], list[BreakId]] = {}
    for each in earlier:
        waiting.setdefault((each.reference, each.difference), []).append(each.id)
    judged = []
    for each_found in found:
        fits = waiting.get((each_found.reference, -each_found.difference))
        judged.append(Judged(each_found, fits.pop(0) if fits else None))
    return judged


def proven(
    *, file_net: int, booked_net: int, corrected_net: int, differences: Iterable[int]
) -> bool:
    """Whether the day is explained to the last unit.

    What the file says we are owed is what we booked, less our own corrections of earlier breaks,
    plus every difference of the day.
    """
    return file_net == booked_net - corrected_net + sum(differences)


def age_days(day: date, today: date) -> int:
    """For how many business days a break has been there: zero on the day after its own."""
    return max(0, (today - day).days - 1)
