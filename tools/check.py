"""`make check`: every check that needs no browser, two at a time, each with its time.

`python tools/check.py [NAME…]` runs only those named. The output of a check is shown when it
fails; the exit status is 1 when any did.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import bootstrap
from steps import ROOT, SETUP, say

_BIN = ROOT / ".venv" / "bin"
_AT_ONCE = 2
_FAST_TESTS = ("tests/rules", "tests/laws", "tests/contracts")


@dataclass(frozen=True, slots=True)
class Check:
    """One tool's run over the repository."""

    name: str
    command: Sequence[str | Path]
    cwd: Path = ROOT
    environment: dict[str, str] = field(default_factory=dict)


def all_checks() -> list[Check]:
    """The checks, the slowest first so that two at a time finish early."""
    checks = [Check("types", (_BIN / "mypy",))]
    checks += _web_checks()
    fast = [folder for folder in _FAST_TESTS if (ROOT / folder).exists()]
    checks += [
        Check("fast tests", (_BIN / "pytest", "-q", *fast)),
        Check("tidy", (_BIN / "pytest", "-q", "tests/architecture")),
        Check("imports", (_BIN / "lint-imports",)),
        Check("dependencies", (_BIN / "deptry", "src")),
        Check("lint", (_BIN / "ruff", "check", ".")),
        Check("format", (_BIN / "ruff", "format", "--check", ".")),
    ]
    return checks


def _web_checks() -> list[Check]:
    node = bootstrap.find_node()
    folder = node.folder if node else SETUP / "node"
    if not (ROOT / "web" / "node_modules").exists() or not (folder / "npm").exists():
        return []
    path = {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    return [
        Check("web types", (folder / "npm", "run", "--silent", "check"), ROOT / "web", path),
        Check("web lint", (folder / "npm", "run", "--silent", "lint"), ROOT / "web", path),
    ]


def run_check(check: Check) -> bool:
    """Run one check and tell how it went; true when it passed."""
    began = time.monotonic()
    finished = subprocess.run(
        check.command,
        cwd=check.cwd,
        env=os.environ | check.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    passed = finished.returncode == 0
    line = f"{'✓' if passed else '✗'} {check.name:<14}{time.monotonic() - began:6.1f} s"
    say(line if passed else f"{line}\n\n{finished.stdout.rstrip()}\n")
    return passed


def main() -> int:
    """Run the checks, all or those named."""
    wanted = sys.argv[1:]
    checks = [check for check in all_checks() if not wanted or check.name in wanted]
    if not checks:
        say(f"no such check; there are: {', '.join(check.name for check in all_checks())}")
        return 1
    began = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        passed = list(pool.map(run_check, checks))
    failed = [check.name for check, good in zip(checks, passed, strict=True) if not good]
    say(f"\n{len(checks) - len(failed)} passed in {time.monotonic() - began:.0f} s")
    if failed:
        say(f"{len(failed)} failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
