"""Fetches a wheel that uv.lock pins, by its hash, with nothing but the standard library.

A fresh Debian has a Python without pip, without ensurepip, or with a pip that may not install.
None of them is needed in order to unpack a wheel: it is a zip, and the lock knows its address
and its SHA-256. Where pip is told to use another index, that index is asked first.
"""

import configparser
import hashlib
import http.client
import os
import platform
import re
import ssl
import tomllib
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

from steps import ROOT, SetupError, say

_TIMEOUT_S = 60
_CHUNK_BYTES = 2**18
_WHEEL_NAME = re.compile(r"-(?P<python>[^-]+)-(?P<abi>[^-]+)-(?P<platforms>[^-]+)\.whl$")


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file of a package, as the lock pins it."""

    package: str
    version: str
    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's name."""
        return urllib.parse.unquote(self.url.rsplit("/", 1)[-1])


def locked_wheel(package: str) -> Wheel:
    """Find the wheel of a locked package that runs on this machine."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    entry: dict[str, Any] = next(p for p in lock["package"] if p["name"] == package)
    for file in entry["wheels"]:
        wheel = Wheel(package, entry["version"], file["url"], file["hash"].removeprefix("sha256:"))
        match = _WHEEL_NAME.search(wheel.name)
        if match and any(runs_here(tag) for tag in match["platforms"].split(".")):
            return wheel
    raise SetupError(f"{package} has no build for {platform.system()} on {platform.machine()}")


def runs_here(tag: str) -> bool:
    """Whether a wheel with this platform tag runs on this machine."""
    if tag == "any":
        return True
    machine = platform.machine().lower()
    if platform.system() == "Darwin":
        return tag.startswith("macosx_") and tag.endswith(("_" + machine, "_universal2"))
    libc, version = platform.libc_ver()
    manylinux = re.fullmatch(r"manylinux_(\d+)_(\d+)_(.+)", tag)
    if manylinux and libc == "glibc":
        have = tuple(int(part) for part in version.split(".")[:2])
        return have >= (int(manylinux[1]), int(manylinux[2])) and manylinux[3] == machine
    return libc != "glibc" and tag.startswith("musllinux_") and tag.endswith("_" + machine)


def fetch(wheel: Wheel) -> zipfile.ZipFile:
    """Download a wheel and check that it is the one which the lock pins."""
    refusals: list[str] = []
    for address in _addresses(wheel, refusals):
        try:
            content = _download(address, wheel.name)
        except (OSError, http.client.HTTPException) as error:
            refusals.append(f"{urllib.parse.urlsplit(address).hostname}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() == wheel.sha256:
            return zipfile.ZipFile(BytesIO(content))
        refusals.append(f"{urllib.parse.urlsplit(address).hostname}: sent something else")
    raise SetupError(f"cannot download {wheel.name}: " + "; ".join(refusals))


def _addresses(wheel: Wheel, refusals: list[str]) -> Iterator[str]:
    index = _pip_setting("index-url")
    if index:
        page_url = f"{index.rstrip('/')}/{wheel.package}/"
        try:
            page = _open(page_url).read().decode()
        except (OSError, http.client.HTTPException) as error:
            refusals.append(f"{urllib.parse.urlsplit(index).hostname}: {error}")
        else:
            links = _Links()
            links.feed(page)
            for link in links.found:
                if urllib.parse.unquote(link.split("#")[0]).endswith("/" + wheel.name):
                    yield urllib.parse.urljoin(page_url, link.split("#")[0])
    yield wheel.url


class _Links(HTMLParser):
    """Collects the addresses on an index page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what an anchor points to."""
        self.found += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _pip_setting(name: str) -> str | None:
    """What pip would use: its environment variable, else its configuration files."""
    told = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if told:
        return told
    home = Path(os.environ.get("HOME") or "/")
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    config = configparser.RawConfigParser()
    config.read(
        [
            "/etc/pip.conf",
            home / ".pip" / "pip.conf",
            config_home / "pip" / "pip.conf",
            os.environ.get("PIP_CONFIG_FILE", os.devnull),
        ],
        encoding="utf-8",
    )
    return config.get("global", name, fallback=None)


def _open(url: str) -> Any:  # noqa: ANN401 - urllib gives one of several kinds of reply
    if urllib.parse.urlsplit(url).scheme not in {"https", "http", "file"}:
        raise SetupError(f"not an address to download from: {url}")
    context = ssl.create_default_context()
    certificates = _pip_setting("cert") or os.environ.get("REQUESTS_CA_BUNDLE")
    if certificates and Path(certificates).is_file():
        context.load_verify_locations(cafile=certificates)
    return urllib.request.urlopen(  # noqa: S310 - the scheme was checked above
        url, timeout=_TIMEOUT_S, context=context
    )


def _download(url: str, name: str) -> bytes:
    with _open(url) as reply:
        size = int(reply.headers.get("Content-Length") or 0)
        content = bytearray()
        told = 0
        while chunk := reply.read(_CHUNK_BYTES):
            content += chunk
            quarter = len(content) * 4 // size if size else 0
            if quarter > told:
                told = quarter
                say(f"  {name}: {len(content) / 1e6:.0f} of {size / 1e6:.0f} MB")
    return bytes(content)
