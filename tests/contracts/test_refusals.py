"""Every refusal has a status, a docs line, a text in both languages, and a test."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from tael.http.statuses import STATUS

ROOT = Path(__file__).parents[2]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("errors", ROOT / "tools" / "errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REGISTRY = _generator().load_all()


def test_every_refusal_has_a_status_and_every_status_a_refusal() -> None:
    assert set(STATUS) == set(REGISTRY)


def test_no_refusal_is_an_internal_error() -> None:
    assert all(400 <= status < 500 or status == 503 for status in STATUS.values())


def test_the_page_of_refusals_is_what_the_code_says() -> None:
    page = ROOT / "docs" / "reference" / "errors.md"
    assert page.read_text(encoding="utf-8") == _generator().page(), "run: python tools/errors.py"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_refusal_has_a_text_for_customers(language: str) -> None:
    folder = ROOT / "web" / "messages" / language
    catalogue: set[str] = set()
    for file in folder.glob("*.json"):
        catalogue |= set(json.loads(file.read_text(encoding="utf-8")))
    missing = [code for code in REGISTRY if f"refusal_{code.replace('.', '_')}" not in catalogue]
    assert missing == []


def test_every_refusal_is_provoked_by_a_test() -> None:
    tests = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "tests").rglob("*.py")
        if "contracts" not in path.parts
    )
    unprovoked = [
        code
        for code, refusal in REGISTRY.items()
        if code not in tests and refusal.__name__ not in tests
    ]
    assert unprovoked == []
