"""The auditor recomputes reconciliation from the postings: what was altered, it names."""

import asyncpg
import pytest

from factories.clearing import House
from factories.ledger import audit
from tael import settlement
from tael.auditor import settled
from tael.kernel.clock import business_now

# What an insider could plant after the fact, with the triggers and constraints out of his way.
DAMAGE = {
    "a line of the file that was altered": (
        "UPDATE settlement_lines SET effect = effect + 1 WHERE line = 1 AND type = 'purchase'",
        {"settlement.day"},
    ),
    "an entry that was hidden from the comparison": (
        "DELETE FROM settlement_entries WHERE sequence = 1",
        {"settlement.entry", "settlement.day"},
    ),
    "an entry that is said to have been another": (
        "UPDATE settlement_entries SET effect = effect + 1 WHERE sequence = 1",
        {"settlement.entry", "settlement.day"},
    ),
    "a break that was erased": (
        "DELETE FROM settlement_breaks WHERE state = 'open'",
        {"settlement.day", "settlement.open"},
    ),
    "a break that is said to have been booked": (
        """
        UPDATE settlement_breaks
        SET state = 'posted', movement = id, reason = 'x', ended_at = now()
        WHERE state = 'open'
        """,
        {"settlement.correction"},
    ),
    "a break that is said to have come back": (
        """
        UPDATE settlement_breaks SET state = 'cleared', counterpart = id, ended_at = now()
        WHERE state = 'open'
        """,
        {"settlement.pair", "settlement.open"},
    ),
    "a correction of another amount": (
        """
        UPDATE settlement_breaks
        SET difference = difference + 1, file_effect = file_effect + 1
        WHERE state = 'posted'
        """,
        {"settlement.correction", "settlement.day"},
    ),
    "a day that was taken out": (
        "DELETE FROM settlement_runs WHERE day = (SELECT min(day) + 1 FROM settlement_runs)",
        {"settlement.chain", "settlement.open"},
    ),
}


@pytest.fixture
async def story(house: House) -> House:
    """Three days with an open break, one that was booked out, and a pair that cancelled."""
    reference = await house.top_up(10_000)
    await house.top_up(300)
    await house.plant("late", reference)
    await house.plant("extra", amount=700)
    await house.compare(await house.end_day())
    [found] = await house.breaks(type=settlement.BreakType.MISSING_HERE)
    async with house.database.write() as session:
        now = await business_now(session)
        await settlement.post_break(session, found.id, reason="asked the switch", now=now)
    await house.top_up(50)
    await house.plant("extra", amount=900)
    await house.compare(await house.end_day())
    await house.top_up(60)
    await house.compare(await house.end_day())
    return house


async def rules_that_notice(connection: asyncpg.Connection) -> set[str]:
    rows = [(rule.name, await connection.fetch(rule.sql)) for rule in settled.RULES]
    return {name for name, found in rows if found}


async def test_the_auditor_finds_each_damage_by_name_and_nothing_in_an_honest_story(
    story: House, owner: asyncpg.Connection
) -> None:
    assert await rules_that_notice(owner) == set()
    assert await audit(story.database) == ()
    for what, (sql, expected) in DAMAGE.items():
        planted = owner.transaction()
        await planted.start()
        await owner.execute(sql)
        assert await rules_that_notice(owner) == expected, what
        await planted.rollback()
