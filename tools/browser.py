"""Finds the Chromium that the web tests drive: `python tools/browser.py` prints its path.

With `--install` it installs one where it may; where only the person may, it prints the one
command. Without a browser the web tests are skipped, in view; with REQUIRE_BROWSER=1 that is a
failure.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from steps import ROOT, SetupError, fail, run, say

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_START_TIMEOUT_S = 60


def find_browser() -> Path | None:
    """The browser to use: the one TAEL_BROWSER names, one on the PATH, one Playwright brought."""
    named = os.environ.get("TAEL_BROWSER")
    if named:
        found = shutil.which(named)
        if found is None:
            raise SetupError(f"TAEL_BROWSER names {named}, which is no program here")
        return Path(found)
    for name in (*_NAMES, *_MAC_APPLICATIONS):
        found = shutil.which(name)
        # Ubuntu has a chromium on the PATH that only tells to install another one.
        if found and _starts(Path(found)):
            return Path(found)
    return _from_playwright()


def required() -> bool:
    """Whether a missing browser is a failure here."""
    return os.environ.get("REQUIRE_BROWSER") == "1"


def ensure_browser() -> Path | None:
    """Find a browser, or install one; None when only the person can do it and need not."""
    found = find_browser()
    if found is None and _is_debian() and os.geteuid() == 0:
        say("  no Chromium here: installing Debian's")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        run(("apt-get", "update", "-q"), environment=environment)
        run(
            ("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"),
            environment=environment,
        )
        found = find_browser()
    if found is not None:
        say(f"  {found}")
        return found
    missing = SetupError("there is no browser for the web tests", command=install_command())
    if required():
        raise missing
    say("  There is no Chromium here, so the web tests will be skipped. To run them too:\n")
    say(f"    {missing.command}\n")
    return None


def install_command() -> str:
    """The one command with which the person gets a browser on this system."""
    if _is_debian():
        return "sudo apt-get install -y chromium"
    return f"{ROOT / '.venv' / 'bin' / 'playwright'} install --with-deps chromium"


def _is_debian() -> bool:
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def _from_playwright() -> Path | None:
    homes = (
        Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"),
        Path.home() / "Library/Caches/ms-playwright",
    )
    programs = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*")
    for home in homes:
        for program in programs:
            for found in sorted(home.glob(f"chromium-*/{program}"), reverse=True):
                if _starts(found):
                    return found
    return None


def _starts(program: Path) -> bool:
    try:
        answer = subprocess.run(
            (program, "--version"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_START_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def main() -> int:
    """Print the path, or say what is missing."""
    try:
        found = ensure_browser() if "--install" in sys.argv[1:] else find_browser()
    except SetupError as error:
        return fail(error)
    if found is None:
        return fail(SetupError("there is no browser here", command=install_command()))
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
