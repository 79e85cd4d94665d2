"""Whoever sprays codes or guesses from one place is slowed down; the rest are not."""

import pytest

from tael import identity
from tael.identity.codes import CODES_PER_ADDRESS_HOUR, TRIES_PER_ADDRESS_HOUR
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.refusals import TooMany
from tael.kernel.settings import Settings


async def test_one_address_asks_for_so_many_codes_an_hour_whatever_the_numbers(
    database: Database, settings: Settings
) -> None:
    sealer, now = settings.sealer(), machine_now()

    async def ask(number: int, address: str) -> None:
        phone = identity.Phone.parse(f"138{number:08}")
        origin = identity.Origin(ids.new_id(), address)
        async with database.write() as session:
            await identity.count_code_request(session, phone, origin, sealer=sealer, now=now)

    for number in range(CODES_PER_ADDRESS_HOUR):
        await ask(number, "192.0.2.1")
    with pytest.raises(TooMany):
        await ask(CODES_PER_ADDRESS_HOUR, "192.0.2.1")
    await ask(CODES_PER_ADDRESS_HOUR, "192.0.2.2")


async def test_one_address_tries_so_many_codes_an_hour_whatever_the_devices(
    database: Database,
) -> None:
    now = machine_now()

    async def attempt(address: str) -> None:
        origin = identity.Origin(ids.new_id(), address)
        async with database.write() as session:
            await identity.count_code_try(session, origin, now=now)

    for _ in range(TRIES_PER_ADDRESS_HOUR):
        await attempt("192.0.2.1")
    with pytest.raises(TooMany):
        await attempt("192.0.2.1")
    await attempt("192.0.2.2")
