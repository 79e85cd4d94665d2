"""Planted bugs stay plantable: each patch applies to the tree, and its tests exist.

Whether the tests notice the bugs is shown by the campaign's row Q1: `python -m campaign --row Q1`.
"""

import ast
from pathlib import Path

import pytest
from campaign.planted import ROOT, DoesNotApply, Planted, all_planted, read

PLANTED = all_planted()
LEAST = 20


def test_there_are_enough_of_them() -> None:
    assert len(PLANTED) >= LEAST
    assert len({bug.breaks for bug in PLANTED}) == len(PLANTED), "one bug is planted twice"


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_planted_bug_applies_and_names_tests_that_exist(bug: Planted) -> None:
    changed = bug.patched(ROOT)
    assert changed
    for path, text in changed.items():
        assert path.startswith(("src/tael", "migrations/")), path
        compile(text, path, "exec")
    assert bug.breaks
    assert bug.caught_by
    for named in bug.caught_by:
        path, _, function = named.partition("::")
        assert not function or function.split("[")[0] in names_in(ROOT / path), named


def names_in(path: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_a_patch_that_fits_no_more_is_told(tmp_path: Path) -> None:
    patch = tmp_path / "gone.patch"
    patch.write_text(
        "Breaks: something\nCaught by: tests/x.py::test_y\n\n--- a/f.py\n+++ b/f.py\n"
        "@@ -1,2 +1,2 @@\n one\n-two\n+three\n",
        encoding="utf-8",
    )
    bug = read(patch)
    (tmp_path / "f.py").write_text("one\ntwo\n", encoding="utf-8")
    assert bug.patched(tmp_path) == {"f.py": "one\nthree\n"}
    (tmp_path / "f.py").write_text("one\nfour\n", encoding="utf-8")
    with pytest.raises(DoesNotApply):
        bug.patched(tmp_path)
    (tmp_path / "f.py").write_text("one\ntwo\none\ntwo\n", encoding="utf-8")
    with pytest.raises(DoesNotApply):
        bug.patched(tmp_path)
