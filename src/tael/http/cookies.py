"""The two cookies: who is signed in, and which device this is.

Both are `__Host-`: Secure, whole-site and set by this host alone; both are out of reach of
scripts. Browsers take Secure cookies from http://localhost.
"""

import re
import secrets
from typing import Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

SESSION_COOKIE: Final = "__Host-tael_session"
DEVICE_COOKIE: Final = "__Host-tael_device"
DEVICE_AGE_S: Final = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,86}")


def session_token(request: Request) -> str | None:
    """The token that the browser shows, if it has the form of one."""
    token = request.cookies.get(SESSION_COOKIE, "")
    return token if _TOKEN.fullmatch(token) else None


def device(request: Request) -> UUID | None:
    """Which device this is, if it was given a name before."""
    try:
        return UUID(hex=request.cookies.get(DEVICE_COOKIE, ""))
    except ValueError:
        return None


def new_device() -> UUID:
    """A name for a device: 128 bits of chance, since it scopes idempotency keys."""
    return UUID(bytes=secrets.token_bytes(16))


def set_session(response: Response, token: str) -> None:
    """Sign this browser in."""
    response.set_cookie(
        SESSION_COOKIE, token, path="/", secure=True, httponly=True, samesite="strict"
    )


def clear_session(response: Response) -> None:
    """Sign this browser out."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def set_device(response: Response, identifier: UUID) -> None:
    """Give this browser a name."""
    response.set_cookie(
        DEVICE_COOKIE,
        identifier.hex,
        max_age=DEVICE_AGE_S,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
