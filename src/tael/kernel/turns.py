"""Long work in one process, in turns with everybody else's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")

TURN: Final = 64
"""How many items are worked on before the event loop looks around again."""


async def in_turns(items: Sequence[Item]) -> AsyncIterator[Sequence[Item]]:
    """The items in order, a few at a time: in between, what waits at a socket moves on.

    A set's statement is longer than a socket takes at once, so the server would wait for the
    rest of it until we are done.
    """
    for start in range(0, len(items), TURN):
        yield items[start : start + TURN]
        await asyncio.sleep(0)
