"""Take the documentation's pictures anew: `python tools/pictures.py`, with the app built.

Runs the tour of every screen in the browser, and sets three of its pictures side by side for the
README.
"""

import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
SCREENS = ROOT / "docs" / "images" / "screens"
JOURNEY = ROOT / "docs" / "images" / "journey.png"
STEPS = ("home", "pay-order", "result")
PHONE = (390, 844)
GAP = 24
BETWEEN = (214, 212, 204)


def main() -> int:
    """Take them all; the exit status is that of the tour."""
    for old in SCREENS.glob("*.webp"):
        old.unlink()
    toured = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/web/test_screens.py"],
        cwd=ROOT,
        env=os.environ | {"TAEL_SCREENSHOTS": str(SCREENS)},
        check=False,
    )
    if toured.returncode == 0:
        _compose_journey()
    return toured.returncode


def _compose_journey() -> None:
    width, height = PHONE
    strip = Image.new("RGB", (len(STEPS) * (width + GAP) + GAP, height + 2 * GAP), BETWEEN)
    for number, step in enumerate(STEPS):
        with Image.open(SCREENS / f"{step}-phone-zh-light.webp") as picture:
            strip.paste(picture.resize(PHONE), (GAP + number * (width + GAP), GAP))
    strip.save(JOURNEY, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
