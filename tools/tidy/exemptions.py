"""An exemption from a check is a decision, and a decision has a reason."""

import re
from collections.abc import Iterator
from typing import Final

from tidy.tree import Tree, Violation

# An exemption, then what must follow it on the same line: a few words, or a mark that the
# line before explains it.
_COMMENTS: Final = (
    (re.compile(r"#\s*noqa\b(?P<rest>.*)"), "noqa"),
    (re.compile(r"#\s*type:\s*ignore\b(?P<rest>.*)"), "type: ignore"),
    (re.compile(r"#\s*pragma:\s*no cover(?P<rest>.*)"), "no cover"),
    (re.compile(r"@ts-(?:ignore|expect-error|nocheck)(?P<rest>.*)"), "ts-ignore"),
    (re.compile(r"eslint-disable[\w-]*(?P<rest>.*)"), "eslint-disable"),
    (re.compile(r"svelte-ignore\s+[\w-]+(?P<rest>.*)"), "svelte-ignore"),
)
_CODES = re.compile(r"^(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*|\[[\w, -]+\])?")
_REASON = re.compile(r"[^\W\d_]+\W.*[^\W\d_]{2,}")
_CONFIGURED = re.compile(r'^\s+"[^"]+",?\s*(?P<rest>#.*)?$')
_EXEMPTING = re.compile(r'^(?:ignore|DEP\d+|"[^"]+")\s*=\s*\[\s*$')


def unexplained(tree: Tree) -> Iterator[Violation]:
    """Exemptions in the code and in pyproject.toml that give no reason."""
    for path in tree.paths:
        if path.endswith((".py", ".ts", ".svelte", ".js", ".mjs")):
            for number, line in enumerate(tree.text(path).splitlines(), start=1):
                for pattern, name in _COMMENTS:
                    found = pattern.search(line)
                    if found and not _explains(found["rest"]):
                        yield Violation(f"{path}:{number}", f"{name} without a reason")
    if "pyproject.toml" in tree.paths:
        yield from _configured(tree.text("pyproject.toml"))


def _explains(rest: str) -> bool:
    return bool(_REASON.search(_CODES.sub("", rest.strip())))


def _configured(text: str) -> Iterator[Violation]:
    section, inside = "", False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("["):
            section, inside = line, False
        elif _EXEMPTING.match(line) and ("ruff" in section or "deptry" in section):
            inside = True
        elif line.startswith("]"):
            inside = False
        elif inside:
            entry = _CONFIGURED.match(line)
            if entry and not _REASON.search((entry["rest"] or "").removeprefix("#")):
                said = (entry["rest"] or "").strip()
                if not re.fullmatch(r"# as [A-Z]+\d+(?::.*)?", said):
                    yield Violation(f"pyproject.toml:{number}", f"no reason: {line.strip()}")
