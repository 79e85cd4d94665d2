"""The API's documentation: an explorer of the operations, and a page for each refusal."""

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from tael.http.errors import NotFound
from tael.http.statuses import STATUS
from tael.kernel.refusals import Advice, Refusal

ADVICE: Final = {
    Advice.NEVER: "Change the request: asking again as it is will not help.",
    Advice.SAME_KEY: "Ask again with the same Idempotency-Key: it may not have been done.",
    Advice.NEW_KEY: "It was not done. When circumstances have changed, ask anew with a new key.",
}
"""What each advice tells the programmer of a client."""

_ASSETS: Final = Path(fastapi_offline.__file__).parent / "static"
_INLINE_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{code} · Tael</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem">
<h1 style="font-size:1.5rem"><code>{code}</code></h1>
<p>{meaning}</p>
<p>HTTP {status} · advice <code>{advice}</code>: {means}</p>
<p><a href="/api/docs">The API</a></p>
</body></html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs/errors/{code}")
async def refusal_page(code: str) -> HTMLResponse:
    """Explain a refusal: where a problem's `type` points to."""
    refusal = Refusal.registry().get(code)
    if refusal is None:
        raise NotFound
    page = _PAGE.format(
        code=html.escape(code),
        meaning=html.escape(refusal.meaning()),
        status=STATUS[code],
        advice=refusal.advice.value,
        means=ADVICE[refusal.advice],
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


@router.get("/api/docs")
async def explorer() -> HTMLResponse:
    """Explore the API; everything the page needs comes from here."""
    page = get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title="Tael API",
        swagger_js_url="/api/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/api/docs/assets/swagger-ui.css",
        swagger_favicon_url="/favicon.svg",
    )
    scripts = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(bytes(page.body))
    )
    policy = (
        f"default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; frame-ancestors 'none'"
    )
    page.headers["Content-Security-Policy"] = policy
    return page


def install(app: FastAPI) -> None:
    """Add the pages and what they load."""
    app.mount("/api/docs/assets", StaticFiles(directory=_ASSETS), name="api docs assets")
    app.include_router(router)
