"""Which methods an address takes: asked only when a request was not routed."""

import re
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

SCREENS: Final = "/{path:path}"
"""The route of whatever is no operation: a screen of the app or one of its files."""

_SCREEN_METHODS: Final = frozenset({"GET"})


class Addresses:
    """Every operation's address with its methods.

    The router cannot tell: it stops at the first route that has the address, and the screens'
    route has them all.
    """

    def __init__(self, routers: Sequence[APIRouter], *, prefix: str) -> None:
        self._prefix = prefix
        self._methods: dict[re.Pattern[str], set[str]] = {}
        for router in routers:
            # Literal addresses first: `/cards/bindings` is no card.
            for route in sorted(_operations(router), key=lambda route: "{" in route.path):
                pattern = compile_path(prefix + route.path)[0]
                self._methods.setdefault(pattern, set()).update(route.methods or ())

    def methods(self, path: str) -> frozenset[str]:
        """What may be asked of this address; nothing when it is none."""
        if path != self._prefix and not path.startswith(f"{self._prefix}/"):
            return _SCREEN_METHODS
        found = (known for pattern, known in self._methods.items() if pattern.match(path))
        return frozenset(next(found, ()))


def _operations(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]
