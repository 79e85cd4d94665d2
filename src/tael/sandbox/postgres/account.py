"""Under which account PostgreSQL runs: it refuses root, and our users are often root.

As an ordinary user we run it as ourselves. As root we first try a user namespace in which
root is called 65534: the files stay root's own, no account is made and nothing is chmodded.
Where namespaces are forbidden (most containers) we fall back to an existing account.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tael.sandbox.postgres.errors import PostgresUnavailable

_NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
_FALLBACK_ACCOUNTS = ("postgres", "nobody")
_TRY_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom the server's processes belong to, and the words to put before their command."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    switch: bool = False
    """Whether each process must change to uid and gid when it starts."""

    def popen_arguments(self) -> dict[str, int | list[int]]:
        """What `subprocess` needs in order to start a process as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, folder: Path) -> None:
        """Give a folder to this account when it is not ours already."""
        if self.switch:
            os.chown(folder, self.uid, self.gid)


def choose_account(bin_dir: Path, state_dir: Path) -> Account:
    """Decide how to run PostgreSQL here, or say in one line why it cannot be done."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    if _works(_NAMESPACE, {}):
        return Account(uid=0, gid=0, prefix=_NAMESPACE)
    return _existing_account(bin_dir, state_dir)


def _existing_account(bin_dir: Path, state_dir: Path) -> Account:
    for name in _FALLBACK_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(uid=entry.pw_uid, gid=entry.pw_gid, switch=True)
        reach = (
            "/bin/sh",
            "-c",
            'test -x "$1/postgres" && test -x "$2"',
            "sh",
            str(bin_dir),
            str(state_dir),
        )
        if _works(reach, account.popen_arguments()):
            return account
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, user namespaces are closed here, and no other account "
        f"can reach {state_dir} and {bin_dir}: start Tael as an ordinary user, "
        "or set TAEL_DATABASE_URL"
    )


def _works(command: Sequence[str], popen_arguments: dict[str, int | list[int]]) -> bool:
    program = shutil.which(command[0])
    if program is None:
        return False
    # A command that is only a prefix runs `true` behind it.
    tail = ("true",) if tuple(command) == _NAMESPACE else ()
    try:
        finished = subprocess.run(
            (program, *command[1:], *tail),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TRY_TIMEOUT_S,
            check=False,
            **popen_arguments,  # type: ignore[call-overload]  # typed loosely
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(finished.returncode == 0)
