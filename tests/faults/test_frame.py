"""The frame: attempts are made once, a row that did not do all of it is not passed."""

from pathlib import Path

from campaign import invariants, page
from campaign.__main__ import TOTAL_S, all_rows
from campaign.load import Act
from campaign.plan import Counts, Level, Plan, Row
from campaign.progress import Progress
from campaign.state import RowState
from rich.console import Console

HOUR_S = 3_600
ROW = Row("T1", goal="try", unit="tries", attempts=Counts(3, 9), budget_s=Counts(60, 60))


def test_level_ci_ends_after_an_hour_and_no_row_may_take_most_of_it(tmp_path: Path) -> None:
    assert TOTAL_S.ci == HOUR_S
    for name, each in all_rows().items():
        assert each.row.budget_s.ci <= HOUR_S / 4, name
    late = _plan(tmp_path, seed=1, left_s=0)
    assert list(late.attempts()) == []
    assert not late.result().passed


def test_a_killed_campaign_repeats_nothing_that_it_finished(tmp_path: Path) -> None:
    first = _plan(tmp_path, seed=7)
    attempts = first.attempts()
    first.record(next(attempts), failures=["one"])
    with (tmp_path / "attempts.jsonl").open("a") as cut_off:
        cut_off.write('{"number": 2, "se')
    again = _plan(tmp_path, seed=8, resume=True)
    assert again.seed == 7
    assert [each.number for each in again.attempts()] == [2, 3]
    assert again.seed_of(2) == first.seed_of(2)
    anew = _plan(tmp_path, seed=8)
    assert [each.number for each in anew.attempts()] == [1, 2, 3]


def test_a_row_that_stopped_early_or_failed_is_not_passed(tmp_path: Path) -> None:
    plan = _plan(tmp_path, seed=1)
    for attempt in plan.attempts():
        plan.record(attempt)
    whole = plan.result()
    assert whole.passed
    assert not whole.but_failed("late").passed
    assert not plan.skip("no FUSE here").passed
    short = _plan(tmp_path, seed=2)
    short.record(next(short.attempts()))
    assert not short.result().passed


def test_the_page_shows_what_a_row_did_and_what_it_did_not(tmp_path: Path) -> None:
    plan = _plan(tmp_path, seed=1)
    text = page.write(
        [plan.skip("no FUSE here"), plan.result(control="seen")],
        level="ci",
        machine="a machine",
        measured_on="2026-11-22",
    )
    assert "**0 of 2 rows passed.**" in text
    assert "Skipped: no FUSE here." in text
    assert "Positive control: seen" in text


def _plan(folder: Path, *, seed: int, resume: bool = False, left_s: float = HOUR_S) -> Plan:
    state = RowState(folder, seed=seed, resume=resume)
    quiet = Progress(Console(quiet=True))
    return Plan(ROW, level=Level.CI, state=state, progress=quiet, count=None, left_s=left_s)


def test_every_act_of_the_load_is_looked_for_afterwards() -> None:
    assert set(invariants.KINDS) == set(Act)
