"""A module is imported by its face only: `from tael import ledger`, never `tael.ledger.model`."""

from collections.abc import Iterator
from typing import Final

import grimp

from tidy.tree import Violation

BY_TOPIC: Final = frozenset({"kernel", "codecs"})
"""These are imported by topic: `tael.kernel.money`."""


def trespasses(package: str = "tael") -> Iterator[Violation]:
    """Imports that reach behind a module's face."""
    graph = grimp.build_graph(package, cache_dir=None)
    for module in sorted(graph.modules):
        home = module.split(".")[1] if "." in module else ""
        for target in sorted(graph.find_modules_directly_imported_by(module)):
            _, *host_and_inner = target.split(".")
            if len(host_and_inner) > 1 and host_and_inner[0] not in {home, *BY_TOPIC}:
                yield Violation(module, f"reaches behind a face: {target}")
