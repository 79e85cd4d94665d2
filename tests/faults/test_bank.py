"""One bank of real processes, and what the campaign does to it thousands of times, once each.

First the harness itself: it is worth something when it sees what is wrong, so faults are planted
and each must be found. Then a kill of each kind, a crash in each saga, backup and restore.
"""

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from campaign import acts, crashing, invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.client import Reply
from campaign.crashing import Order
from campaign.load import Ledger, Load, Operation, a_crowd
from campaign.people import bind_debit_card, fund, settle_in
from campaign.rows.r04_crash_points import SAGAS, Saga, crash

from tael import auditor
from tael.kernel import ids
from tael.kernel.database import AUDITOR_ROLE, Database
from tael.sandbox import BackupRefused, PostgresServer, archive_now, back_up, restore

BETWEEN = 30
"""Definite answers between two kills."""


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop for the bank and for all that is done to it."""
    with asyncio.Runner() as runner:
        yield runner.get_loop()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the bank lives. Open to other accounts: as root PostgreSQL may run as one."""
    with tempfile.TemporaryDirectory(prefix="tael-faults-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def bank(loop: asyncio.AbstractEventLoop, folder: Path) -> Iterator[Bank]:
    """A bank whose processes come back when they die, and die at a commit when they are told."""
    shape = Shape(
        command=lambda name: (sys.executable, "-m", "campaign.crashing", name),
        settings={"TAEL_SWITCH_TIMEOUT_S": "1", crashing.ORDER: str(folder / "order.json")},
    )
    opening = running_bank(folder / "bank", shape)
    running = loop.run_until_complete(opening.__aenter__())
    yield running
    loop.run_until_complete(opening.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def told(loop: asyncio.AbstractEventLoop, bank: Bank) -> Ledger:
    """Two people and three acts that went well."""

    async def story() -> Ledger:
        payer, payee = await settle_in(bank, 2)
        made = [
            await acts.transfer(payer, payee, 111),
            await acts.transfer(payee, payer, 222),
            await acts.payment(payer, 333),
        ]
        for each in made:
            await acts.carry_out(each)
        return Ledger([payer, payee], made)

    return loop.run_until_complete(story())


def test_what_went_well_is_found_well(
    loop: asyncio.AbstractEventLoop, bank: Bank, told: Ledger
) -> None:
    assert loop.run_until_complete(invariants.check_all(bank, told)) == []


def test_an_acknowledgement_before_the_commit_is_found_as_a_loss(
    loop: asyncio.AbstractEventLoop, bank: Bank, told: Ledger
) -> None:
    """Planted: the API says yes, then dies before it commits."""
    early = _like(told.operations[0], {"transfer": "trf_01h455vb4pex5vsknk084sn02q"})
    lied_to = Ledger(told.people, [*told.operations, early])
    found = loop.run_until_complete(invariants.acknowledged(bank, lied_to))
    assert [each.split(" acknowledged")[0] for each in found] == ["I5 1"]
    assert loop.run_until_complete(invariants.balances(bank, lied_to)) != []


def test_a_movement_that_nobody_was_told_of_is_found_as_a_twin(
    loop: asyncio.AbstractEventLoop, bank: Bank, told: Ledger
) -> None:
    deaf = Ledger(told.people, told.operations[:-1])
    found = loop.run_until_complete(invariants.acknowledged(bank, deaf))
    assert [each.split(" there")[0] for each in found] == ["I6 1"]


def test_another_answer_to_the_same_key_is_found(
    loop: asyncio.AbstractEventLoop, told: Ledger
) -> None:
    changed = _like(told.operations[0], {"memo": "changed"})
    changed.key = told.operations[0].key
    found = loop.run_until_complete(invariants.replays(Ledger(told.people, [changed])))
    assert len(found) == 1
    assert found[0].startswith("I7")


def test_a_strange_answer_and_one_that_never_came_are_failures(
    loop: asyncio.AbstractEventLoop, bank: Bank, told: Ledger
) -> None:
    odd = Ledger(told.people, told.operations, unsettled=["POST /x"], strange=["500"])
    found = loop.run_until_complete(invariants.check_all(bank, odd))
    assert [each[:3] for each in found] == ["I16", "I7 "]


def test_an_event_that_is_never_delivered_is_found_as_not_alive(
    loop: asyncio.AbstractEventLoop, bank: Bank
) -> None:
    """Planted: the worker is away, so nobody gives the event its place."""

    async def story() -> list[str]:
        assert bank.worker is not None
        payer, payee = await settle_in(bank, 2)
        bank.worker.freeze()
        try:
            await acts.carry_out(await acts.transfer(payer, payee, 5))
            return await invariants.quiet(bank, within_s=0.5)
        finally:
            bank.worker.thaw()

    found = loop.run_until_complete(story())
    assert len(found) == 1
    assert "events_without_place" in found[0]
    assert loop.run_until_complete(invariants.quiet(bank)) == []


def test_books_that_differ_by_a_fen_from_the_other_banks_are_found(
    loop: asyncio.AbstractEventLoop, bank: Bank
) -> None:
    async def story() -> list[str]:
        [person] = await settle_in(bank, 1, funds_minor=0)
        await fund(bank, [person], 1, out_of_clearing=True)
        found = await invariants.outside_agrees(bank)
        await fund(bank, [person], 1, out_of_clearing=True, back=True)
        return found

    [found] = loop.run_until_complete(story())
    assert found.startswith("I14")
    assert loop.run_until_complete(invariants.outside_agrees(bank)) == []


def _like(operation: Operation, change: dict[str, str]) -> Operation:
    """An act whose answer was another one."""
    assert operation.reply is not None
    body = json.dumps(operation.reply.json() | change).encode()
    return replace(operation, reply=Reply(operation.reply.status, body))


# What is done to it.


async def _killed(bank: Bank, load: Load) -> None:
    assert bank.worker is not None
    for child in (bank.api[0], bank.worker, bank.world):
        await load.until(load.answered + BETWEEN)
        child.signal(signal.SIGKILL)
        await bank.ready()
    for choose in (_postmaster, _backend):
        await load.until(load.answered + BETWEEN)
        await bank.kill_postgres(await choose(bank))
        await bank.ready()
    await load.until(load.answered + BETWEEN)


async def _postmaster(bank: Bank) -> int | None:
    return bank.server.pid


async def _backend(bank: Bank) -> int | None:
    return (await bank.backends())[0]


def test_a_kill_of_each_kind_loses_nothing_and_doubles_nothing(
    loop: asyncio.AbstractEventLoop, bank: Bank
) -> None:
    async def story() -> list[str]:
        load = await a_crowd(bank, seed=1, people=12, with_cards=2)
        async with load.running() as told:
            await _killed(bank, load)
        assert bank.api[0].restarts >= 1
        return await invariants.check_all(bank, told)

    assert loop.run_until_complete(story()) == []


@pytest.fixture(scope="module")
def holder(loop: asyncio.AbstractEventLoop, bank: Bank) -> Ledger:
    """Somebody with a card, and what he was told."""

    async def story() -> Ledger:
        [person] = await settle_in(bank, 1)
        await bind_debit_card(person)
        return Ledger([person])

    return loop.run_until_complete(story())


@pytest.mark.parametrize("saga", SAGAS[:6], ids=lambda saga: saga.name)
def test_a_crash_after_a_commit_of_each_saga_is_resumed_or_compensated(
    loop: asyncio.AbstractEventLoop, bank: Bank, folder: Path, holder: Ledger, saga: Saga
) -> None:
    path = folder / "order.json"
    # A request with a card has five commits. Earlier ones leave a lease to be waited for: those
    # are the campaign's (R4), which has the time.
    order = Order(saga.victim, 5 if saga.victim == "serve" and saga.card else 1, "after")
    failures, passed = loop.run_until_complete(crash(bank, holder, saga, order, path))
    assert failures == []
    assert len(passed) >= order.at, "the boundary was reached"


def test_after_all_crashes_everything_holds(
    loop: asyncio.AbstractEventLoop, bank: Bank, holder: Ledger
) -> None:
    assert loop.run_until_complete(invariants.check_all(bank, holder)) == []


def test_what_was_backed_up_and_archived_is_all_restored(
    loop: asyncio.AbstractEventLoop, bank: Bank, folder: Path
) -> None:
    async def story() -> list[str]:
        kept, elsewhere = folder / "backup", folder / "elsewhere"
        payer, payee = await settle_in(bank, 2)
        state, said = bank.server.state_dir, list[str]()
        await back_up(state, bank.server.socket_dir, kept, said.append)
        later = await acts.carry_out(await acts.transfer(payer, payee, 777))
        await archive_now(bank.server.socket_dir)
        await restore(elsewhere, kept, None, said.append)
        with pytest.raises(BackupRefused, match="nothing is overwritten"):
            await restore(elsewhere, kept, None, said.append)
        async with PostgresServer(elsewhere) as server:
            database = await Database.open(server.dsn, role=AUDITOR_ROLE)
            try:
                async with database.snapshot() as session:
                    report = await auditor.check(session)
                    found = await session.fetchval(
                        "SELECT count(*) FROM transfers_transfers WHERE id = $1",
                        ids.parse("trf", later.name),
                    )
            finally:
                await database.close()
        assert report.ok, report.differing
        assert found == 1
        return said

    said = loop.run_until_complete(story())
    assert any("replaying the WAL" in line for line in said)
