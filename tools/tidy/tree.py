"""The files of a repository, read once, and what a check has to say about them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_BUILT = {".git", ".tael", ".venv", "__pycache__", "build", "dist", "node_modules", ".svelte-kit"}
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One place where the tree breaks a rule."""

    where: str
    """A path in the repository, with `:name` behind it where one thing in the file is meant."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A Python file with its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's parts."""
        return Path(self.path).parts

    @property
    def home(self) -> str:
        """The module of src/tael that the file belongs to; empty elsewhere."""
        parts = self.parts
        return parts[2] if parts[:2] == ("src", "tael") and len(parts) > 3 else ""  # noqa: PLR2004 - src, tael, home, file

    def functions(self) -> Iterator[tuple[str, FunctionNode]]:
        """Every function with its dotted name."""
        yield from _functions(self.tree, "")


class Tree:
    """A repository: what is, or would be, under version control."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def paths(self) -> list[str]:
        """Every file that is not ignored, as a path from the root."""
        if (self.root / ".git").exists():
            command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
            listed = subprocess.run(
                command, cwd=self.root, capture_output=True, text=True, check=True
            )
            names = set(listed.stdout.split("\0")) - {""}
        else:
            found = (path.relative_to(self.root) for path in self.root.rglob("*"))
            names = {path.as_posix() for path in found if not _BUILT.intersection(path.parts)}
        return sorted(name for name in names if (self.root / name).is_file())

    def text(self, path: str) -> str:
        """A file's text."""
        return (self.root / path).read_text(encoding="utf-8")

    @cached_property
    def python(self) -> list[PythonFile]:
        """Every Python file, parsed."""
        files = []
        for path in self.paths:
            if path.endswith(".py"):
                text = self.text(path)
                files.append(PythonFile(path, text, ast.parse(text, path)))
        return files

    @property
    def server(self) -> list[PythonFile]:
        """The Python files of src/tael."""
        return [file for file in self.python if file.path.startswith("src/tael/")]

    def folders(self, under: str) -> set[str]:
        """The folders right below one that hold at least one file."""
        prefix = under.rstrip("/") + "/" if under else ""
        inside = (path[len(prefix) :] for path in self.paths if path.startswith(prefix))
        return {rest.split("/")[0] for rest in inside if "/" in rest}


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, FunctionNode]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FunctionNode | ast.ClassDef):
            name = f"{prefix}{child.name}"
            if isinstance(child, FunctionNode):
                yield name, child
            yield from _functions(child, f"{name}.")
        else:
            yield from _functions(child, prefix)


def dotted(node: ast.AST) -> str:
    """The dotted name of an expression, as far as it is one: `a.b.c`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""
