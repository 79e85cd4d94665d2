"""The page of settings is what the code reads; what is wrong is one line each."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tael.kernel.settings import Settings, SettingsRefused

ROOT = Path(__file__).parents[2]
KEY = "1:dGFlbC10ZXN0LWtleS0wMTIzNDU2Nzg5YWJjZGVmZ2g="
COMPLETE = {"TAEL_DATABASE_URL": "postgresql://x", "TAEL_SEALING_KEYS": KEY, "TAEL_PIN_KEYS": KEY}


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings", ROOT / "tools" / "settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_settings_is_what_the_code_reads() -> None:
    page = ROOT / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == _generator().page(), "run: tools/settings.py"


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"TAEL_DATABASE_URL": ""}, "TAEL_DATABASE_URL: Field required"),
        ({"TAEL_SEALING_KEYS": "secret"}, "TAEL_SEALING_KEYS: is VERSION:BASE64KEY"),
        ({"TAEL_SEALING_KEYS": "1:c2hvcnQ="}, "TAEL_SEALING_KEYS: each key is 32 bytes"),
        ({"TAEL_PORT": "high"}, "TAEL_PORT: Input should be a valid integer"),
        ({"TAEL_SANDBOX": "1", "TAEL_HOST": "0.0.0.0"}, "a sandbox listens on loopback only"),  # noqa: S104 - it is refused
    ],
)
def test_what_is_wrong_is_one_line_without_the_secret(wrong: dict[str, str], line: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        Settings.load(COMPLETE | wrong)
    text = str(refused.value)
    assert text.startswith(line)
    assert "\n" not in text
    assert "secret" not in text
