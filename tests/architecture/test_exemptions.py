"""Whoever exempts something from a check says why, on the line."""

from collections.abc import Callable, Mapping

import pytest

from tidy import Tree
from tidy.exemptions import unexplained

Plant = Callable[[Mapping[str, str]], Tree]
# Spelled in two halves, so that this file holds no exemption itself.
NOQA = "# no" + "qa"
IGNORE = "# type: ig" + "nore"
SVELTE = "svelte-ig" + "nore"
TS = "@ts-ig" + "nore"


def test_every_exemption_in_the_repository_has_a_reason(repository: Tree) -> None:
    assert [str(violation) for violation in unexplained(repository)] == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", f"x = 1  {NOQA}"),
        ("a.py", f"x = 1  {NOQA}: S608"),
        ("a.py", f"x = 1  {NOQA}: S608, E501"),
        ("a.py", f"x = 1  {IGNORE}"),
        ("a.py", f"x = 1  {IGNORE}[arg-type]"),
        ("a.ts", f"// {TS}"),
        ("a.svelte", f"<!-- {SVELTE} a11y_autofocus -->"),
    ],
)
def test_an_exemption_without_a_reason_is_found(planted: Plant, path: str, line: str) -> None:
    assert [violation.where for violation in unexplained(planted({path: line}))] == [f"{path}:1"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a.py", f"x = 1  {NOQA}: S608 - a constant list of columns"),
        ("a.py", f"x = 1  {IGNORE}[arg-type]  # untyped upstream"),
        ("a.svelte", f"<!-- {SVELTE} a11y_autofocus (the sheet was opened to type in it) -->"),
    ],
)
def test_an_exemption_with_a_reason_passes(planted: Plant, path: str, line: str) -> None:
    assert list(unexplained(planted({path: line}))) == []


def test_a_configured_exemption_without_a_reason_is_found(planted: Plant) -> None:
    text = """
[tool.ruff.lint]
ignore = [
    "EM", # a message is read where it is raised
    "TRY003", # as EM: the same
    "S608",
]

[tool.ruff.lint.per-file-ignores]
"tests/**" = [
    "S101",
]

[tool.deptry.per_rule_ignores]
DEP002 = [
    "uvloop",
]
"""
    found = [violation.what for violation in unexplained(planted({"pyproject.toml": text}))]
    assert found == ['no reason: "S608",', 'no reason: "S101",', 'no reason: "uvloop",']
