"""What the documents say stands where, stands there; and nothing else does."""

import re
import tomllib
from collections.abc import Iterator
from typing import Final

from tidy.tree import Tree, Violation

README: Final = "README.md"
ARCHITECTURE: Final = "docs/concepts/architecture.md"
_FENCE = re.compile(r"^```[a-z]*\n(?P<block>.*?)^```", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^(?P<path>[\w./-]+)\s{2,}\S")


def wrong_maps(tree: Tree) -> Iterator[Violation]:
    """Differences between the repository and the maps in README and the architecture page."""
    top = tree.folders("") | {path for path in tree.paths if "/" not in path}
    hidden = {name for name in top if name.startswith(".")}
    yield from _compare(tree, README, "## Map", top - hidden)
    yield from _compare(tree, ARCHITECTURE, "## The server", tree.folders("src/tael"))
    yield from _compare(tree, ARCHITECTURE, "## Tests", tree.folders("tests"))
    yield from _wrong_layers(tree)


def _compare(tree: Tree, page: str, heading: str, there: set[str]) -> Iterator[Violation]:
    block = _block(tree, page, heading)
    if block is None:
        yield Violation(page, f"no map under {heading!r}")
        return
    told = {m["path"].strip("/") for m in map(_ENTRY.match, block.splitlines()) if m}
    # A map may leave out lock files and single files of configuration, never invent one.
    for name in sorted(told - there):
        yield Violation(page, f"{heading!r} shows {name}, which is not there")
    for name in sorted(there - told):
        if "." not in name:
            yield Violation(page, f"{heading!r} does not show {name}")


def _wrong_layers(tree: Tree) -> Iterator[Violation]:
    block = _block(tree, ARCHITECTURE, "## Direction")
    if block is None:
        yield Violation(ARCHITECTURE, "no layers under '## Direction'")
        return
    told = [_layer(line) for line in block.splitlines() if line.strip()]
    if "pyproject.toml" not in tree.paths:
        return
    config = tomllib.loads(tree.text("pyproject.toml"))["tool"]["importlinter"]
    contract = next(c for c in config["contracts"] if c["id"] == "layers")
    held = [_layer(line) for line in contract["layers"]]
    if told != held:
        yield Violation(ARCHITECTURE, f"shows the layers {told}, pyproject.toml holds {held}")


def _layer(line: str) -> tuple[str, ...]:
    return tuple(sorted(name.strip(" ()") for name in line.split("|")))


def _block(tree: Tree, page: str, heading: str) -> str | None:
    if page not in tree.paths:
        return None
    _, found, rest = tree.text(page).partition(f"\n{heading}\n")
    fence = _FENCE.search(rest.split("\n## ")[0]) if found else None
    return fence["block"] if fence else None
