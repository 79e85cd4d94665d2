"""Ending breaks: booked from or to suspense, or linked; once, and never into nothing."""

import asyncpg
import pytest

from factories.clearing import House, movements
from factories.ledger import audit
from tael import settlement
from tael.kernel.clock import business_now
from tael.kernel.ids import new_id
from tael.settlement import BreakId, BreakState


async def post(house: House, found: settlement.Break, reason: str = "asked the switch") -> None:
    async with house.database.write() as session:
        now = await business_now(session)
        await settlement.post_break(session, found.id, reason=reason, now=now)


async def link(house: House, one: settlement.Break, other: settlement.Break) -> None:
    async with house.database.write() as session:
        now = await business_now(session)
        await settlement.link_breaks(session, one.id, other.id, reason="same card", now=now)


@pytest.mark.parametrize(
    ("mistake", "suspense"), [("extra", 1_234), ("missing", -10_000), ("amount", 100)]
)
async def test_a_posted_break_makes_our_account_what_the_file_says(
    house: House, mistake: str, suspense: int
) -> None:
    await house.top_up(10_000)
    await house.plant(mistake)
    first = await house.end_day()
    run = await house.compare(first)
    [found] = await house.breaks()
    await post(house, found)
    assert await house.suspense() == suspense
    assert await house.clearing() == run.file_net.minor
    [ended] = await house.breaks()
    assert (ended.state, ended.reason) == (BreakState.POSTED, "asked the switch")
    # The correction is in our books and in no file: it is not taken for a break of its own day.
    second = await house.end_day()
    following = await house.compare(second)
    assert following.balanced
    assert (following.breaks, following.corrected_net.minor) == (0, suspense)
    assert following.booked_net == following.corrected_net
    assert await house.open_differing() == 0
    assert await audit(house.database) == ()


async def test_a_break_ends_once(house: House, owner: asyncpg.Connection) -> None:
    await house.top_up(10_000)
    await house.plant("extra")
    await house.compare(await house.end_day())
    [found] = await house.breaks()
    await post(house, found)
    before = await movements(owner)
    with pytest.raises(settlement.errors.BreakEnded):
        await post(house, found)
    assert await movements(owner) == before
    assert await house.suspense() == 1_234


async def test_two_halves_are_linked_without_a_booking(
    house: House, owner: asyncpg.Connection
) -> None:
    reference = await house.top_up(10_000)
    await house.plant("missing", reference)
    await house.plant("extra", amount=10_000)
    await house.compare(await house.end_day())
    before = await movements(owner)
    here, there = await house.breaks()
    await link(house, here, there)
    assert [each.state for each in await house.breaks()] == [BreakState.LINKED] * 2
    assert await house.open_differing() == 0
    assert await movements(owner) == before


async def test_what_does_not_cancel_is_not_linked(house: House, owner: asyncpg.Connection) -> None:
    await house.top_up(10_000)
    await house.plant("extra")
    await house.plant("missing")
    await house.compare(await house.end_day())
    one, other = await house.breaks()
    for pair in ((one, other), (one, one)):
        with pytest.raises(settlement.errors.BreaksDoNotCancel):
            await link(house, *pair)
    assert [each.state for each in await house.breaks()] == [BreakState.OPEN] * 2


async def test_a_break_that_does_not_exist_is_refused(
    house: House, owner: asyncpg.Connection
) -> None:
    before = await movements(owner)
    async with house.database.write() as session:
        now = await business_now(session)
        with pytest.raises(settlement.errors.BreakNotFound):
            await settlement.post_break(session, BreakId(new_id()), reason="x", now=now)
    assert await movements(owner) == before


async def test_the_schema_refuses_a_day_that_is_not_explained(
    house: House, owner: asyncpg.Connection
) -> None:
    await house.top_up(10_000)
    await house.compare(await house.end_day())
    with pytest.raises(asyncpg.CheckViolationError, match="proof"):
        await owner.execute("UPDATE settlement_runs SET file_net = file_net + 1")
