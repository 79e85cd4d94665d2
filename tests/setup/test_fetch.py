"""A wheel is taken by its hash, from the lock's address or the index that pip is told to use."""

import hashlib
import platform
import zipfile
from pathlib import Path

import pytest

import fetch
from fetch import Wheel, locked_wheel, runs_here
from steps import SetupError

NAME = "uv-1.0-py3-none-any.whl"


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small wheel on disk, and no pip configuration but the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    for name in ("PIP_INDEX_URL", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "files" / NAME
    place.parent.mkdir()
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("uv-1.0.data/scripts/uv", "the program")
    return place


def pinned(place: Path, *, url: str | None = None) -> Wheel:
    sha256 = hashlib.sha256(place.read_bytes()).hexdigest()
    return Wheel("uv", "1.0", url or place.as_uri(), sha256)


def test_the_pinned_file_is_fetched(published: Path) -> None:
    with fetch.fetch(pinned(published)) as archive:
        assert archive.read("uv-1.0.data/scripts/uv") == b"the program"


def test_an_altered_file_is_refused(published: Path) -> None:
    wheel = pinned(published)
    published.write_bytes(published.read_bytes() + b"and more")
    with pytest.raises(SetupError, match="sent something else"):
        fetch.fetch(wheel)


def test_a_missing_file_is_told_in_words(published: Path) -> None:
    wheel = pinned(published)
    published.unlink()
    with pytest.raises(SetupError, match=r"cannot download uv-1\.0"):
        fetch.fetch(wheel)


@pytest.mark.parametrize("by", ["environment", "configuration"])
def test_the_index_that_pip_uses_is_asked_first(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    index = tmp_path / "index"
    page = index / "uv"
    page.mkdir(parents=True)
    link = f'<a href="{published.as_uri()}#sha256=0">{NAME}</a>'
    monkeypatch.setattr(fetch, "_open", _pages({f"{index.as_uri()}/uv/": link.encode()}))
    if by == "environment":
        monkeypatch.setenv("PIP_INDEX_URL", index.as_uri())
    else:
        config = f"[global]\nindex-url = {index.as_uri()}\n"
        (tmp_path / "pip.conf").write_text(config, encoding="utf-8")
    nowhere = f"https://nowhere.invalid/{NAME}"
    with fetch.fetch(pinned(published, url=nowhere)) as archive:
        assert archive.namelist() == ["uv-1.0.data/scripts/uv"]


def _pages(pages: dict[str, bytes]) -> object:
    """An opener that answers some addresses itself: a folder of files has no index page."""
    really = fetch._open

    class Page:
        def __init__(self, content: bytes) -> None:
            self._content = content

        def read(self) -> bytes:
            return self._content

    return lambda url: Page(pages[url]) if url in pages else really(url)


def test_only_addresses_to_download_from_are_opened() -> None:
    with pytest.raises(SetupError, match="not an address"):
        fetch._open("ftp://nowhere.invalid/uv")


def test_the_lock_pins_a_uv_for_this_machine() -> None:
    wheel = locked_wheel("uv")
    assert wheel.name.startswith(f"uv-{wheel.version}-")
    assert len(wheel.sha256) == hashlib.sha256().digest_size * 2


@pytest.mark.parametrize(
    ("system", "machine", "libc", "tag", "runs"),
    [
        ("Linux", "x86_64", ("glibc", "2.36"), "manylinux_2_17_x86_64", True),
        ("Linux", "x86_64", ("glibc", "2.36"), "manylinux_2_17_aarch64", False),
        ("Linux", "aarch64", ("glibc", "2.36"), "manylinux_2_28_aarch64", True),
        ("Linux", "x86_64", ("glibc", "2.17"), "manylinux_2_28_x86_64", False),
        ("Linux", "x86_64", ("", ""), "musllinux_1_1_x86_64", True),
        ("Linux", "x86_64", ("glibc", "2.36"), "musllinux_1_1_x86_64", False),
        ("Darwin", "arm64", ("", ""), "macosx_11_0_arm64", True),
        ("Darwin", "arm64", ("", ""), "macosx_10_12_x86_64", False),
        ("Darwin", "arm64", ("", ""), "manylinux_2_17_x86_64", False),
        ("Linux", "x86_64", ("glibc", "2.36"), "win_amd64", False),
        ("Linux", "riscv64", ("glibc", "2.36"), "any", True),
    ],
)
def test_a_build_is_known_by_its_tag(
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    machine: str,
    libc: tuple[str, str],
    tag: str,
    runs: bool,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: libc)
    assert runs_here(tag) is runs
