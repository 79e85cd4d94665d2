"""Reconciliation at the console: days, breaks with both sides, and their end by two people."""

from typing import Any

import asyncpg
import httpx

from factories.clearing import House, movements
from factories.staff import Desk, Office
from tael.kernel import ids
from tael.kernel.ids import new_id


async def asked(desk: Desk, path: str) -> dict[str, Any]:
    reply = await desk.get(f"/reconciliation{path}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def code(reply: httpx.Response) -> str:
    assert reply.status_code >= 400, reply.text
    refused: str = reply.json()["code"]
    return refused


async def two_breaks(house: House) -> str:
    """A day on which the switch left out a line and invented one; the left out one's reference."""
    reference = await house.top_up(10_000)
    await house.plant("missing", reference)
    await house.plant("extra", amount=700)
    await house.compare(await house.end_day())
    return reference


async def test_a_day_shows_its_proof_and_what_is_open(house: House, clerk: Desk) -> None:
    await house.top_up(2_000)
    await two_breaks(house)
    listed = await asked(clerk, "/runs")
    [run] = listed["runs"]
    assert run == await asked(clerk, f"/runs/{run['day']}")
    net = {name: run[name]["value"] for name in ("file_net", "booked_net", "differing")}
    assert net == {"file_net": 2_700, "booked_net": 12_000, "differing": -9_300}
    assert (run["lines"], run["entries"], run["matched"]) == (2, 2, 1)
    assert (run["open_breaks"], run["balanced"]) == (2, False)
    assert (listed["open_breaks"], listed["open_differing"]["value"]) == (2, -9_300)
    assert listed["next"] is None
    assert code(await clerk.get("/reconciliation/runs/2020-01-01")) == "settlement.run_not_found"


async def test_breaks_are_filtered_and_paged(house: House, clerk: Desk) -> None:
    await two_breaks(house)
    everything = (await asked(clerk, "/breaks"))["breaks"]
    assert {each["type"] for each in everything} == {"missing_here", "missing_there"}
    [here] = (await asked(clerk, "/breaks?type=missing_here&state=open"))["breaks"]
    assert here["difference"]["value"] == 700
    assert (await asked(clerk, "/breaks?state=posted"))["breaks"] == []
    first = await asked(clerk, "/breaks?limit=1")
    second = await asked(clerk, f"/breaks?limit=1&before={first['next']}")
    assert first["breaks"] + second["breaks"] == everything


async def test_a_break_shows_both_sides(house: House, clerk: Desk) -> None:
    reference = await two_breaks(house)
    by_type = {each["type"]: each for each in (await asked(clerk, "/breaks"))["breaks"]}
    there = await asked(clerk, f"/breaks/{by_type['missing_there']['id']}")
    assert there["reference"] == reference
    assert there["theirs"] == []
    assert (there["ours"]["kind"], there["ours"]["effect"]["value"]) == ("top_up", 10_000)
    here = await asked(clerk, f"/breaks/{by_type['missing_here']['id']}")
    assert here["ours"] is None
    [line] = here["theirs"]
    assert (line["type"], line["effect"]["value"]) == ("purchase", 700)
    assert "*" in line["card"]
    nothing = ids.wire("brk", new_id())
    assert (
        code(await clerk.get(f"/reconciliation/breaks/{nothing}")) == "settlement.break_not_found"
    )


async def test_one_proposes_another_approves_and_it_is_booked_to_suspense(
    house: House, clerk: Desk, checker: Desk, owner: asyncpg.Connection
) -> None:
    await two_breaks(house)
    [here] = (await asked(clerk, "/breaks?type=missing_here"))["breaks"]
    before = await movements(owner)
    terms = {"break": here["id"], "way": "post"}
    approval = await clerk.proposed("settlement.resolve_break", terms)
    assert await movements(owner) == before, "a proposal moves nothing"
    decided = await checker.decide(approval)
    assert decided.status_code == 200, decided.text
    ended = await asked(clerk, f"/breaks/{here['id']}")
    assert (ended["state"], ended["reason"]) == ("posted", "a customer asked")
    assert ended["movement"] == decided.json()["outcome"]["movement"]
    assert await house.suspense() == 700
    assert len(await movements(owner)) == len(before) + 1
    again = await clerk.propose("settlement.resolve_break", terms)
    assert code(again) == "settlement.break_ended"
    assert await house.suspense() == 700


async def test_a_rejected_resolution_changes_nothing(
    house: House, clerk: Desk, checker: Desk, owner: asyncpg.Connection
) -> None:
    await two_breaks(house)
    [here] = (await asked(clerk, "/breaks?type=missing_here"))["breaks"]
    before = await movements(owner)
    terms = {"break": here["id"], "way": "post"}
    approval = await clerk.proposed("settlement.resolve_break", terms)
    assert (await checker.decide(approval, approve=False)).status_code == 200
    assert (await asked(clerk, f"/breaks/{here['id']}"))["state"] == "open"
    assert await movements(owner) == before


async def test_terms_that_make_no_sense_are_refused(
    house: House, clerk: Desk, owner: asyncpg.Connection
) -> None:
    await two_breaks(house)
    one, other = (await asked(clerk, "/breaks"))["breaks"]
    before = await movements(owner)
    for terms, expected in (
        ({"break": one["id"], "way": "link", "with": other["id"]}, "breaks_do_not_cancel"),
        ({"break": ids.wire("brk", new_id()), "way": "post"}, "break_not_found"),
    ):
        refused = await clerk.propose("settlement.resolve_break", terms)
        assert code(refused) == f"settlement.{expected}"
    for broken in ({}, {"break": one["id"]}, {"break": 1, "way": "post"}, {"way": "link"}):
        assert code(await clerk.propose("settlement.resolve_break", broken)) == "request.invalid"
    assert await movements(owner) == before


async def test_nobody_outside_the_bank_sees_it(house: House, office: Office) -> None:
    stranger = office.desk()
    for path in ("/runs", "/runs/2026-11-22", "/breaks", "/breaks/brk_1"):
        assert code(await stranger.get(f"/reconciliation{path}")) == "staff.signed_out"
