"""`tael ledger`: months that leave the books for files, and come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cyclopts import App

from tael import audit, ledger
from tael.cli import deployment
from tael.kernel import owner
from tael.kernel.clock import machine_now
from tael.kernel.faults import OperatorFault
from tael.kernel.settings import Settings

FOLDER: Final = Path("archive")


def register(app: App) -> None:
    """Add the commands to `tael ledger`."""
    for command in (archive, check_archive, attach):
        app.command(command)


def archive(
    *,
    before: str,
    into: Path = FOLDER,
    drop: bool = False,
    state_dir: Path = deployment.STATE_DIR,
) -> None:
    """Write months of entries to signed files and detach them, holding up nobody.

    Each leaves a closing balance for every account, from which recomputing goes on. Run as the
    owner of the schema (TAEL_MIGRATOR_DATABASE_URL). Run it again after a crash.

    Parameters
    ----------
    before
        The first month that stays, as 2026-11.
    into
        The folder for the files.
    drop
        Remove the detached tables too, once the files are seen to be whole.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    first_kept = _month(before)

    home = state_dir.resolve()

    async def run() -> None:
        async with _owner(home) as (session, settings):
            async with session.atomically():
                signer = await audit.ensure_signer(
                    session, settings.sealer(), origin=settings.log_name, now=machine_now()
                )
            months = await ledger.months_before(session, first_kept)
            for month in months:
                left = await ledger.archive_month(
                    session, month, into, signer.note, now=machine_now()
                )
                print(
                    f"{month:%Y-%m}: {left.movements} movements, {left.postings} postings, "
                    f"closings of {left.accounts} accounts; sha256 {left.digest.hex()}"
                )
                if drop:
                    await ledger.drop_month(session, month, into)
            if not months:
                print("Nothing is left to archive.")

    asyncio.run(run())


def check_archive(
    month: str, *, folder: Path = FOLDER, state_dir: Path = deployment.STATE_DIR
) -> None:
    """Compare a month's files with what was signed, and print the signed note.

    Parameters
    ----------
    month
        The month, as 2026-08.
    folder
        Where its files are.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    home = state_dir.resolve()

    async def run() -> str:
        async with _owner(home) as (session, _):
            return await ledger.check_files(session, _month(month), folder)

    print(asyncio.run(run()), end="")


def attach(month: str, *, folder: Path = FOLDER, state_dir: Path = deployment.STATE_DIR) -> None:
    """Take the newest archived month back into the books, from its tables or its files.

    Parameters
    ----------
    month
        The month, as 2026-08.
    folder
        Where its files are, for a month whose tables were dropped.
    state_dir
        The sandbox's state directory, where TAEL_DATABASE_URL names no other database.
    """
    home = state_dir.resolve()

    async def run() -> None:
        async with _owner(home) as (session, _):
            await ledger.attach_month(session, _month(month), folder)

    asyncio.run(run())
    print(f"{month} is part of the books again.")


@asynccontextmanager
async def _owner(home: Path) -> AsyncIterator[tuple[owner.OwnerSession, Settings]]:
    async with (
        deployment.settings(home) as settings,
        owner.connect(settings.migrator_database_url or settings.database_url) as session,
    ):
        yield session, settings


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no time zone
    except ValueError:
        raise OperatorFault(f"{text}: a month (2026-11) is needed.") from None
