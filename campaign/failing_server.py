"""The embedded PostgreSQL on a disk that can lose power, fill up and fail."""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tael.sandbox import PostgresServer, dies_with_us
from tael.sandbox.postgres.leftovers import server_processes

MOUNT_TIMEOUT_S: Final = 10.0
DEATH_TIMEOUT_S: Final = 10.0
_POLL_S: Final = 0.02


@dataclass(slots=True)
class FailingDisk:
    """The layer's process, and the server that works on it."""

    server: PostgresServer
    process: asyncio.subprocess.Process

    async def power_cut(self) -> dict[str, Any]:
        """Everything on the machine is gone at once, and what was not synced with it.

        The supervisor starts the server again, as a machine does that comes back; how much was
        lost.
        """
        await self.order(do="cut")
        deadline = time.monotonic() + DEATH_TIMEOUT_S
        while living := server_processes(self.server.data_dir):
            for pid in living:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            assert time.monotonic() < deadline, "the server did not die"
            await asyncio.sleep(_POLL_S)
        return await self.order(do="restore")

    async def fail(self, what: str | None, count: int = 1) -> None:
        """Let the next so many calls of a kind fail; None ends it."""
        await self.order(do="fail", what=what, count=count)

    async def order(self, **order: object) -> dict[str, Any]:
        """Tell the layer something."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        await self.process.stdin.drain()
        line = await asyncio.wait_for(self.process.stdout.readline(), MOUNT_TIMEOUT_S)
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def on_failing_disk(state_dir: Path) -> AsyncIterator[FailingDisk]:
    """A server whose data directory lies on such a disk."""
    if state_dir.exists():  # noqa: ASYNC240 - once, before anything runs
        shutil.rmtree(state_dir)
    server = PostgresServer(state_dir, gives_up=False)
    # The cluster is made on the plain disk, then moved under the layer.
    async with server:
        await server.ensure_database()
    backing = state_dir / "disk"
    server.data_dir.rename(backing)
    owner = backing.stat()
    server.data_dir.mkdir(mode=0o700)
    os.chown(server.data_dir, owner.st_uid, owner.st_gid)
    process = await asyncio.create_subprocess_exec(
        *dies_with_us(signal.SIGTERM),
        *(sys.executable, "-m", "campaign.disk", str(backing), str(server.data_dir)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        await _mounted(server.data_dir, process)
        async with server:
            yield FailingDisk(server, process)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _mounted(folder: Path, process: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + MOUNT_TIMEOUT_S
    while not (folder / "PG_VERSION").exists():
        assert process.returncode is None, "the FUSE layer could not be mounted"
        assert time.monotonic() < deadline, "the FUSE layer was not mounted in time"
        await asyncio.sleep(_POLL_S)
