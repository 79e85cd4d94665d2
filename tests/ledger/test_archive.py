"""Old months leave for files, the books go on from what they leave, and can take them back."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from factories import ledger as f
from factories.late import balance_as_of
from tael import audit, auditor, ledger
from tael.kernel import ids
from tael.kernel import owner as kernel_owner
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings
from tael.ledger import CARD_CLEARING, ArchiveBroken, CannotArchive, Movement, MovementId
from tael.ledger.errors import Archived
from tael.ledger.jobs import close_days, sequence

THIS = machine_now().date().replace(day=1)
NEXT = (THIS + timedelta(days=32)).replace(day=1)
AFTER = (NEXT + timedelta(days=32)).replace(day=1)


def at_day(month: date, day: int) -> datetime:
    return datetime(month.year, month.month, day, 4, tzinfo=UTC)


def made_at(movement: Movement, moment: datetime) -> Movement:
    """The movement with an id that was made then."""
    milliseconds = int(moment.timestamp() * 1_000)
    chance = movement.id.int & ((1 << 80) - 1)
    return movement._replace(id=MovementId(UUID(int=milliseconds << 80 | chance)))


class Months:
    """A bank with entries in two months, and the tools that archive the first."""

    def __init__(self, database: Database, url: str, sealer: Sealer, folder: Path) -> None:
        self.database = database
        self.url = url
        self.sealer = sealer
        self.folder = folder
        self.alice = self.bob = ledger.AccountNumber(0)
        self.early: list[Movement] = []

    async def live(self) -> None:
        """Post in both months; one id of the first is posted only in the second."""
        self.alice, self.bob = await f.an_account(self.database), await f.an_account(self.database)
        for day in range(1, 6):
            at = at_day(THIS, day)
            movement = made_at(f.a_transfer(CARD_CLEARING, self.alice, 100, at=at), at)
            self.early.append(movement)
            await f.post(self.database, movement, now=at)
        for day in range(1, 4):
            at = at_day(NEXT, day)
            paid = made_at(f.a_transfer(self.alice, self.bob, 10, at=at), at)
            await f.post(self.database, paid, now=at)
        at = at_day(NEXT, 4)
        pending = made_at(f.a_transfer(self.alice, self.bob, 7, at=at), at_day(THIS, 9))
        await f.post(self.database, pending, now=at)
        await sequence(self.database)
        async with self.database.write() as session:
            while await ledger.close_due(session, now=at_day(AFTER, 2)):
                pass

    async def archive(self) -> ledger.ArchivedMonth:
        async with kernel_owner.connect(self.url) as session:
            async with session.atomically():
                signer = await audit.ensure_signer(
                    session, self.sealer, origin="example.org/log", now=machine_now()
                )
            return await ledger.archive_month(
                session, THIS, self.folder, signer.note, now=at_day(AFTER, 1)
            )

    async def attach(self) -> None:
        async with kernel_owner.connect(self.url) as session:
            await ledger.attach_month(session, THIS, self.folder)

    async def check(self) -> str:
        async with self.database.read() as session:
            return await ledger.check_files(session, THIS, self.folder)

    async def figures(self) -> list[object]:
        """What must be the same before and after."""
        told: list[object] = [await f.books(self.database)]
        for moment in (at_day(NEXT, 2), at_day(NEXT, 3), at_day(NEXT, 28)):
            told += [
                await balance_as_of(self.database, number, moment)
                for number in (self.alice, self.bob, CARD_CLEARING)
            ]
            async with self.database.read() as session:
                told.append(await ledger.trial_balance_as_of(session, moment))
        return told


@pytest.fixture
async def months(
    database: Database, settings: Settings, database_url: str, tmp_path: Path
) -> Months:
    made = Months(database, database_url, settings.sealer(), tmp_path / "archive")
    await made.live()
    return made


async def audit_books(database: Database) -> tuple[auditor.Difference, ...]:
    async with database.snapshot() as session:
        return tuple((await auditor.check(session, books_only=True)).differences)


async def test_everything_balances_when_the_first_of_two_months_has_left(
    months: Months, auditor_database: Database, owner: asyncpg.Connection
) -> None:
    before = await months.figures()
    left = await months.archive()
    assert (left.movements, left.postings, left.accounts, left.signed) == (6, 6, 2, True)
    assert await owner.fetchval("SELECT count(*) FROM ledger_movements") == 3
    assert await owner.fetchval("SELECT count(*) FROM ledger_closing_strays") == 2
    assert await months.figures() == before
    assert await audit_books(auditor_database) == ()
    now = at_day(NEXT, 5)
    more = made_at(f.a_transfer(months.alice, months.bob, 1, at=now), now)
    await f.post(months.database, more, now=now)
    assert await audit_books(auditor_database) == ()
    async with months.database.read() as session:
        page = await ledger.statement(session, months.alice)
    assert [entry.amount.minor for entry in page.entries] == [1, 10, 10, 10]
    assert page.archived, "the history ends here because the rest is in the archive"


async def test_what_has_left_is_refused_clearly(months: Months) -> None:
    await months.archive()
    with pytest.raises(Archived):
        await balance_as_of(months.database, months.alice, at_day(THIS, 3))
    books = await f.books(months.database)
    async with months.database.write() as session:
        with pytest.raises(Archived):
            await ledger.trial_balance_as_of(session, at_day(THIS, 3))
        with pytest.raises(Archived):
            await ledger.reverse(
                session,
                months.early[0].id,
                MovementId(ids.new_id()),
                memo="",
                now=at_day(NEXT, 9),
            )
    assert await f.books(months.database) == books
    assert await balance_as_of(months.database, months.alice, at_day(THIS, 5)) == 500


async def test_a_month_comes_back_from_its_tables_and_from_its_files(
    months: Months, auditor_database: Database, owner: asyncpg.Connection
) -> None:
    before = await months.figures()
    await months.archive()
    await months.attach()
    assert await months.figures() == before
    await months.archive()
    async with kernel_owner.connect(months.url) as session:
        await ledger.drop_month(session, THIS, months.folder)
    await months.attach()
    assert await months.figures() == before
    assert await owner.fetchval("SELECT count(*) FROM ledger_movements") == 9
    assert await balance_as_of(months.database, months.alice, at_day(THIS, 3)) == 300
    assert await audit_books(auditor_database) == ()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await owner.execute("DELETE FROM ledger_movements")


async def test_the_files_are_what_was_signed_or_are_refused(months: Months) -> None:
    await months.archive()
    note = await months.check()
    assert note.startswith(
        f"tael ledger month\n{THIS:%Y-%m}\nmovements 6\npostings 6\naccounts 2\n"
    )
    assert "— example.org/log" in note, "signed"
    path = next(months.folder.glob("ledger_postings_*.csv"))
    path.write_text(path.read_text().replace(",100,", ",900,", 1))
    with pytest.raises(ArchiveBroken, match=path.name):
        await months.check()
    async with kernel_owner.connect(months.url) as session:
        with pytest.raises(ArchiveBroken):
            await ledger.drop_month(session, THIS, months.folder)


async def test_a_crash_between_the_steps_is_taken_up(
    months: Months, owner: asyncpg.Connection, auditor_database: Database
) -> None:
    suffix = f"{THIS:%Y_%m}"
    before = await months.figures()
    await months.archive()
    # As if it had died before the second table was detached.
    await owner.execute("UPDATE ledger_partition_closes SET detached_at = NULL")
    bounds = await owner.fetchrow("SELECT lower_id, upper_id FROM ledger_partition_closes")
    await owner.execute(f"DROP TRIGGER ledger_movements_stay ON ledger_movements_{suffix}")
    await owner.execute(
        f"ALTER TABLE ledger_movements ATTACH PARTITION ledger_movements_{suffix} "
        f"FOR VALUES FROM ('{bounds['lower_id']}') TO ('{bounds['upper_id']}')"
    )
    await months.archive()
    assert await owner.fetchval("SELECT detached_at IS NOT NULL FROM ledger_partition_closes")
    assert await months.figures() == before
    assert await audit_books(auditor_database) == ()


async def test_a_month_leaves_only_when_it_is_over_closed_and_in_the_log(
    months: Months, owner: asyncpg.Connection
) -> None:
    async with kernel_owner.connect(months.url) as session:
        for month, now, why in (
            (NEXT, at_day(AFTER, 20), "has to leave first"),
            (THIS, at_day(THIS, 20), "is not over"),
        ):
            with pytest.raises(CannotArchive, match=why):
                await ledger.archive_month(session, month, months.folder, None, now=now)
        at = at_day(THIS, 10)
        late = made_at(f.a_transfer(CARD_CLEARING, months.alice, 1, at=at), at)
        await f.post(months.database, late, now=at)
        with pytest.raises(CannotArchive, match="not in the transparency log"):
            await ledger.archive_month(session, THIS, months.folder, None, now=at_day(AFTER, 1))
    assert await owner.fetchval("SELECT count(*) FROM ledger_partition_closes") == 0


async def test_a_month_with_open_days_stays(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    (alice,) = await f.funded(database, 0)
    at = at_day(THIS, 2)
    await f.post(database, made_at(f.a_transfer(CARD_CLEARING, alice, 1, at=at), at), now=at)
    await sequence(database)
    async with kernel_owner.connect(database_url) as session:
        with pytest.raises(CannotArchive, match="not closed"):
            await ledger.archive_month(session, THIS, tmp_path, None, now=at_day(AFTER, 1))
    await close_days(database)
