"""Acts that belong to one place: committing, moving money, reading clocks and environment."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tidy.tree import PythonFile, Tree, Violation, dotted

_EDGE = {"http", "cli", "jobs", "kernel", "sandbox"}
_WRITES: Final = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|MERGE\s+INTO)\s+"
    r"\"?([a-z]+_[a-z_]+)"
)
_CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
}
_CHANCE = {"uuid.uuid4", "uuid4", "uuid.uuid1", "uuid1"}
_INEXACT = {"float", "Decimal", "decimal.Decimal", "round"}
_MONEY_HOMES_NOT = {"cli", "sandbox", "jobs"}


def _is_jobs(file: PythonFile) -> bool:
    """A module's own jobs are at the edge: they run their transactions themselves."""
    return file.parts[-1].endswith("jobs.py")


@dataclass(frozen=True, slots=True)
class CallRule:
    """A call that only some places may make."""

    bans: Callable[[ast.Call], bool]
    allowed: Callable[[PythonFile], bool]
    why: str


_RULES: Final = (
    CallRule(
        lambda call: (
            isinstance(call.func, ast.Attribute)
            and call.func.attr in {"commit", "rollback", "transaction", "begin_nested"}
        ),
        lambda file: file.home == "kernel",
        "only the kernel's sessions commit",
    ),
    CallRule(
        lambda call: dotted(call.func).endswith(("database.write", "database.read")),
        lambda file: file.home in _EDGE or _is_jobs(file),
        "only the edge and jobs open transactions",
    ),
    CallRule(
        lambda call: dotted(call.func) in _CLOCKS,
        lambda file: file.path == "src/tael/kernel/clock.py" or file.home == "sandbox",
        "the time is an argument; kernel.clock reads it",
    ),
    CallRule(
        lambda call: dotted(call.func) in _CHANCE,
        lambda file: file.path == "src/tael/kernel/ids.py" or file.home == "sandbox",
        "ids come from kernel.ids",
    ),
    CallRule(
        lambda call: dotted(call.func) in _INEXACT,
        lambda file: file.home in _MONEY_HOMES_NOT,
        "money is an integer of minor units, and every division names its rounding",
    ),
    CallRule(
        lambda call: dotted(call.func).split(".")[-1] in {"machine_now", "business_now"},
        lambda file: file.parts[-1] != "rules.py",
        "a rule is told the time",
    ),
    CallRule(
        lambda call: dotted(call.func) in {"os.getenv", "os.environ.get"},
        lambda file: file.path == "src/tael/kernel/settings.py",
        "kernel.settings reads the environment",
    ),
)


def banned_calls(tree: Tree) -> Iterator[Violation]:
    """Calls in src/tael that belong to another place."""
    for file in tree.server:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Call):
                for rule in _RULES:
                    if rule.bans(node) and not rule.allowed(file):
                        call = ast.unparse(node.func)
                        yield Violation(f"{file.path}:{node.lineno}", f"{call}(): {rule.why}")
            elif (
                isinstance(node, ast.Attribute)
                and dotted(node) == "os.environ"
                and file.path != "src/tael/kernel/settings.py"
            ):
                yield Violation(f"{file.path}:{node.lineno}", "kernel.settings reads os.environ")


def foreign_writes(tree: Tree) -> Iterator[Violation]:
    """SQL that writes a table of another module; above all, of the ledger."""
    homes = tree.folders("src/tael")
    for file in tree.server:
        for node in ast.walk(file.tree):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            for table in _WRITES.findall(node.value):
                owner = table.split("_")[0]
                if owner in homes and owner != file.home:
                    yield Violation(
                        f"{file.path}:{node.lineno}", f"writes {table}, which is {owner}'s"
                    )
