"""The cookies: which customer is signed in, which of our staff, and which device this is.

All are `__Host-`: Secure, whole-site and set by this host alone; all are out of reach of
scripts. Browsers take Secure cookies from http://localhost.
"""

import base64
import re
import secrets
from typing import Final
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

SESSION_COOKIE: Final = "__Host-tael_session"
STAFF_COOKIE: Final = "__Host-tael_staff"
DEVICE_COOKIE: Final = "__Host-tael_device"
DEVICE_AGE_S: Final = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 bytes in base64url without padding."""


def session_token(request: Request, cookie: str = SESSION_COOKIE) -> bytes | None:
    """The token that the browser shows, if it has the form of one."""
    text = request.cookies.get(cookie, "")
    return base64.urlsafe_b64decode(f"{text}=") if _TOKEN.fullmatch(text) else None


def device(request: Request) -> UUID | None:
    """Which device this is, if it was given a name before."""
    try:
        return UUID(hex=request.cookies.get(DEVICE_COOKIE, ""))
    except ValueError:
        return None


def new_device() -> UUID:
    """A name for a device: 128 bits of chance, since it scopes idempotency keys."""
    return UUID(bytes=secrets.token_bytes(16))


def set_session(response: Response, token: bytes, cookie: str = SESSION_COOKIE) -> None:
    """Sign this browser in."""
    text = base64.urlsafe_b64encode(token).rstrip(b"=").decode()
    response.set_cookie(cookie, text, path="/", secure=True, httponly=True, samesite="strict")


def clear_session(response: Response, cookie: str = SESSION_COOKIE) -> None:
    """Sign this browser out."""
    response.delete_cookie(cookie, path="/", secure=True, httponly=True, samesite="strict")


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
