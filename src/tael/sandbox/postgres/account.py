"""Under which account PostgreSQL runs: it refuses root, and our users are often root.

As an ordinary user we run it as ourselves. As root we first try a user namespace in which
root is called 65534: the files stay root's, no account is made, no folder is opened. Where
namespaces are closed (most containers) we fall back to an existing account.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tael.sandbox.postgres.errors import PostgresUnavailable

_NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
_ACCOUNTS = ("postgres", "nobody")
_TRY_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom the server's files belong to, and how its processes get there."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    """The words before a command that make it run as this account."""
    switch: bool = False
    """Whether `subprocess` must change to uid and gid itself."""

    def popen_arguments(self) -> dict[str, int | list[int]]:
        """What `subprocess` needs in order to start a process as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, folder: Path) -> None:
        """Give a folder to this account when it is not ours already."""
        if self.uid != os.geteuid():
            os.chown(folder, self.uid, self.gid)


def choose_account(bin_dir: Path, state_dir: Path) -> Account:
    """Decide how to run PostgreSQL here, or say in one line why it cannot be done."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    for account in _ways_for_root():
        if _reaches(account, bin_dir, state_dir):
            return account
    raise PostgresUnavailable(_what_root_can_do(bin_dir, state_dir))


def _ways_for_root() -> Iterator[Account]:
    yield Account(uid=0, gid=0, prefix=_NAMESPACE)
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        yield Account(uid=entry.pw_uid, gid=entry.pw_gid, switch=True)


def _what_root_can_do(bin_dir: Path, state_dir: Path) -> str:
    on_the_way = {*bin_dir.parents, bin_dir, *state_dir.parents, state_dir}
    closed = sorted(str(folder) for folder in on_the_way if not folder.stat().st_mode & 0o001)
    cure = f"run `chmod o+x {' '.join(closed)}`" if closed else "start Tael as an ordinary user"
    return (
        "PostgreSQL does not run as root, user namespaces are closed here, and no other account "
        f"gets to {state_dir}: {cure}, or set TAEL_DATABASE_URL to a server of yours"
    )


def _reaches(account: Account, bin_dir: Path, state_dir: Path) -> bool:
    """Whether a process of this account starts, is not root, and gets at both folders."""
    if account.prefix and shutil.which(account.prefix[0]) is None:
        return False
    look = 'test "$(id -u)" != 0 && test -x "$1/postgres" && test -x "$2"'
    try:
        finished = subprocess.run(
            (*account.prefix, "/bin/sh", "-c", look, "sh", str(bin_dir), str(state_dir)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TRY_TIMEOUT_S,
            check=False,
            **account.popen_arguments(),  # type: ignore[call-overload]  # typed loosely
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(finished.returncode == 0)
