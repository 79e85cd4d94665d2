"""A shop's till in the sandbox: makes orders, and looks whether they are paid."""

from collections.abc import Awaitable, Callable
from typing import Any

from factories.aside import aside
from tael.cli.journey import Person


class Till:
    """The till of the sandbox's first shop."""

    def __init__(self, url: str) -> None:
        self._url = url
        shown = self._ask(lambda till: till.get("/sandbox/shops"))["shops"][0]
        self.store: str = shown["store"]
        self.name: str = shown["name"]
        self.static_payload: str = shown["static_payload"]

    def order(self, minor: int, description: str) -> dict[str, Any]:
        """Make an order; its `payload` is the code to show."""
        amount = {"value": minor, "currency": "CNY"}
        body = {"amount": amount, "description": description}
        return self._ask(lambda till: till.post(f"/sandbox/shops/{self.store}/orders", body))

    def state(self, order: str) -> str:
        """Whether an order is open or paid."""
        state: str = self._ask(lambda till: till.get(f"/sandbox/orders/{order}"))["state"]
        return state

    def _ask(self, act: Callable[[Person], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        async def ask() -> dict[str, Any]:
            async with Person(self._url, "", "") as till:
                return await act(till)

        return aside(ask)
