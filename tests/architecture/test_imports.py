"""Import contracts hold, and each is seen to break when something breaks it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tidy import Tree
from tidy.allowances import allowances, remaining
from tidy.faces import trespasses

KEPT = "KEPT"
BROKEN = "BROKEN"


def contracts(folder: Path) -> dict[str, str]:
    """Run import-linter in a folder and tell how each contract stands."""
    program = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        (program, "--no-cache", "--config", "pyproject.toml"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    standing = {}
    for line in ran.stdout.splitlines():
        name, _, state = line.rpartition(" ")
        if state in {KEPT, BROKEN}:
            standing[name.strip()] = state
    assert standing, ran.stdout + ran.stderr
    return standing


@pytest.fixture
def skeleton(repository: Tree, tmp_path: Path) -> Path:
    """The server's modules without their contents, under the same contracts."""
    verifier = [file for file in repository.python if file.path.startswith("src/tael_verify/")]
    for file in (*repository.server, *verifier):
        place = tmp_path / file.path.removeprefix("src/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    config = repository.text("pyproject.toml")
    (tmp_path / "pyproject.toml").write_text(config, encoding="utf-8")
    return tmp_path


def plant(skeleton: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        place = skeleton / "tael" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        (place.parent / "__init__.py").touch()
        place.write_text(text, encoding="utf-8")


def test_an_empty_house_keeps_every_contract(skeleton: Path) -> None:
    assert set(contracts(skeleton).values()) == {KEPT}


def test_every_contract_breaks_when_something_breaks_it(skeleton: Path) -> None:
    plant(
        skeleton,
        {
            "kernel/planted.py": "import tael.ledger\n",
            "ledger/rules.py": "import asyncpg\n",
            "ledger/states.py": "import tael.ledger.service\n",
            "payments/planted.py": "import fastapi\n",
            "codecs/planted.py": "import socket\n",
            "audit/planted.py": "import tael_verify\n",
            "../tael_verify/planted.py": "import tael.kernel\n",
        },
    )
    assert set(contracts(skeleton).values()) == {BROKEN}


@pytest.mark.parametrize(
    "files",
    [
        {"payments/planted.py": "import tael.transfers\n"},
        {"http/planted.py": "import tael.jobs\n"},
        {"identity/planted.py": "import tael.customers\n"},
        {"novelty/planted.py": ""},
    ],
    ids=["siblings", "the edge's two halves", "up", "a folder nobody placed"],
)
def test_the_layers_break(skeleton: Path, files: dict[str, str]) -> None:
    plant(skeleton, files)
    standing = contracts(skeleton)
    assert standing["Modules call only what lies below them"] == BROKEN


def test_modules_are_imported_by_their_face() -> None:
    assert remaining(trespasses(), allowances("faces")) == []


def test_reaching_behind_a_face_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = {
        "__init__.py": "",
        "kernel/__init__.py": "",
        "kernel/money.py": "",
        "ledger/__init__.py": "",
        "ledger/model.py": "",
        "payments/__init__.py": "from tael_planted import ledger\n",
        "payments/pay.py": "import tael_planted.ledger.model\nimport tael_planted.kernel.money\n",
    }
    for path, text in house.items():
        place = tmp_path / "tael_planted" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [str(violation) for violation in trespasses("tael_planted")] == [
        "tael_planted.payments.pay: reaches behind a face: tael_planted.ledger.model",
    ]
