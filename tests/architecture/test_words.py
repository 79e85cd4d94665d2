"""Names say something, work is finished, and the repository tells of the product only."""

from collections.abc import Callable, Mapping

import pytest

from tidy import Tree
from tidy.allowances import allowances, remaining
from tidy.words import banned_words, empty_names

Plant = Callable[[Mapping[str, str]], Tree]


def test_the_repository_has_no_banned_words(repository: Tree) -> None:
    assert remaining(banned_words(repository), allowances("words")) == []


def test_the_repository_has_no_empty_names(repository: Tree) -> None:
    assert remaining(empty_names(repository), allowances("names")) == []


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # TO" + "DO: finish",
        "# FIX" + "ME",
        "index = 'https://py" + "pi.org/simple'",
        "npm config set registry https://registry.npm" + "js.org",
        "see /work" + "/main/README.md",
        "Co-authored" + "-by: somebody",
        "as Clau" + "de suggested",
        "asked help" + "er-3 for the client",
    ],
)
def test_a_banned_word_is_found(planted: Plant, line: str) -> None:
    tree = planted({"src/tael/ledger/book.py": f"{line}\n", "docs/guide.md": f"{line}\n"})
    assert [violation.where for violation in banned_words(tree)] == [
        "docs/guide.md:1",
        "src/tael/ledger/book.py:1",
    ]


def test_lock_files_may_name_their_registry(planted: Plant) -> None:
    assert list(banned_words(planted({"uv.lock": "https://py" + "pi.org/simple\n"}))) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/tael/ledger/book.py", "data = 1\n"),
        ("src/tael/ledger/book.py", "def handle(): ...\n"),
        ("src/tael/ledger/book.py", "def post(info): ...\n"),
        ("src/tael/ledger/book.py", "class Manager: ...\n"),
        ("src/tael/ledger/book.py", "for helper in (): ...\n"),
        ("src/tael/ledger/utils.py", "x = 1\n"),
        ("web/src/lib/pay.ts", "const data = 1;\n"),
        ("web/src/lib/Pay.svelte", "class Manager {}\n"),
    ],
)
def test_an_empty_name_is_found(planted: Plant, path: str, text: str) -> None:
    assert [v.where.split(":")[0] for v in empty_names(planted({path: text}))] == [path]


def test_a_longer_name_passes(planted: Plant) -> None:
    assert list(empty_names(planted({"src/tael/a.py": "sealed_data = reply.data\n"}))) == []
