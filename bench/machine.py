"""What the figures were measured on."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

_KIB_PER_GIB = 1024 * 1024


class Machine(TypedDict):
    """The machine and the programs, as far as they can tell."""

    cpu: str
    cores: int
    memory_gib: int
    system: str
    python: str
    postgresql: str
    measured_on: str


def describe(postgresql: str) -> Machine:
    """This machine."""
    return {
        "cpu": _field("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(
            int((_field("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / _KIB_PER_GIB
        ),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": postgresql,
        "measured_on": datetime.now(UTC).date().isoformat(),
    }


def resident_mib(pid: int) -> tuple[float, float]:
    """A process's resident memory now, and the most that it ever was."""
    status = f"/proc/{pid}/status"
    now, peak = (_field(status, name) or "0 kB" for name in ("VmRSS", "VmHWM"))
    return int(now.split()[0]) / 1024, int(peak.split()[0]) / 1024


def _field(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None
