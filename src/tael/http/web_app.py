"""The built web app: its files as they were compressed when it was built, its screens by path."""

import mimetypes
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response
from starlette.exceptions import HTTPException

from tael.http.addresses import SCREENS

APP_DIR: Final = Path(__file__).parent / "app"
"""Where the built web app lies; the wheel carries it."""

PATH_MAX: Final = 250
"""Bytes in the path of a file of the app."""
NOT_FOUND: Final = 404

_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""Best first; the build made each beside the plain file."""
_IMMUTABLE: Final = "_app/immutable/"
"""Below here a name changes with its content."""


def install(app: FastAPI) -> None:
    """Serve the built app; every path that is no file is a screen of it."""
    shell = APP_DIR / "index.html"

    @app.get(SCREENS, include_in_schema=False)
    async def screen(request: Request, path: str) -> Response:
        if path == "api" or path.startswith("api/") or not shell.is_file():
            raise HTTPException(NOT_FOUND)
        if "\0" in path or len(path.encode()) > PATH_MAX:
            # No file system knows such a name, and asking it would be a fault.
            raise HTTPException(NOT_FOUND)
        asked = (APP_DIR / path).resolve()
        if path and asked.is_relative_to(APP_DIR) and asked.is_file():
            immutable = path.startswith(_IMMUTABLE)
            cache = "public, max-age=31536000, immutable" if immutable else "no-cache"
            return _file(asked, request, cache)
        return _file(shell, request, "no-cache")


def _file(path: Path, request: Request, cache: str) -> Response:
    """A file in the best encoding that the browser takes and the build made."""
    accepted = {
        offer.partition(";")[0].strip()
        for offer in request.headers.get("accept-encoding", "").split(",")
    }
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    for encoding, suffix in _ENCODINGS:
        compressed = path.with_name(path.name + suffix)
        if encoding in accepted and compressed.is_file():
            kind, _ = mimetypes.guess_type(path.name)
            headers["Content-Encoding"] = encoding
            return FileResponse(compressed, media_type=kind, headers=headers)
    return FileResponse(path, headers=headers)
