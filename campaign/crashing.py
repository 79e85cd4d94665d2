"""`python -m campaign.crashing serve|worker`: a process of the bank that dies at a commit.

The n-th transaction that writes, counted from the moment of arming, kills the process at once,
either before its commit is sent or after it was answered: nothing of the domain knows of it. What
is armed stands in a file that `TAEL_CAMPAIGN_CRASH` names, and for whom; each commit that was
counted is appended beside it, by the name of the function that opened it.
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Final, Literal

from tael.kernel.database import Database, WriteSession

ORDER: Final = "TAEL_CAMPAIGN_CRASH"
When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Order:
    """Die at this commit, counted from 1, before it is sent or after it was answered."""

    who: str
    """`serve` or `worker`."""
    at: int
    when: When

    def arm(self, path: Path) -> None:
        """Give the order to whoever reads this file; it is carried out once."""
        seen_path(path).write_text("", encoding="utf-8")
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(path)


def disarm(path: Path) -> None:
    """Take an order back that was not carried out."""
    path.unlink(missing_ok=True)


def seen_path(path: Path) -> Path:
    """Where the commits are told that were counted."""
    return path.with_suffix(".seen")


def seen(path: Path) -> list[str]:
    """The boundaries that were passed since arming, in order."""
    try:
        return seen_path(path).read_text(encoding="utf-8").split()
    except OSError:
        return []


def install(path: Path, who: str) -> None:
    """Have every transaction of this process that writes look at the order."""
    original = Database.write

    @asynccontextmanager
    async def write(self: Database) -> AsyncIterator[WriteSession]:
        name = _caller()
        async with original(self) as session:
            yield session
            order = _counted(path, who, name) if await _writes(session) else None
            if order is not None and order.when == "before":
                _die(path)
        if order is not None:
            _die(path)

    Database.write = write  # type: ignore[method-assign]  # this is the fault


def _caller() -> str:
    """The function of the bank that opened the transaction."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way to the caller
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("tael.") and module != "tael.kernel.database":
            return f"{module.removeprefix('tael.')}.{frame.f_code.co_qualname}"
        frame = frame.f_back
    return "unknown"


async def _writes(session: WriteSession) -> bool:
    """Whether this transaction has changed anything; one that only looked is no boundary."""
    return await session.fetchval("SELECT pg_current_xact_id_if_assigned()") is not None


def _counted(path: Path, who: str, name: str) -> Order | None:
    """Count a commit; the order, when this is the one."""
    try:
        order = Order(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    if order.who != who:
        return None
    with seen_path(path).open("a", encoding="utf-8") as counted:
        counted.write(f"{name}\n")
    return order if len(seen(path)) == order.at else None


def _die(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run `tael NAME` with the fault inside."""
    install(Path(os.environ[ORDER]), sys.argv[1])
    # Now that the fault is in: the command line itself.
    from tael.cli.main import main as tael  # noqa: PLC0415 - after the fault is in place

    tael()


if __name__ == "__main__":
    main()
