"""Write docs/reference/errors.md: every refusal with its status, meaning and advice."""

import importlib
import pkgutil
import sys
from pathlib import Path

import tael
from tael.http.docs import ADVICE
from tael.http.statuses import STATUS
from tael.kernel.refusals import Refusal

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "errors.md"

HEAD = """# Refusals

Every refusal is an RFC 9457 problem (`application/problem+json`) with one of these codes. Made by
`python tools/errors.py` from the classes in the code; a test keeps it equal.

| code | status | advice | meaning |
|---|---|---|---|
"""

ADVICE_HEAD = "\n## Advice\n\n"


def load_all() -> dict[str, type[Refusal]]:
    """Import every module, so that the registry is complete; return it."""
    for module in pkgutil.walk_packages(tael.__path__, "tael."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return Refusal.registry()


def page() -> str:
    """The page as it should stand."""
    rows = [
        f"| `{code}` | {STATUS.get(code, '?')} | `{refusal.advice}` | {refusal.meaning()} |"
        for code, refusal in sorted(load_all().items())
    ]
    advice = [f"- `{advice}`: {text}" for advice, text in ADVICE.items()]
    return HEAD + "\n".join(rows) + "\n" + ADVICE_HEAD + "\n".join(advice) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
