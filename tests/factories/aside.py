"""Run coroutines beside a browser: Playwright's own event loop holds the test's thread."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def aside(act: Callable[[], Awaitable[Result]]) -> Result:
    """Run this to its end in a thread of its own."""

    async def run() -> Result:
        return await act()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()
