"""Operations against a real switch over TCP: each fault, each remedy, the other bank's books."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from factories.cards import (
    age,
    begun,
    finished_events,
    issue,
    make_due,
    noting_late,
    owed,
    resolved,
)
from tael import rails
from tael.kernel.database import Database
from tael.kernel.sealed import Sealer
from tael.rails import OperationKind, OperationState
from tael.rails.iso_switch import RECONNECT_FIRST_S
from tael.sandbox.world import World, running_world
from tael.sandbox.world.modes import Mode, ModeKind, Traffic, When

TAKES = [OperationKind.TOP_UP, OperationKind.PAYMENT]
EVERY = [*TAKES, OperationKind.WITHDRAWAL]
HUNDRED = 10_000


def in_books(kind: OperationKind, state: OperationState) -> int:
    """What the other bank must owe us after one operation of 100 yuan that ended so."""
    if state is not OperationState.APPROVED:
        return 0
    return -HUNDRED if kind is OperationKind.WITHDRAWAL else HUNDRED


@pytest.mark.parametrize("kind", EVERY)
async def test_an_approved_operation_moves_the_money_once_and_tells_so(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
    kind: OperationKind,
) -> None:
    operation = await begun(database, sealer, issue(world), kind=kind)
    done = await rails.perform(database, switch, operation.id, sealer=sealer)
    again = await rails.perform(database, switch, operation.id, sealer=sealer)
    assert (done.state, again.state) == (OperationState.APPROVED, OperationState.APPROVED)
    assert owed(world) == in_books(kind, OperationState.APPROVED)
    assert await finished_events(owner) == [(str(operation.reference), "approved")]
    kept = await owner.fetchrow("SELECT pan_sealed, due_at FROM rails_operations")
    assert kept is not None
    assert tuple(kept) == (None, None), "the card number goes when it is not needed any more"


@pytest.mark.parametrize("kind", EVERY)
async def test_a_declined_operation_moves_nothing(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
    kind: OperationKind,
) -> None:
    world.modes.order(Mode(kind=ModeKind.DECLINE))
    operation = await begun(database, sealer, issue(world), kind=kind)
    done = await rails.perform(database, switch, operation.id, sealer=sealer)
    assert (done.state, done.response_code) == (OperationState.DECLINED, "05")
    assert rails.decline_reason(done.response_code) is rails.DeclineReason.DECLINED
    assert owed(world) == 0
    assert await finished_events(owner) == [(str(operation.reference), "declined")]


FAULTS = {
    "answer_lost": Mode(kind=ModeKind.TIMEOUT),
    "request_lost": Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE),
    "line_cut_after": Mode(kind=ModeKind.DROP),
    "line_cut_before": Mode(kind=ModeKind.DROP, when=When.BEFORE),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", EVERY)
async def test_silence_leaves_it_unknown_until_the_resolver_finds_the_truth(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
    kind: OperationKind,
    fault: str,
) -> None:
    world.modes.order(FAULTS[fault])
    operation = await begun(database, sealer, issue(world), kind=kind)
    left = await rails.perform(database, switch, operation.id, sealer=sealer)
    assert left.state is OperationState.UNKNOWN
    assert await finished_events(owner) == []

    await resolved(database, switch, sealer, owner)

    async with database.read() as session:
        after = await rails.operation(session, operation.id)
    # Money that was taken and heard of is kept; what never arrived is given up for what we take
    # and asked for again for what we give.
    never_arrived = FAULTS[fault].when is When.BEFORE
    undone = never_arrived and kind is not OperationKind.WITHDRAWAL
    assert after.state is (OperationState.REVERSED if undone else OperationState.APPROVED)
    assert owed(world) == in_books(kind, after.state)
    assert await finished_events(owner) == [(str(operation.reference), after.state)]


@pytest.mark.parametrize("kind", TAKES)
async def test_what_was_taken_and_cannot_be_asked_about_is_given_back(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
    kind: OperationKind,
) -> None:
    world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.INQUIRY, count=None))
    world.modes.order(Mode(kind=ModeKind.TIMEOUT, traffic=Traffic.REVERSAL, count=2))
    operation = await begun(database, sealer, issue(world), kind=kind)
    await rails.perform(database, switch, operation.id, sealer=sealer)
    assert owed(world) == HUNDRED

    await resolved(database, switch, sealer, owner)

    async with database.read() as session:
        after = await rails.operation(session, operation.id)
    assert after.state is OperationState.REVERSED
    assert owed(world) == 0
    assert world.books.totals()["reversals"] == 1
    assert world.books.totals()["reversal_repeats"] == 2, "forwarded until it was answered"
    assert await finished_events(owner) == [(str(operation.reference), "reversed")]


async def test_an_answer_that_comes_too_late_still_completes_it_once(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
) -> None:
    world.modes.order(Mode(kind=ModeKind.DELAY, seconds=0.6))
    operation = await begun(database, sealer, issue(world))
    left = await rails.perform(database, switch, operation.id, sealer=sealer)
    assert left.state is OperationState.UNKNOWN
    for _ in range(50):
        if await finished_events(owner):
            break
        await asyncio.sleep(0.05)
    await resolved(database, switch, sealer, owner)
    assert await finished_events(owner) == [(str(operation.reference), "approved")]
    assert owed(world) == HUNDRED


async def test_an_approval_that_comes_after_its_reversal_changes_nothing(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
) -> None:
    world.modes.order(Mode(kind=ModeKind.DELAY, seconds=1.5))
    world.modes.order(Mode(kind=ModeKind.DECLINE, traffic=Traffic.INQUIRY, count=None))
    operation = await begun(database, sealer, issue(world))
    await rails.perform(database, switch, operation.id, sealer=sealer)
    await resolved(database, switch, sealer, owner)
    await asyncio.sleep(1.3)
    late = await owner.fetchrow("SELECT state, late_code FROM rails_operations")
    assert late is not None
    assert tuple(late) == ("reversed", "00"), "kept for people who look into it, no more"
    assert owed(world) == 0
    assert await finished_events(owner) == [(str(operation.reference), "reversed")]


async def test_two_answers_count_once(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
) -> None:
    world.modes.order(Mode(kind=ModeKind.TWICE))
    operation = await begun(database, sealer, issue(world))
    done = await rails.perform(database, switch, operation.id, sealer=sealer)
    assert done.state is OperationState.APPROVED
    await asyncio.sleep(0.1)
    assert await finished_events(owner) == [(str(operation.reference), "approved")]
    assert owed(world) == HUNDRED


async def test_what_cannot_be_sent_is_declined_at_once_and_nothing_is_owed(
    world: World,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
) -> None:
    number = issue(world)

    async def ignore(_response: object) -> None:
        raise AssertionError("nothing was sent, so nothing is late")

    async with rails.open_iso_switch("127.0.0.1:1", timeout_s=0.4, on_late=ignore) as nowhere:
        operation = await begun(database, sealer, number)
        done = await rails.perform(database, nowhere, operation.id, sealer=sealer)
    assert (done.state, done.response_code) == (OperationState.DECLINED, "not_sent")
    assert rails.decline_reason(done.response_code) is rails.DeclineReason.UNAVAILABLE
    assert owed(world) == 0


async def test_a_line_that_was_lost_is_opened_again(
    tmp_path: Path, database: Database, sealer: Sealer, owner: asyncpg.Connection
) -> None:
    async with running_world(tmp_path) as first:
        number, port = issue(first), first.switch_port
        line = rails.IsoCardSwitch(
            first.switch_address, timeout_s=0.4, on_late=partial(noting_late, database)
        )
        first.modes.order(Mode(kind=ModeKind.TIMEOUT))
        lost = await begun(database, sealer, number)
        await rails.perform(database, line, lost.id, sealer=sealer)
    # The switch is down: questions go nowhere, the reversal is stored, new requests never leave.
    for _ in range(4):
        await make_due(owner)
        await rails.resolve(database, line, sealer=sealer)
    refused = await begun(database, sealer, number)
    done = await rails.perform(database, line, refused.id, sealer=sealer)
    assert (done.state, done.response_code) == (OperationState.DECLINED, "not_sent")
    assert await owner.fetchval("SELECT count(*) FROM rails_operations WHERE state='reversing'")

    async with running_world(tmp_path, switch_port=port) as second:
        await asyncio.sleep(RECONNECT_FIRST_S * 2**4)
        await resolved(database, line, sealer, owner)
        assert owed(second) == 0
        assert second.books.totals()["undone"] == 1
        again = await begun(database, sealer, number)
        done = await rails.perform(database, line, again.id, sealer=sealer)
        assert done.state is OperationState.APPROVED
        assert owed(second) == HUNDRED
        await line.close()


async def test_after_half_a_day_a_payout_is_asked_about_and_not_repeated(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
    owner: asyncpg.Connection,
) -> None:
    world.modes.order(Mode(kind=ModeKind.TIMEOUT, when=When.BEFORE))
    operation = await begun(database, sealer, issue(world), kind=OperationKind.WITHDRAWAL)
    await rails.perform(database, switch, operation.id, sealer=sealer)
    await age(owner, timedelta(hours=13))
    for _ in range(5):
        await make_due(owner)
        assert await rails.resolve(database, switch, sealer=sealer) == 1
    async with database.read() as session:
        after = await rails.operation(session, operation.id)
    assert after.state is OperationState.UNKNOWN
    assert after.final_by > after.began_at + timedelta(hours=13), "a missed promise is renewed"
    assert owed(world) == 0


async def test_many_at_once_share_one_line_and_get_their_own_answers(
    world: World,
    switch: rails.IsoCardSwitch,
    database: Database,
    sealer: Sealer,
) -> None:
    numbers = [issue(world, balance=HUNDRED if index % 2 else 1) for index in range(40)]
    begunn = [await begun(database, sealer, number) for number in numbers]
    done = await asyncio.gather(
        *(rails.perform(database, switch, operation.id, sealer=sealer) for operation in begunn)
    )
    expected = [
        OperationState.APPROVED if index % 2 else OperationState.DECLINED for index in range(40)
    ]
    assert [operation.state for operation in done] == expected
    assert owed(world) == 20 * HUNDRED
