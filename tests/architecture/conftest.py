"""The repository, and small ones made up to break a rule."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tidy import Tree

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def repository() -> Tree:
    """The tree as it is."""
    return Tree(ROOT)


@pytest.fixture
def planted(tmp_path: Path) -> Callable[[Mapping[str, str]], Tree]:
    """Make a tree of the files given, each with a rule broken or kept on purpose."""

    def plant(files: Mapping[str, str]) -> Tree:
        for path, text in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        return Tree(tmp_path)

    return plant
