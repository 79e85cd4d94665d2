"""A set-up finds what the machine has, skips what is done, and asks for one thing at most."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
import browser
import steps
from steps import SetupError, Stamp, digest

ROOT = Path(__file__).resolve().parents[2]


def program(folder: Path, name: str, says: str, *, status: int = 0) -> Path:
    """A program that prints one line."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    place.write_text(f"#!/bin/sh\necho '{says}'\nexit {status}\n", encoding="utf-8")
    place.chmod(0o755)
    return place


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose PATH and set-up folder are empty; the folder that is its PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("TAEL_BROWSER", "REQUIRE_BROWSER", "PLAYWRIGHT_BROWSERS_PATH"):
        monkeypatch.delenv(name, raising=False)
    for module in (steps, bootstrap):
        monkeypatch.setattr(module, "SETUP", tmp_path / "setup")
    return folder


def test_without_a_new_python_one_command_is_printed(tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python3.14", "python"):
        program(tmp_path, name, "too old", status=1)
    path = f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin"
    ran = subprocess.run(
        ("/bin/sh", ROOT / "tools" / "bootstrap.sh", "up"),
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert sum(line.startswith("    ") for line in ran.stderr.splitlines()) == 1


def test_a_goal_that_does_not_exist_is_refused() -> None:
    ran = subprocess.run(
        (sys.executable, ROOT / "tools" / "bootstrap.py", "everything"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "no such goal: everything" in ran.stderr


def test_a_uv_that_is_new_enough_is_used(machine: Path) -> None:
    assert bootstrap.find_uv() is None
    uv = program(machine, "uv", "uv 99.1.2")
    assert bootstrap.find_uv() == uv


@pytest.mark.parametrize(("says", "status"), [("uv 0.1.0", 0), ("uv 99.1.2", 1), ("hello", 0)])
def test_a_uv_that_is_old_or_broken_is_passed_over(machine: Path, says: str, status: int) -> None:
    program(machine, "uv", says, status=status)
    assert bootstrap.find_uv() is None
    ours = program(steps.SETUP / "uv" / "0.13.9", "uv", "uv 0.13.9")
    assert bootstrap.find_uv() == ours


def test_a_node_needs_its_npm_and_its_age(machine: Path) -> None:
    program(machine, "node", "v22.1.0")
    assert bootstrap.find_node() is None
    program(machine, "npm", "11.0.0")
    found = bootstrap.find_node()
    assert found is not None
    assert found.version == (22, 1, 0)
    program(machine, "node", "v18.20.0")
    assert bootstrap.find_node() is None


def test_a_browser_that_only_talks_of_another_is_passed_over(machine: Path) -> None:
    program(machine, "chromium", "please install the snap", status=1)
    assert browser.find_browser() is None
    chrome = program(machine, "google-chrome", "Google Chrome 150")
    assert browser.find_browser() == chrome


def test_the_browser_that_is_named_is_used_or_refused(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = program(machine.parent / "else", "my-browser", "Chromium 150")
    monkeypatch.setenv("TAEL_BROWSER", str(named))
    assert browser.find_browser() == named
    monkeypatch.setenv("TAEL_BROWSER", "/nowhere/browser")
    with pytest.raises(SetupError, match="/nowhere/browser"):
        browser.find_browser()


def test_a_missing_browser_is_told_or_refused(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert browser.ensure_browser() is None
    assert browser.install_command() in capsys.readouterr().out
    monkeypatch.setenv("REQUIRE_BROWSER", "1")
    with pytest.raises(SetupError) as refused:
        browser.ensure_browser()
    assert refused.value.command == browser.install_command()


def test_a_step_is_due_again_when_its_input_changes(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    source = tmp_path / "source.txt"
    source.write_text("one", encoding="utf-8")
    steps.SETUP.mkdir()
    stamp = Stamp("step")
    assert not stamp.says(digest([source]))
    stamp.write(digest([source]))
    assert stamp.says(digest([source]))
    source.write_text("two", encoding="utf-8")
    assert not stamp.says(digest([source]))


def test_a_failing_command_shows_its_noise_and_ends_the_set_up(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = program(machine, "failing", "the reason", status=3)
    with pytest.raises(SetupError, match=r"failed \(3\)"):
        steps.run((failing,), cwd=machine, noise=".*")
    assert "the reason" in capsys.readouterr().out


def test_a_second_set_up_waits_for_the_first(machine: Path) -> None:
    script = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import steps; "
        "steps.SETUP = Path(sys.argv[2])\n"
        "with steps.alone(): print('in', flush=True); sys.stdin.readline()\n"
    )
    command = (sys.executable, "-c", script, str(ROOT / "tools"), str(steps.SETUP))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen(command, **pipes) as first,  # type: ignore[call-overload]  # typed loosely
        subprocess.Popen(command, **pipes) as second,  # type: ignore[call-overload]  # typed loosely
    ):
        runs = {first.stdout.readline(): first}
        runs[second.stdout.readline()] = second
        inside = runs.pop("in\n")
        (told, waiting) = runs.popitem()
        assert told == f"Another set-up runs here (process {inside.pid}): waiting for it.\n"
        inside.communicate("\n")
        assert waiting.stdout.readline() == "in\n"
        waiting.communicate("\n")


def test_a_closed_home_gets_caches_in_the_checkout(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert steps.usable_cache("uv") is None
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "cache"))
    assert steps.usable_cache("uv") == ROOT / ".tael" / "cache" / "uv"
