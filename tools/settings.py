"""Write docs/reference/settings.md: every `TAEL_*` variable, from the class that reads them."""

import sys
from pathlib import Path

from pydantic_core import PydanticUndefined

from tael.kernel.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"

HEAD = """# Settings

Read from the environment once, at start; what is wrong is said in one line each, and nothing
starts. Made by `python tools/settings.py` from the class that reads them; a test keeps it equal.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The page as it should stand."""
    rows = []
    for name, field in Settings.model_fields.items():
        required = field.default is PydanticUndefined
        default = "required" if required else _shown(field.default)
        rows.append(f"| `TAEL_{name.upper()}` | {default} | {field.description} |")
    return HEAD + "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if default is None:
        return "none"
    return f"`{int(default) if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
