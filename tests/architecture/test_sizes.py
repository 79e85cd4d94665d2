"""Nothing grows into two things unseen."""

from collections.abc import Callable, Mapping

import pytest

from tidy import Tree
from tidy.allowances import allowances, remaining
from tidy.sizes import BUDGETS, FILE_LINES, FUNCTION_LINES, HANDLER_LINES, oversized

Plant = Callable[[Mapping[str, str]], Tree]


def test_the_repository_keeps_its_sizes(repository: Tree) -> None:
    assert remaining(oversized(repository), allowances("sizes")) == []


def body(lines: int) -> str:
    return "    pass\n" * lines


@pytest.mark.parametrize(
    ("path", "text", "where"),
    [
        ("src/tael/ledger/post.py", "x = 1\n" * (FILE_LINES + 1), "src/tael/ledger/post.py"),
        ("web/src/Pay.svelte", "<p></p>\n" * (FILE_LINES + 1), "web/src/Pay.svelte"),
        (
            "src/tael/ledger/post.py",
            "class Book:\n    def post(self):\n" + "        pass\n" * FUNCTION_LINES,
            "src/tael/ledger/post.py:Book.post",
        ),
        ("bench/load.py", "def f(a, b, c, d, e, f, g): ...\n", "bench/load.py:f"),
        (
            "src/tael/ledger/rules.py",
            "# one\n" * (BUDGETS["rules.py"] + 1),
            "src/tael/ledger/rules.py",
        ),
        (
            "src/tael/ledger/__init__.py",
            '"""A face that tells too much."""\n' + "# one\n" * 70,
            "src/tael/ledger/__init__.py",
        ),
        (
            "src/tael/http/pay.py",
            "@router.post('/pay')\ndef pay():\n" + body(HANDLER_LINES + 1),
            "src/tael/http/pay.py:pay",
        ),
    ],
)
def test_what_is_too_big_is_found(planted: Plant, path: str, text: str, where: str) -> None:
    assert [violation.where for violation in oversized(planted({path: text}))] == [where]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/tael/ledger/post.py", "x = 1\n" * FILE_LINES),
        ("src/tael/ledger/post.py", "def f():\n" + body(FUNCTION_LINES - 1)),
        ("src/tael/ledger/post.py", "class A:\n    def f(self, a, b, c, d, e, g): ...\n"),
        ("src/tael/kernel/rules.py", "# one\n" * 350),
        ("src/tael/http/pay.py", "@router.post('/pay')\ndef pay():\n" + body(HANDLER_LINES - 1)),
        ("tests/test_pay.py", "def test_pay(a, b, c, d, e, f, g): ...\n"),
        ("uv.lock", "x\n" * 9_000),
    ],
)
def test_what_fits_passes(planted: Plant, path: str, text: str) -> None:
    assert list(oversized(planted({path: text}))) == []


def test_an_allowance_allows_one_place_and_no_other() -> None:
    from_file = allowances("sizes", '[sizes]\n"a.py:f" = "told why"\n"b.py" = "told why"\n')
    assert from_file == {"a.py:f": "told why", "b.py": "told why"}


def test_an_allowance_that_allows_nothing_is_found(planted: Plant) -> None:
    tree = planted({"src/tael/ledger/post.py": "x = 1\n" * (FILE_LINES + 1)})
    allowed = {"src/tael/ledger/post.py": "told why", "src/tael/gone.py": "told why"}
    assert remaining(oversized(tree), allowed) == [
        "allowed for nothing any more: src/tael/gone.py",
    ]


def test_every_allowance_has_a_reason() -> None:
    few_words = 4
    for check in ("sizes", "words", "names", "calls", "writes", "faces"):
        for where, reason in allowances(check).items():
            assert len(reason.split()) >= few_words, f"{check}: {where} needs a reason"
