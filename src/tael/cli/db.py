"""`tael db`: the schema, and backups of the embedded database."""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from cyclopts import App
from rich.console import Console

from tael import auditor
from tael.cli import deployment
from tael.kernel import migrations
from tael.kernel.clock import SHANGHAI
from tael.kernel.database import AUDITOR_ROLE, Database
from tael.sandbox import (
    BackupRefused,
    PostgresServer,
    archive_now,
    back_up,
    restore,
    running_socket_dir,
)

app = App(name="db", help="The database: its schema, backup and restore.")

_console = Console(highlight=False)


@app.command
def upgrade() -> None:
    """Bring the schema to the version of this code. Safe to run again, and twice at once."""
    asyncio.run(_upgrade())


async def _upgrade() -> None:
    async with deployment.settings() as settings:
        await migrations.upgrade(settings.migrator_database_url or settings.database_url)
    print(f"The schema is at {migrations.newest()}.")


@app.command
def backup(folder: Path, *, state_dir: Path = deployment.STATE_DIR) -> None:
    """Back up the embedded database: a verified copy, and from now on all that follows it.

    Parameters
    ----------
    folder
        Where the backup is kept, best on another disk. A second copy may go to the same folder.
    state_dir
        The state directory of the bank.
    """
    _refuse_external()
    asyncio.run(_back_up(state_dir.resolve(), folder.resolve()))


async def _back_up(state_dir: Path, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        socket_dir = running_socket_dir(state_dir)
        if socket_dir is None:
            if not (state_dir / "postgres" / "PG_VERSION").exists():
                raise BackupRefused(f"there is no database in {state_dir}: run `make up` first")
            server = await stack.enter_async_context(PostgresServer(state_dir, report=_say))
            socket_dir = server.socket_dir
        made = await back_up(state_dir, socket_dir, folder, _say)
        await archive_now(socket_dir)
    _console.print(f"[green]✓[/] {made.folder} is whole and verified")
    _console.print(f"  What is written from now on follows into {folder / 'wal'},")
    _console.print("  within a minute of being written, while the server runs.")
    _console.print(f"  Keep {state_dir / 'keys.json'} too, and elsewhere: without the keys,")
    _console.print("  names, phone and card numbers in the backup cannot be read.")


@app.command(name="restore")
def restore_(
    folder: Path, *, to: datetime | None = None, state_dir: Path = deployment.STATE_DIR
) -> None:
    """Restore the embedded database from a backup, as it was at the end or at a moment.

    Parameters
    ----------
    folder
        What `tael db backup` was given.
    to
        The moment, e.g. 2026-11-22T15:04:05; Shanghai's time where no offset is said.
    state_dir
        The state directory; its database must not be there any more.
    """
    _refuse_external()
    moment = to.replace(tzinfo=SHANGHAI) if to is not None and to.tzinfo is None else to
    asyncio.run(_restore(state_dir.resolve(), folder.resolve(), moment))


async def _restore(state_dir: Path, folder: Path, to: datetime | None) -> None:
    base = await restore(state_dir, folder, to, _say)
    _say("checking the books")
    async with PostgresServer(state_dir) as server:
        database = await Database.open(server.dsn, role=AUDITOR_ROLE)
        try:
            async with database.snapshot() as session:
                report = await auditor.check(session)
                newest = await session.fetchval("SELECT max(at) FROM ledger_movements")
        finally:
            await database.close()
    if not report.ok:
        sys.exit(f"tael: restored, but the books differ: {report.differing}; `tael ledger check`")
    until = f"{newest.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if newest else "none"
    _console.print(
        f"[green]✓[/] restored from {base.folder.name}: {report.movements} movements, the newest "
        f"{until} in Shanghai; the books balance"
    )
    if not (state_dir / "keys.json").exists():
        _console.print(f"[yellow]Put keys.json back into {state_dir} before you start Tael.[/]")


def _refuse_external() -> None:
    if deployment.is_external():
        raise BackupRefused(
            "TAEL_DATABASE_URL names a server of yours: back it up with its own tools, as "
            "docs/operate/backup-and-restore.md says"
        )


def _say(line: str) -> None:
    _console.print(f"[dim]• {line}[/]")
