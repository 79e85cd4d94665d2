"""PIN checks a second: Argon2id in the threads of one process, apart from everything else."""

import asyncio
import base64
import secrets
import time

from tael import identity
from tael.kernel import ids
from tael.kernel.settings import Settings

ASKERS = 32
PIN = "804219"


async def checks_a_second(seconds: float) -> float:
    """With the cost and the threads that a deployment has by default."""
    key = f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
    pins = identity.PinHasher.of(
        Settings.load(
            {"TAEL_DATABASE_URL": "unused", "TAEL_SEALING_KEYS": key, "TAEL_PIN_KEYS": key}
        )
    )
    customer = ids.new_id()
    kept = await pins.hash(customer, PIN)
    begin = time.perf_counter()
    checked = 0

    async def ask() -> None:
        nonlocal checked
        while time.perf_counter() < begin + seconds:
            assert await pins.matches(customer, PIN, kept)
            checked += 1

    await asyncio.gather(*(ask() for _ in range(ASKERS)))
    return checked / (time.perf_counter() - begin)
