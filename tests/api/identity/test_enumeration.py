"""Nobody learns by asking which numbers have a wallet: neither by the answer nor by its time."""

import math
import random
import statistics
import time
from uuid import uuid4

import asyncpg
import httpx

from factories.identity import PHONE, Browser
from tael.http.cookies import DEVICE_COOKIE

PAIRS = 150
GAP_MAX_S = 0.002
CHANCE_MIN = 0.0001
"""Two equal distributions look less equal than this once in ten thousand runs."""


def likelihood(first: list[float], second: list[float]) -> float:
    """How likely two samples of one distribution differ this much (Mann-Whitney, normal form)."""
    ranked = sorted((value, group) for group, each in enumerate((first, second)) for value in each)
    ranks = sum(rank for rank, (_, group) in enumerate(ranked, 1) if group == 0)
    count, other = len(first), len(second)
    surplus = ranks - count * (count + 1) / 2 - count * other / 2
    spread = math.sqrt(count * other * (count + other + 1) / 12)
    return math.erfc(abs(surplus / spread) / math.sqrt(2))


async def test_known_and_unknown_numbers_take_the_same_time(
    customer: Browser, client: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    spent: dict[str, list[float]] = {"known": [], "unknown": []}
    chance = random.Random(7)
    numbers = {"known": lambda: PHONE, "unknown": lambda: f"139{chance.randrange(10**8):08}"}
    bodies: set[int] = set()
    for _ in range(PAIRS):
        # The limits have tests of their own; here they would end the measurement.
        await owner.execute("TRUNCATE kernel_rate_limits")
        for kind in chance.sample(sorted(numbers), 2):
            reply_in, length = await _asked(client, numbers[kind]())
            spent[kind].append(reply_in)
            bodies.add(length)
    assert len(bodies) == 1
    gap = abs(statistics.median(spent["known"]) - statistics.median(spent["unknown"]))
    assert gap < GAP_MAX_S
    assert likelihood(spent["known"], spent["unknown"]) > CHANCE_MIN
    assert (await customer.get("/session")).json()["registered"] is True


async def _asked(stranger: httpx.AsyncClient, phone: str) -> tuple[float, int]:
    """Ask for a code from a device that nobody has seen; the time and the reply's length."""
    headers = {
        "Cookie": f"{DEVICE_COOKIE}={uuid4().hex}",
        "Idempotency-Key": uuid4().hex,
    }
    begun = time.perf_counter()
    reply = await stranger.post("/api/sign-in/codes", json={"phone": phone}, headers=headers)
    taken = time.perf_counter() - begun
    assert reply.status_code == 202, reply.text
    return taken, len(reply.content)
