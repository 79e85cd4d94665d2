"""How big a thing may grow before it is two things."""

import ast
from collections.abc import Iterator
from typing import Final

from tidy.tree import FunctionNode, PythonFile, Tree, Violation

FUNCTION_LINES: Final = 70
HANDLER_LINES: Final = 25
FILE_LINES: Final = 500
PARAMETERS: Final = 6
# What a kind of file may hold, by its name (docs/concepts/architecture.md, the anatomy).
BUDGETS: Final = {
    "errors.py": 80,
    "events.py": 80,
    "states.py": 120,
    "rules.py": 300,
    "model.py": 300,
    "queries.py": 300,
    "service.py": 400,
    "jobs.py": 150,
}
FACE_LINES: Final = 60
_SOURCES = (".py", ".ts", ".svelte", ".css", ".js", ".mjs", ".sh", ".toml")
_ROUTES = {"get", "post", "put", "patch", "delete"}
# They hold what many share: their names are imported by topic, or one a domain.
_NO_ANATOMY = {"", "cli", "codecs", "http", "jobs", "kernel", "sandbox"}


def oversized(tree: Tree) -> Iterator[Violation]:
    """Files, functions and parameter lists beyond their budget."""
    for path in tree.paths:
        if path.endswith(_SOURCES) and not path.endswith(("uv.lock", "package-lock.json")):
            lines = tree.text(path).count("\n")
            if lines > FILE_LINES:
                yield Violation(path, f"{lines} lines, {FILE_LINES} are allowed")
    for file in tree.python:
        yield from _functions(file)
        yield from _anatomy(file)


def _functions(file: PythonFile) -> Iterator[Violation]:
    for name, node in file.functions():
        where = f"{file.path}:{name}"
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > FUNCTION_LINES:
            yield Violation(where, f"{lines} lines, {FUNCTION_LINES} are allowed")
        if file.home == "http" and _is_handler(node):
            body = lines - _docstring_lines(node) - (node.body[0].lineno - node.lineno)
            if body > HANDLER_LINES:
                yield Violation(where, f"a handler of {body} lines, {HANDLER_LINES} are allowed")
        parameters = _parameters(node, method="." in name)
        # A test asks for fixtures and a handler for what it needs by name: neither is called.
        called = not (node.name.startswith("test_") or node.decorator_list)
        if called and parameters > PARAMETERS:
            yield Violation(where, f"{parameters} parameters, {PARAMETERS} are allowed")


def _anatomy(file: PythonFile) -> Iterator[Violation]:
    if file.home in _NO_ANATOMY or len(file.parts) != len(("src", "tael", "home", "file")):
        return
    lines = file.text.count("\n")
    budget = BUDGETS.get(file.parts[-1])
    if budget and lines > budget:
        yield Violation(file.path, f"{lines} lines, {budget} are its budget")
    if file.parts[-1] == "__init__.py":
        names = _face_names(file.tree)
        # The list of names is one a line; what is left is the face's own text.
        if lines - 2 * names > FACE_LINES:
            yield Violation(
                file.path, f"{lines - 2 * names} lines beside its names, {FACE_LINES} are allowed"
            )


def _face_names(tree: ast.Module) -> int:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return len(node.value.elts) if isinstance(node.value, ast.List | ast.Tuple) else 0
    return 0


def _is_handler(node: FunctionNode) -> bool:
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(call, ast.Attribute) and call.attr in _ROUTES:
            return True
    return False


def _docstring_lines(node: FunctionNode) -> int:
    first = node.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return (first.end_lineno or first.lineno) - first.lineno + 1 if is_text else 0


def _parameters(node: FunctionNode, *, method: bool) -> int:
    arguments = node.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (1 if method and names[:1] in (["self"], ["cls"]) else 0)
