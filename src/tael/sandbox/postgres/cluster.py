"""The data directory: made whole or not at all, and the settings it is served with."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tael.sandbox.postgres.account import Account
from tael.sandbox.postgres.errors import PostgresUnavailable

SUPERUSER: Final = "postgres"
PORT: Final = 5432
"""Only a part of the socket's name: the server listens on no network port."""

_INITDB_TIMEOUT_S = 180.0
_BUILTIN_LOCALE_SINCE = 17
_TELLING = ("FATAL:", "PANIC:", "error:")

SETTINGS: Final[Mapping[str, str]] = {
    # Durable, always: an acknowledged payment survives the power cord.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Finished WAL goes where a backup wants it, at the latest a minute after it was written. The
    # program stands in the state directory, and PostgreSQL calls it from its data directory.
    "archive_mode": "on",
    "archive_command": 'sh ../archive.sh "%p" "%f"',
    "archive_timeout": "60s",
    # Reachable by this account through a private folder, and by nobody else.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # Sized for a small machine that runs the application beside it.
    "shared_buffers": "256MB",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    # Parameters and failing rows hold personal values: they stay out of the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] ",
}

FLEETING: Final[Mapping[str, str]] = {
    "fsync": "off",
    "full_page_writes": "off",
    "archive_mode": "off",
    "archive_command": "",
}
"""For tests, whose databases end with their process: nothing of them is to outlive a power cut."""


def clean_environment() -> dict[str, str]:
    """The environment for the server's programs, without what could change their meaning."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def server_command(
    bin_dir: Path, data_dir: Path, socket_dir: Path, *, lasting: bool = True
) -> list[str]:
    """The command line of a postmaster, settings included, so that no file can weaken them."""
    command = [str(bin_dir / "postgres"), "-D", str(data_dir)]
    command += ["-k", str(socket_dir), "-p", str(PORT)]
    for name, value in (SETTINGS if lasting else {**SETTINGS, **FLEETING}).items():
        command += ["-c", f"{name}={value}"]
    return command


def ensure_cluster(bin_dir: Path, data_dir: Path, account: Account) -> bool:
    """Make the data directory if it is not there; true when it was made now.

    It is built under another name and renamed when it is whole and on disk, so a power cut
    in the middle leaves something that the next start removes, never half a database.
    """
    if (data_dir / "PG_VERSION").exists():
        _check_owner(data_dir, account)
        _check_version(bin_dir, data_dir)
        return False
    if data_dir.exists() and any(data_dir.iterdir()):
        raise PostgresUnavailable(
            f"{data_dir} is not empty and holds no database: move it away, then start again"
        )
    making = data_dir.with_name(data_dir.name + ".making")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir(mode=0o700)
    account.own(making)
    _run_initdb(bin_dir, making, account)
    if data_dir.exists():
        data_dir.rmdir()
    making.rename(data_dir)
    _sync_folder(data_dir.parent)
    return True


def _run_initdb(bin_dir: Path, folder: Path, account: Account) -> None:
    command = [str(bin_dir / "initdb"), "-D", str(folder), "-U", SUPERUSER, "--auth=trust"]
    command += ["--data-checksums", "--encoding=UTF8", "--no-instructions"]
    if major_version(bin_dir) >= _BUILTIN_LOCALE_SINCE:
        command += ["--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        command += ["--locale=C.UTF-8"]
    try:
        finished = subprocess.run(
            [*account.prefix, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_INITDB_TIMEOUT_S,
            check=False,
            env=clean_environment(),
            **account.popen_arguments(),  # type: ignore[call-overload]  # typed loosely
        )
    except subprocess.TimeoutExpired:
        raise PostgresUnavailable(
            f"making the database in {folder} took more than {_INITDB_TIMEOUT_S:.0f} s: "
            "is the disk full or slow?"
        ) from None
    if finished.returncode != 0:
        why = reason(finished.stderr)
        raise PostgresUnavailable(f"PostgreSQL could not make its database: {why}")


def reason(log: str) -> str:
    """Pick the line of a log that says why: the last fatal one, else the last at all."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if any(mark in line for mark in _TELLING)]
    return (telling or lines or ["it gave no reason"])[-1]


def major_version(bin_dir: Path) -> int:
    """The major version of the binaries, e.g. 18."""
    answer = subprocess.run(
        (str(bin_dir / "postgres"), "--version"), capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise PostgresUnavailable(f"{bin_dir}/postgres does not run here: {reason(answer.stderr)}")
    return int(answer.stdout.split()[2].split(".")[0])


def _check_owner(data_dir: Path, account: Account) -> None:
    owner = data_dir.stat().st_uid
    if owner != account.uid:
        raise PostgresUnavailable(
            f"{data_dir} belongs to user {owner} and this is user {account.uid}: "
            "start Tael as its owner"
        )


def _check_version(bin_dir: Path, data_dir: Path) -> None:
    made_by = (data_dir / "PG_VERSION").read_text(encoding="utf-8").strip()
    served_by = major_version(bin_dir)
    if made_by != str(served_by):
        raise PostgresUnavailable(
            f"{data_dir} was made by PostgreSQL {made_by}, and this is {served_by}: "
            "move it away to start fresh, or use the older release of Tael"
        )


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
