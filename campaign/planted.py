"""Planted bugs: patches of the server, each with what it breaks and which tests must notice.

A patch is a unified diff under a header:

    Breaks: one line on what the bug does
    Caught by: tests/…::test_…      (one line each; every one of them must fail)
    Row: R7                         (rows of the campaign that would see it too; may be absent)

A hunk is found by its text, not by its line numbers: it applies as long as that text stands in the
file exactly once.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "tests" / "planted"

_FILE: Final = re.compile(r"^\+\+\+ b/(.+)$")


class DoesNotApply(Exception):
    """The text that a patch changes is not there, or more than once."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One change: this text in this file becomes that."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Planted:
    """A planted bug."""

    name: str
    breaks: str
    caught_by: tuple[str, ...]
    rows: tuple[str, ...]
    hunks: tuple[Hunk, ...]

    def apply(self, tree: Path) -> None:
        """Plant it in a copy of the repository; raises `DoesNotApply`."""
        for path, text in self.patched(tree).items():
            (tree / path).write_text(text, encoding="utf-8")

    def patched(self, tree: Path) -> dict[str, str]:
        """The files that it changes as they would be; raises `DoesNotApply`."""
        texts: dict[str, str] = {}
        for hunk in self.hunks:
            text = texts.get(hunk.path) or (tree / hunk.path).read_text(encoding="utf-8")
            found = text.count(hunk.before)
            if found != 1:
                raise DoesNotApply(f"{self.name}: {hunk.path} has {found} × {hunk.before!r}")
            texts[hunk.path] = text.replace(hunk.before, hunk.after)
        return texts


def all_planted() -> list[Planted]:
    """Every planted bug of the repository, by name."""
    return [read(path) for path in sorted(FOLDER.glob("*.patch"))]


def read(path: Path) -> Planted:
    """A planted bug from its file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("--- "))
    header = lines[:start]
    return Planted(
        name=path.stem,
        breaks=" ".join(_told(header, "Breaks")),
        caught_by=_told(header, "Caught by"),
        rows=_told(header, "Row"),
        hunks=tuple(_hunks(lines[start:])),
    )


def _told(header: Sequence[str], label: str) -> tuple[str, ...]:
    start = f"{label}: "
    return tuple(line.removeprefix(start).strip() for line in header if line.startswith(start))


def _hunks(lines: Sequence[str]) -> list[Hunk]:
    hunks: list[Hunk] = []
    path, before, after = "", list[str](), list[str]()

    def close() -> None:
        if before or after:
            hunks.append(Hunk(path, "".join(before), "".join(after)))
        before.clear()
        after.clear()

    for line in lines:
        named = _FILE.match(line)
        if named or line.startswith(("--- ", "@@", "diff ")):
            close()
            path = named.group(1) if named else path
            continue
        kind, text = line[:1], line[1:] + "\n"
        if kind in {" ", "-", ""}:
            before.append(text)
        if kind in {" ", "+", ""}:
            after.append(text)
    close()
    return hunks
