"""Every screen on a phone and a desktop, in both languages, light and dark.

With `TAEL_SCREENSHOTS` naming a folder, pictures are left there: `python tools/pictures.py` makes
those of `docs/guides/screens.md` anew.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from factories.aside import aside
from factories.till import Till
from factories.tour import Stay, Stop, settle, stops

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
STANDS_WITHIN_MS = 10_000
PICTURE_QUALITY = 80

DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "is_mobile": True,
        "has_touch": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# axe reads each screen in two of the eight looks: both devices, languages and themes are there.
READ_BY_AXE = {("phone", "zh-CN", "light"), ("desktop", "en", "dark")}
PICTURED = {
    ("phone", "zh-CN", "light"),
    ("phone", "en", "dark"),
    ("desktop", "en", "light"),
    ("desktop", "zh-CN", "dark"),
}

# A screen stands once its heading shows and nothing in it is still on its way.
STANDS = """() => document.querySelector('main') !== null
  && [...document.querySelectorAll('h1')].some((h) => h.checkVisibility())
  && !document.querySelector('.skeleton, [aria-busy="true"]')
  && document.fonts.status === 'loaded'"""
CLIPPED = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return null;
  const wide = [...document.querySelectorAll('body *')]
    .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 0.5);
  const first = wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 90));
  return `${root.scrollWidth} > ${root.clientWidth}: ${first}`;
}"""
# Colours change at the next frame, and what fades in is read once it is there.
PAINTED = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const ending = document.getAnimations().filter(
    (a) => a.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(ending.map((a) => a.finished));
}"""
READ = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ['violations']});
  return found.violations.flatMap(({id, nodes}) => nodes.map((n) => `${id}: ${n.html.slice(0, 120)}`
    + ` (${(n.any[0] ?? n.all[0] ?? n.none[0])?.message})`));
}"""


@pytest.fixture(scope="module")
def stay(bank: str) -> Stay:
    """One customer's session for every look: the screens are only looked at."""
    till = Till(bank)

    async def begin() -> Stay:
        return await settle(bank, till)

    return aside(begin)


class Tour:
    """Goes from screen to screen on one device in one language, and notes what is wrong."""

    def __init__(self, device: str, locale: str, faults: list[str]) -> None:
        self._device = device
        self._locale = locale
        self._faults = faults

    def look(self, page: Page, stop: Stop) -> None:
        """See one screen in both themes."""
        before = len(self._faults)
        try:
            page.emulate_media(color_scheme=THEMES[0], reduced_motion="reduce")
            page.goto(stop.path, wait_until="domcontentloaded")
            page.wait_for_function(STANDS)
            if stop.act:
                stop.act(page)
        except BrowserError as trouble:
            self._faults.append(f"does not stand at {page.url}: {trouble}")
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            look = (self._device, self._locale, theme)
            if clipped := page.evaluate(CLIPPED):
                self._faults.append(f"clips, {theme}: {clipped}")
            if look in READ_BY_AXE | PICTURED:
                page.evaluate(PAINTED)
            if look in READ_BY_AXE:
                page.evaluate(AXE.read_text())
                self._faults += page.evaluate(READ, WCAG)
            if look in PICTURED:
                _take_picture(page, f"{stop.name}-{self._device}-{self._locale[:2]}-{theme}")
        self._faults[before:] = [f"{stop.name}: {fault}" for fault in self._faults[before:]]


def _take_picture(page: Page, name: str) -> None:
    folder = os.environ.get("TAEL_SCREENSHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").save(Path(folder) / f"{name}.webp", quality=PICTURE_QUALITY, method=6)


@contextmanager
def _device(
    browser: Browser, options: dict[str, Any], cookies: dict[str, str], faults: list[str]
) -> Iterator[Page]:
    """A browser of its own that holds somebody's session."""
    context: BrowserContext = browser.new_context(
        timezone_id="Asia/Shanghai",
        bypass_csp=True,  # for axe, which runs inside the page
        reduced_motion="reduce",
        service_workers="block",  # each context would fetch the whole app for its own cache
        **options,
    )
    secure = options["base_url"].replace("http://", "https://")
    context.add_cookies(
        [{"name": name, "value": value, "url": secure} for name, value in cookies.items()]
    )
    context.set_default_timeout(STANDS_WITHIN_MS)
    page = context.new_page()
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 500 else None)
    try:
        yield page
    finally:
        context.close()


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("device", DEVICES)
def test_every_screen_fits_and_can_be_used_by_everyone(
    browser: Browser, bank: str, stay: Stay, device: str, locale: str
) -> None:
    faults: list[str] = []
    options = DEVICES[device] | {"base_url": bank, "locale": locale}
    if device == "phone" and os.environ.get("TAEL_SCREENSHOTS"):
        options |= {"device_scale_factor": 2}
    tour = Tour(device, locale, faults)
    for who, cookies in stay.cookies.items():
        with _device(browser, options, cookies, faults) as page:
            for stop in stops(stay):
                if stop.who == who:
                    tour.look(page, stop)
    assert faults == []
