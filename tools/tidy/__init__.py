"""The house's rules that no ready-made linter knows, each a function from a tree to violations.

`tests/architecture` runs each over the repository, and over a copy with a planted violation.
"""

from tidy.tree import Tree, Violation

__all__ = ["Tree", "Violation"]
