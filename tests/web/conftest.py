"""The built app in a real Chromium, against a whole sandbox bank in processes of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from bootstrap import driver_node
from factories.till import Till
from factories.video import camera_film
from tael.http import APP_DIR

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 120
EXPECT_TIMEOUT_MS = 20_000

expect.set_options(timeout=EXPECT_TIMEOUT_MS)

sys.path.insert(0, str(ROOT / "tools"))


def _missing(what: str) -> None:
    """Without a browser these tests are skipped in view, or fail where one is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {what}")
    pytest.skip(what)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    from browser import find_browser  # noqa: PLC0415 - lies in tools/, beside the package

    found = find_browser()
    if found is None:
        _missing("there is no Chromium here: `python tools/browser.py --install` gets one")
    if not (APP_DIR / "index.html").is_file():
        _missing("the web app is not built: `make test` builds it")
    return str(found)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def state_dir() -> Iterator[Path]:
    """Where the bank keeps its state: not below pytest's folders, which are closed to others."""
    with tempfile.TemporaryDirectory(prefix="tael-web-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def bank(state_dir: Path) -> Iterator[str]:
    """The URL of a sandbox bank that runs as `tael up` runs it."""
    port = _free_port()
    log = (state_dir / "up.log").open("w")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TAEL_")}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tael", "up", "--no-seed"),
            *("--port", str(port), "--state-dir", str(state_dir)),
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=ROOT,
    )
    url = f"http://localhost:{port}"
    try:
        _await_ready(url, process, state_dir / "up.log")
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
        log.close()


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"the bank did not start:\n{log.read_text()}")
        try:
            if httpx.get(f"{url}/api/health/ready", trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"the bank was not ready in time:\n{log.read_text()}")


# Not for the session: while it runs, Playwright's event loop holds this thread, and tests of other
# files bring their own.
@pytest.fixture(scope="module")
def playwright_() -> Iterator[Playwright]:
    """Playwright, without browsers of its own, and on a small system without its own Node."""
    node = driver_node()
    if node is not None:
        os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node)
    with sync_playwright() as running:
        yield running


def _launch(playwright: Playwright, chromium: str, *arguments: str) -> Browser:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(
        executable_path=chromium,
        args=[
            *sandbox,
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            *arguments,
        ],
    )


@pytest.fixture(scope="module")
def browser(playwright_: Playwright, chromium: str) -> Iterator[Browser]:
    """One browser for what needs no camera."""
    launched = _launch(playwright_, chromium)
    yield launched
    launched.close()


@contextmanager
def _phone(browser: Browser, url: str, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's own options
    settings: dict[str, Any] = {
        "viewport": {"width": 390, "height": 844},
        "locale": "en-GB",
        "timezone_id": "Asia/Shanghai",
        "base_url": url,
    }
    context: BrowserContext = browser.new_context(**(settings | options))
    context.set_default_timeout(EXPECT_TIMEOUT_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    try:
        yield page
        assert faults == []
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, bank: str) -> Iterator[Page]:
    """A phone's screen, in English."""
    with _phone(browser, bank) as opened:
        yield opened


@pytest.fixture
def film(playwright_: Playwright, chromium: str, bank: str, tmp_path: Path) -> Callable[[str], Any]:
    """Makes a phone whose camera sees a QR code, for a `with` block."""

    @contextmanager
    def filmed(payload: str, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's own options
        path = camera_film(payload, tmp_path / "camera.y4m")
        browser = _launch(
            playwright_,
            chromium,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={path}",
        )
        try:
            with _phone(browser, bank, permissions=["camera"], **options) as opened:
                yield opened
        finally:
            browser.close()

    return filmed


@pytest.fixture
def shop(bank: str) -> Till:
    """The first shop of the sandbox, at its till."""
    return Till(bank)
