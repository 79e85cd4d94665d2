"""Measures every request: the outermost layer, so that refusals at the door count."""

from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tael.kernel import telemetry

NO_ROUTE: Final = "other"
"""What stands for paths that no route answers: a stranger must not be able to make labels."""
FAILED: Final = 500


class Observed:
    """Wraps the app; costs some microseconds a request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and note how long it took and how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = FAILED

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = perf_counter()
        try:
            await self._app(scope, receive, noted)
        finally:
            took = perf_counter() - begun
            telemetry.REQUESTS.labels(scope["method"], _route(scope), str(status)).observe(took)


def _route(scope: Scope) -> str:
    """The template that the path matched, such as `/api/payments/{payment}`."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is None:
        return NO_ROUTE
    # A route of an included router is named without the prefix under which it is included.
    inside = scope["path"].startswith(_PREFIX) and not path.startswith(_PREFIX)
    return _PREFIX + path if inside else path


_PREFIX: Final = "/api"
