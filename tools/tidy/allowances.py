"""The exceptions to the tidy checks, each with its reason, in allowances.toml."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tidy.tree import Violation

FILE: Final = Path(__file__).with_name("allowances.toml")


def allowances(check: str, text: str | None = None) -> dict[str, str]:
    """What one check must let pass, and why."""
    listed = tomllib.loads(FILE.read_text(encoding="utf-8") if text is None else text)
    return dict(listed.get(check, {}))


def remaining(violations: Iterable[Violation], allowed: dict[str, str]) -> list[str]:
    """The violations that are not allowed, and the allowances that allow nothing any more."""
    used = set()
    rest = []
    for violation in violations:
        # A line number moves; an allowance names the file, or the function in it.
        place, _, tail = violation.where.rpartition(":")
        where = place if tail.isdigit() else violation.where
        if where in allowed:
            used.add(where)
        else:
            rest.append(str(violation))
    stale = [f"allowed for nothing any more: {where}" for where in sorted(set(allowed) - used)]
    return rest + stale
