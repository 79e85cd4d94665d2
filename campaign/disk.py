"""A disk that can lose power, fill up and fail: a FUSE layer over a folder.

`python -m campaign.disk BACKING MOUNT` passes everything through to BACKING and keeps, for each
file, what its unsynced writes have replaced. A power cut puts that back: what was not synced is
gone. Orders come as JSON lines on standard input, each answered by a line on standard output:

    {"do": "cut"}      from now on nothing reaches the disk, every call fails with EIO
    {"do": "restore"}  unsynced writes are undone, and the disk serves again
    {"do": "fail", "what": "fsync" | "grow" | null, "count": 1}
                       fsync: EIO, and what was to be synced is gone, as on Linux;
                       grow: ENOSPC for whatever needs new blocks
"""

import ctypes.util
import errno
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

_BLOCK: Final = 8192


def missing() -> str | None:
    """Why a FUSE layer cannot run here; None when it can."""
    if not Path("/dev/fuse").exists():
        return "this machine has no /dev/fuse"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse is closed to this user"
    if ctypes.util.find_library("fuse") is None:
        return "libfuse2 is not installed (Debian: apt install libfuse2)"
    if os.geteuid() != 0 and shutil.which("fusermount") is None:
        return "only root may mount without fusermount (Debian: apt install fuse)"
    return None


@dataclass(slots=True)
class Unsynced:
    """What the disk holds of a file that was written since its last sync."""

    opened: int
    """A descriptor of our own, which follows the file wherever it is renamed to."""
    size: int
    blocks: dict[int, bytes] = field(default_factory=dict)

    def save(self, start: int, end: int) -> None:
        """Keep the blocks that a write is about to replace, as far as the disk has them."""
        for block in range(start // _BLOCK, (end + _BLOCK - 1) // _BLOCK):
            if block not in self.blocks and block * _BLOCK < self.size:
                length = min(_BLOCK, self.size - block * _BLOCK)
                self.blocks[block] = os.pread(self.opened, length, block * _BLOCK)

    def undo(self) -> None:
        """Put back what the disk holds, and forget."""
        for block, content in self.blocks.items():
            os.pwrite(self.opened, content, block * _BLOCK)
        os.ftruncate(self.opened, self.size)
        os.close(self.opened)


class Layer:
    """The file system: fusepy calls a method an operation, by its name."""

    use_ns = True

    def __init__(self, backing: Path) -> None:
        self._root = str(backing)
        self._unsynced: dict[int, Unsynced] = {}
        self._lock = threading.Lock()
        self._dead = False
        self._failing: str | None = None
        self._failures_left = 0

    def __call__(self, operation: str, *arguments: Any) -> Any:  # noqa: ANN401 - as fusepy calls
        """One operation; under a dead disk every one fails."""
        with self._lock:
            if self._dead:
                raise OSError(errno.EIO, "the power is off")
            method: Callable[..., Any] = getattr(self, operation)
            return method(*arguments)

    # Orders.

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out an order; what there is to say."""
        with self._lock:
            match order["do"]:
                case "cut":
                    self._dead = True
                case "restore":
                    lost = sum(len(each.blocks) for each in self._unsynced.values())
                    files = len(self._unsynced)
                    for each in self._unsynced.values():
                        each.undo()
                    self._unsynced.clear()
                    self._dead = False
                    return {"files": files, "blocks": lost}
                case "fail":
                    self._failing = order["what"]
                    self._failures_left = order.get("count", 1)
                case other:
                    raise ValueError(f"no such order: {other}")
            return {}

    def _fails(self, what: str) -> bool:
        if self._failing != what or self._failures_left <= 0:
            return False
        self._failures_left -= 1
        return True

    # What changes files.

    def write(self, _path: str, content: bytes, offset: int, opened: int) -> int:
        end = offset + len(content)
        if end > os.fstat(opened).st_size and self._fails("grow"):
            raise OSError(errno.ENOSPC, "the disk is full")
        self._about_to_change(opened, offset, end)
        return os.pwrite(opened, content, offset)

    def truncate(self, path: str, length: int, opened: int | None = None) -> None:
        own = os.open(self._at(path), os.O_RDWR) if opened is None else opened
        try:
            size = os.fstat(own).st_size
            if length > size and self._fails("grow"):
                raise OSError(errno.ENOSPC, "the disk is full")
            self._about_to_change(own, min(length, size), size)
            os.ftruncate(own, length)
        finally:
            if opened is None:
                os.close(own)

    def _about_to_change(self, opened: int, start: int, end: int) -> None:
        found = os.fstat(opened)
        unsynced = self._unsynced.get(found.st_ino)
        if unsynced is None:
            own = os.open(f"/proc/self/fd/{opened}", os.O_RDWR)
            unsynced = self._unsynced[found.st_ino] = Unsynced(own, found.st_size)
        unsynced.save(start, end)

    def fsync(self, _path: str, _datasync: int, opened: int) -> None:
        unsynced = self._unsynced.pop(os.fstat(opened).st_ino, None)
        if self._fails("fsync"):
            if unsynced is not None:
                unsynced.undo()
            raise OSError(errno.EIO, "the disk did not take it")
        if unsynced is not None:
            os.close(unsynced.opened)

    def create(self, path: str, mode: int, _info: object = None) -> int:
        if self._fails("grow"):
            raise OSError(errno.ENOSPC, "the disk is full")
        return os.open(self._at(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    # What passes through.

    def _at(self, path: str) -> str:
        return self._root + path

    def access(self, path: str, mode: int) -> None:
        if not os.access(self._at(path), mode):
            raise OSError(errno.EACCES, path)

    def chmod(self, path: str, mode: int) -> None:
        os.chmod(self._at(path), mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        os.chown(self._at(path), uid, gid)

    def getattr(self, path: str, opened: int | None = None) -> dict[str, int]:
        found = os.lstat(self._at(path)) if opened is None else os.fstat(opened)
        return {
            "st_mode": found.st_mode,
            "st_nlink": found.st_nlink,
            "st_uid": found.st_uid,
            "st_gid": found.st_gid,
            "st_size": found.st_size,
            "st_blocks": found.st_blocks,
            "st_atime": found.st_atime_ns,
            "st_mtime": found.st_mtime_ns,
            "st_ctime": found.st_ctime_ns,
        }

    def link(self, target: str, source: str) -> None:
        os.link(self._at(source), self._at(target))

    def mkdir(self, path: str, mode: int) -> None:
        os.mkdir(self._at(path), mode)

    def open(self, path: str, flags: int) -> int:
        return os.open(self._at(path), flags & ~os.O_EXCL)

    def read(self, _path: str, length: int, offset: int, opened: int) -> bytes:
        return os.pread(opened, length, offset)

    def readdir(self, path: str, _handle: int) -> list[str]:
        return [".", "..", *os.listdir(self._at(path))]

    def readlink(self, path: str) -> str:
        return os.readlink(self._at(path))

    def release(self, _path: str, opened: int) -> None:
        os.close(opened)

    def rename(self, old: str, new: str) -> None:
        os.rename(self._at(old), self._at(new))

    def rmdir(self, path: str) -> None:
        os.rmdir(self._at(path))

    def statfs(self, _path: str) -> dict[str, int]:
        found = os.statvfs(self._root)
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_frsize", "f_namemax")
        return {name: getattr(found, name) for name in names}

    def symlink(self, target: str, source: str) -> None:
        os.symlink(source, self._at(target))

    def unlink(self, path: str) -> None:
        os.unlink(self._at(path))

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        if times is None:
            os.utime(self._at(path))
        else:
            os.utime(self._at(path), ns=times)


def _serve_orders(layer: Layer, orders: TextIO, answers: TextIO) -> None:
    for line in orders:
        answers.write(json.dumps(layer.obey(json.loads(line))) + "\n")
        answers.flush()


def main() -> None:
    """Mount and serve until a SIGTERM."""
    import fuse  # noqa: PLC0415 - only this process needs libfuse, and many machines have none

    backing, mount = sys.argv[1:]
    layer = Layer(Path(backing))
    orders = threading.Thread(
        target=_serve_orders, args=(layer, sys.stdin, sys.stdout), daemon=True
    )
    orders.start()
    options = {"allow_other": True} if os.geteuid() == 0 else {}
    fuse.FUSE(
        layer,
        mount,
        foreground=True,
        nothreads=True,
        # Nothing is remembered by the kernel: after a cut the disk is asked anew.
        direct_io=True,
        attr_timeout=0,
        entry_timeout=0,
        big_writes=True,
        **options,
    )


if __name__ == "__main__":
    main()
