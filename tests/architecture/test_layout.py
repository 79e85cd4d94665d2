"""The maps in the documents show what is there."""

from collections.abc import Callable, Mapping

import pytest

from tidy import Tree
from tidy.layout import wrong_maps

Plant = Callable[[Mapping[str, str]], Tree]

README = """# Tael

## Map

```
README.md   what it is
docs/       how it is built
src/        the server
tests/      the promises
```
"""
ARCHITECTURE = """# How it is built

## The server

```
kernel/   money, ids
ledger/   accounts
```

## Direction

```
ledger
kernel
```

## Tests

```
laws/   hypothesis
```
"""
PYPROJECT = """
[[tool.importlinter.contracts]]
id = "layers"
layers = ["(ledger)", "kernel"]
"""
HOUSE = {
    "README.md": README,
    "docs/concepts/architecture.md": ARCHITECTURE,
    "pyproject.toml": PYPROJECT,
    "src/tael/kernel/money.py": "",
    "src/tael/ledger/book.py": "",
    "tests/laws/test_money.py": "",
}


def test_the_repositorys_maps_are_right(repository: Tree) -> None:
    assert [str(violation) for violation in wrong_maps(repository)] == []


def test_a_right_map_passes(planted: Plant) -> None:
    assert list(wrong_maps(planted(HOUSE))) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"bench/load.py": ""}, "README.md: '## Map' does not show bench"),
        (
            {"README.md": README.replace("docs/ ", "bench/")},
            "README.md: '## Map' shows bench, which is not there",
        ),
        (
            {"src/tael/loans/rules.py": ""},
            "docs/concepts/architecture.md: '## The server' does not show loans",
        ),
        (
            {"tests/simulation/test_crash.py": ""},
            "docs/concepts/architecture.md: '## Tests' does not show simulation",
        ),
        (
            {"docs/concepts/architecture.md": ARCHITECTURE.replace("ledger\nkernel", "kernel")},
            (
                "docs/concepts/architecture.md: shows the layers [('kernel',)], "
                "pyproject.toml holds [('ledger',), ('kernel',)]"
            ),
        ),
        ({"README.md": "# Tael\n"}, "README.md: no map under '## Map'"),
    ],
)
def test_a_wrong_map_is_found(planted: Plant, change: dict[str, str], told: str) -> None:
    assert told in [str(violation) for violation in wrong_maps(planted(HOUSE | change))]
