"""The outside world's calendar: its switch closes its days as the bank's business clock goes."""

from datetime import timedelta

import httpx


async def move_world(world: httpx.AsyncClient, ahead: timedelta) -> None:
    """Tell the world how far the bank is ahead of the machine; raises `httpx.HTTPError`."""
    asked = {"ahead_s": int(ahead.total_seconds())}
    answer = await world.post("/settlement/calendar", json=asked)
    answer.raise_for_status()
