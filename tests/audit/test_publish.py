"""Checkpoints: signed, never against what was signed before, through a change of keys."""

from datetime import timedelta

import asyncpg
import pytest

from factories import log
from tael import audit
from tael.audit.jobs import KEPT_BETWEEN, forget
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.sealed import SealBroken, Sealer
from tael.kernel.settings import Settings, SettingsRefused
from tael_verify import Key, Link, Malformed, connect
from tael_verify.notes import open_checkpoint, open_link


async def test_nothing_new_is_nothing_to_sign(database: Database, settings: Settings) -> None:
    sealer = settings.sealer()
    await audit.publish(database, sealer, log.ORIGIN)
    async with database.read() as session:
        assert await audit.latest(session) is None
    await log.a_story(database, 3)
    note = await log.publish(database, sealer)
    assert await log.publish(database, sealer) == note
    async with database.read() as session:
        assert len(await audit.days(session)) == 1


@pytest.mark.parametrize(
    ("change", "grows"),
    [
        ("UPDATE audit_log SET root = sha256('x')", 0),
        ("UPDATE audit_bundles SET entries = overlay(entries PLACING sha256('x') FROM 1)", 5),
        ("UPDATE audit_checkpoints SET root = sha256('x')", 5),
    ],
)
async def test_what_contradicts_a_checkpoint_is_not_signed(
    database: Database, settings: Settings, owner: asyncpg.Connection, change: str, grows: int
) -> None:
    sealer = settings.sealer()
    await log.a_story(database, 5)
    note = await log.publish(database, sealer)
    for table in ("audit_log", "audit_bundles", "audit_checkpoints"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    await owner.execute(change)
    if grows:
        await log.a_story(database, grows)
    with pytest.raises(audit.LogRewritten):
        await log.publish(database, sealer)
    async with database.read() as session:
        assert (await audit.checkpoint(session)).note == note


async def test_two_keys_sign_while_one_follows_the_other(
    database: Database, settings: Settings
) -> None:
    sealer = settings.sealer()
    await log.a_story(database, 3)
    first_note = await log.publish(database, sealer)
    now = machine_now()
    async with database.write() as session:
        made = await audit.rotate(session, sealer, now=now, overlap=timedelta(days=30))
    old, new = await log.keys(database)
    assert Key.parse(str(made.verifier)) == new
    await log.a_story(database, 3)
    both_note = await log.publish(database, sealer)
    # Who knows either key reads what both signed; the old checkpoint is the old key's for good.
    for keys in ([old], [new], [old, new]):
        assert open_checkpoint(both_note, keys).size == 10
    assert open_checkpoint(first_note, [old, new]).size == 5
    with pytest.raises(Malformed, match="no key that you trust"):
        open_checkpoint(first_note, [new])
    # Whoever knows the old key learns the new one from a note that the old one signed.
    text, _, signatures = made.announcement.rpartition("\n\n")
    assert text.endswith(str(made.verifier))
    assert signatures.count(log.ORIGIN) == 2
    async with database.read() as session:
        later = await audit.signer(session, sealer, now=now + timedelta(days=31))
        assert later is not None
        link = open_link(await audit.growth_since(session, 5), [old])
    assert [str(key.verifier) for key in later.keys] == [str(made.verifier)]
    assert isinstance(link, Link)
    assert connect(open_checkpoint(first_note, [old]), [link])


async def test_the_private_key_is_sealed(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    await log.a_story(database, 1)
    await log.publish(database, settings.sealer())
    sealed = await owner.fetchval("SELECT sealed FROM audit_keys")
    assert len(sealed) == 1 + 12 + 32 + 16
    async with database.read() as session:
        with pytest.raises(SealBroken):
            await audit.signer(session, Sealer({1: b"k" * 32}), now=machine_now())


async def test_the_last_checkpoint_of_each_day_stays(
    database: Database, settings: Settings, owner: asyncpg.Connection
) -> None:
    await log.a_story(database, 3)
    await log.publish(database, settings.sealer())
    await owner.execute(
        """
        INSERT INTO audit_checkpoints
        SELECT 100 + n, sha256(''), 'x', '2026-01-01'::date + n / 600, now()
        FROM generate_series(1, $1) AS n
        """,
        KEPT_BETWEEN + 500,
    )
    await forget(database)
    rows = await owner.fetch("SELECT day, count(*), max(size) FROM audit_checkpoints GROUP BY day")
    kept = {row["max"]: row["count"] for row in rows}
    assert set(kept) == {5, 699, 1_299, 1_600}
    assert kept[699] < 599
    assert kept[1_600] == 301
    # Neither the application nor the owner removes the last one of a day.
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute("DELETE FROM audit_checkpoints")


def test_a_witness_that_is_not_well_written_is_refused(settings: Settings) -> None:
    for text in ("x", "name+00000000+AAAA http://w", f"{'PeterNeumann+c74f20a3'}+ARpc http://w"):
        with pytest.raises(SettingsRefused, match="TAEL_LOG_WITNESSES"):
            audit.schedules(settings.sealer(), origin=log.ORIGIN, witnesses=text)
