"""Backup and restore of the embedded PostgreSQL: a base copy, and the WAL that follows it.

A backup folder holds `base-…` copies, each verified when it was made, and `wal/`, into which the
running server goes on copying each finished WAL segment: at the latest a minute after something
was written. A restore takes a base and replays the WAL after it, to its end or to a moment.
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import asyncpg

from tael.kernel.clock import machine_now
from tael.kernel.faults import OperatorFault
from tael.sandbox.postgres.account import Account, choose_account
from tael.sandbox.postgres.cluster import SUPERUSER, clean_environment, reason
from tael.sandbox.postgres.leftovers import server_processes
from tael.sandbox.postgres.server import PostgresServer, embedded_bin_dir

ARCHIVE_TO: Final = "archive-to"
"""In the state directory: the backup folder that the archiver copies WAL to."""
RESTORE_TIMEOUT_S: Final = 3_600.0
LABEL: Final = "backup.json"

_BASE: Final = "base-"
_RECOVERY: Final = (
    "hot_standby",
    "restore_command",
    "recovery_target_time",
    "recovery_target_action",
)

Report = Callable[[str], None]


class BackupRefused(OperatorFault):
    """This cannot be backed up or restored; the message is one line for the person there."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base copy in a backup folder."""

    folder: Path
    began: datetime
    ended: datetime
    """Nothing earlier can be restored from it: the copy is not whole before."""

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What a folder says of itself; None where a copy was broken off."""
        try:
            found = json.loads((folder.parent / f"{folder.name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return cls(
            folder, datetime.fromisoformat(found["began"]), datetime.fromisoformat(found["ended"])
        )

    def save(self) -> None:
        """Say that the copy is whole and verified."""
        told = {"began": self.began.isoformat(), "ended": self.ended.isoformat()}
        path = self.folder.parent / f"{self.folder.name}.json"
        path.write_text(json.dumps(told), encoding="utf-8")


def bases(folder: Path) -> list[Base]:
    """The whole copies in a backup folder, oldest first."""
    found = [Base.load(each) for each in sorted(folder.glob(f"{_BASE}*")) if each.is_dir()]
    return [each for each in found if each is not None]


async def back_up(state_dir: Path, socket_dir: Path, folder: Path, report: Report) -> Base:
    """Copy the running server into the folder, verify the copy, and archive WAL from now on.

    All paths are absolute. Raises `BackupRefused` for a folder that holds something else, and
    when a step fails.
    """
    _refuse_foreign(folder, state_dir)
    bin_dir = embedded_bin_dir()
    _prepare(folder, choose_account(bin_dir, state_dir))
    await _refuse_without_archive(socket_dir)
    # Before the copy, so that no segment between the copy and the next one is missed.
    _write_durably(state_dir / ARCHIVE_TO, str(folder))
    began = machine_now()
    base = folder / f"{_BASE}{began:%Y%m%dT%H%M%S%f}"
    report(f"copying the database to {base}")
    await _run(
        *(bin_dir / "pg_basebackup", "--host", socket_dir, "--username", SUPERUSER),
        *("--pgdata", base, "--checkpoint", "fast", "--wal-method", "stream"),
        *("--manifest-checksums", "SHA256", "--no-password"),
    )
    report("verifying the copy against its manifest")
    await _run(bin_dir / "pg_verifybackup", "--quiet", base)
    made = Base(base, began, machine_now())
    made.save()
    return made


def _prepare(folder: Path, account: Account) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LABEL).write_text(json.dumps({"of": "tael"}), encoding="utf-8")
    wal = folder / "wal"
    wal.mkdir(mode=0o700, exist_ok=True)
    account.own(wal)


def _refuse_foreign(folder: Path, state_dir: Path) -> None:
    if folder == state_dir or state_dir in folder.parents:
        raise BackupRefused(
            f"{folder} lies in the state directory that it is to survive: choose a folder "
            "elsewhere, best on another disk"
        )
    if not folder.exists():
        return
    if not folder.is_dir() or (any(folder.iterdir()) and not (folder / LABEL).exists()):
        raise BackupRefused(f"{folder} holds something that is no backup of Tael: choose another")


async def _refuse_without_archive(socket_dir: Path) -> None:
    connection = await asyncpg.connect(_dsn(socket_dir, "postgres"))
    try:
        if await connection.fetchval("SHOW archive_mode") != "on":
            raise BackupRefused("this server was started by an older Tael: restart it, then again")
    finally:
        await connection.close()


async def archive_now(socket_dir: Path) -> None:
    """Finish the current WAL segment, so that what was written so far is archived at once."""
    connection = await asyncpg.connect(_dsn(socket_dir, "postgres"))
    try:
        wanted = await connection.fetchval("SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
        await connection.execute("SELECT pg_switch_wal()")
        for _ in range(600):
            done = await connection.fetchval("SELECT last_archived_wal FROM pg_stat_archiver")
            if done is not None and done >= wanted:
                return
            await asyncio.sleep(0.1)
    finally:
        await connection.close()
    raise BackupRefused("the WAL was not archived within a minute: see the server's log")


async def restore(state_dir: Path, folder: Path, to: datetime | None, report: Report) -> Base:
    """Make a state directory's database anew from a backup, as it was at a moment or at its end.

    All paths are absolute. Raises `BackupRefused` where there is a database already, and when a
    step fails; then nothing is left behind.
    """
    data_dir = state_dir / "postgres"
    _refuse_to_overwrite(data_dir)
    base = _base_for(folder, to)
    bin_dir = embedded_bin_dir()
    report(f"verifying {base.folder}")
    await _run(bin_dir / "pg_verifybackup", "--quiet", base.folder)
    making = data_dir.with_name("postgres.restoring")
    try:
        report("copying it back")
        await asyncio.to_thread(_copy_back, base, making, folder, to)
        making.rename(data_dir)
        await _recover(state_dir, to, report)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        shutil.rmtree(data_dir, ignore_errors=True)
        raise
    return base


def _copy_back(base: Base, making: Path, folder: Path, to: datetime | None) -> None:
    state_dir = making.parent
    state_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    account = choose_account(embedded_bin_dir(), state_dir)
    if making.exists():
        shutil.rmtree(making)
    shutil.copytree(base.folder, making)
    making.chmod(0o700)
    _ask_to_recover(making, folder, to)
    for each in (making, *making.rglob("*")):
        account.own(each)


def _refuse_to_overwrite(data_dir: Path) -> None:
    if server_processes(data_dir):
        raise BackupRefused("Tael runs on this state directory: stop it first")
    if data_dir.exists() and any(data_dir.iterdir()):
        raise BackupRefused(
            f"{data_dir} holds a database, and nothing is overwritten: move it away first, e.g. "
            f"`mv {data_dir} {data_dir}.old`, or restore elsewhere with --state-dir"
        )


def _base_for(folder: Path, to: datetime | None) -> Base:
    found = bases(folder)
    if not found:
        raise BackupRefused(f"{folder} holds no whole backup: make one with `tael db backup`")
    early_enough = [each for each in found if to is None or each.ended <= to]
    if not early_enough:
        raise BackupRefused(
            f"the oldest backup in {folder} was whole at {found[0].ended.isoformat()}: no earlier "
            "moment can be restored from it"
        )
    return early_enough[-1]


def _ask_to_recover(data_dir: Path, folder: Path, to: datetime | None) -> None:
    (data_dir / "recovery.signal").touch()
    # The quoting of postgresql.conf inside, and that of the shell inside of it.
    wal = str(folder / "wal").replace("'", "'\\''").replace("'", "''").replace("%", "%%")
    lines = [
        # Nobody looks before it is whole: the server says that it is ready when it is.
        "hot_standby = off",
        f"restore_command = 'gunzip -c ''{wal}/%f.gz'' > \"%p\" 2>/dev/null'",
    ]
    if to is not None:
        lines += [
            f"recovery_target_time = '{to.isoformat()}'",
            "recovery_target_action = 'promote'",
        ]
    with (data_dir / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("\n" + "\n".join(lines) + "\n")


async def _recover(state_dir: Path, to: datetime | None, report: Report) -> None:
    """Replay the WAL, then check every table and index page by page."""
    report("replaying the WAL")
    server = PostgresServer(state_dir, start_timeout_s=RESTORE_TIMEOUT_S)
    try:
        await asyncio.to_thread(server.start)
    except OperatorFault as fault:
        if to is not None and "before configured recovery target" in str(fault):
            raise BackupRefused(
                f"the archived WAL ends before {to.isoformat()}: leave out --to to restore all "
                "that there is"
            ) from fault
        raise
    try:
        connection = await asyncpg.connect(server.dsn_of("postgres"))
        try:
            for name in _RECOVERY:
                await connection.execute(f"ALTER SYSTEM RESET {name}")
        finally:
            await connection.close()
        report("checking every table and index (amcheck)")
        await _run(
            *(server.bin_dir / "pg_amcheck", "--host", server.socket_dir),
            *("--username", SUPERUSER, "--all", "--install-missing", "--heapallindexed"),
        )
    finally:
        await asyncio.to_thread(server.stop)


async def _run(*command: str | Path) -> None:
    """Run one of PostgreSQL's programs; raises `BackupRefused` with the line that says why."""
    done = await asyncio.to_thread(
        subprocess.run,
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=clean_environment(),
    )
    if done.returncode != 0:
        why = reason(done.stderr + done.stdout)
        raise BackupRefused(f"{Path(command[0]).name} failed: {why}")


def _write_durably(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _dsn(socket_dir: Path, database: str) -> str:
    return f"postgresql://{SUPERUSER}@/{database}?host={socket_dir}"
