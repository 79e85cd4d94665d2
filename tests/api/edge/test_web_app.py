"""The built app's files, as the edge serves them."""

from pathlib import Path

import httpx
import pytest

from tael.http import web_app


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built app of three files, one of them compressed."""
    place = tmp_path / "app"
    script = place / "_app" / "immutable" / "entry.js"
    script.parent.mkdir(parents=True)
    script.write_text("plain")
    script.with_name("entry.js.br").write_text("squeezed")
    (place / "index.html").write_text("<title>Tael</title>")
    (tmp_path / "secret").write_text("not yours")
    monkeypatch.setattr(web_app, "APP_DIR", place)
    return place


@pytest.mark.usefixtures("built")
class TestFiles:
    """Needs the folder before the app is made."""

    @pytest.fixture
    def page(self, built: Path, client: httpx.AsyncClient) -> httpx.AsyncClient:
        """A browser on an app that serves the folder."""
        assert built.is_dir()
        return client

    async def test_a_file_goes_out_as_small_as_the_browser_takes_it(
        self, page: httpx.AsyncClient
    ) -> None:
        async with page.stream(
            "GET", "/_app/immutable/entry.js", headers={"Accept-Encoding": "gzip, br;q=0.9"}
        ) as answer:
            assert answer.headers["content-encoding"] == "br"
            assert answer.headers["vary"] == "Accept-Encoding"
            assert answer.headers["content-type"].startswith("text/javascript")
            assert "immutable" in answer.headers["cache-control"]
        plain = await page.get("/_app/immutable/entry.js", headers={"Accept-Encoding": "identity"})
        assert plain.text == "plain"

    async def test_every_other_path_is_a_screen(self, page: httpx.AsyncClient) -> None:
        for path in ("/", "/home", "/bills/mov_x"):
            answer = await page.get(path)
            assert answer.text == "<title>Tael</title>"
            assert answer.headers["cache-control"] == "no-cache"

    async def test_nothing_outside_the_app_is_served(self, page: httpx.AsyncClient) -> None:
        for path in ("/..%2fsecret", "/%2e%2e/secret", "/_app/..%2f..%2fsecret", "/a%00b"):
            assert "not yours" not in (await page.get(path)).text
