"""Many requests at once: as many connections, each held back before its last octet.

A spender is a customer with as many sessions as there are racers, and with an authorisation in
each; the bank's own use cases make them, in a process that holds its keys.
"""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from campaign.bank import Bank
from campaign.client import Caller, Reply, read_reply
from campaign.people import Person
from tael import identity
from tael.identity.sessions import start_session
from tael.kernel import ids
from tael.kernel.clock import machine_now
from tael.kernel.money import CNY, Money

ANSWER_TIMEOUT_S: Final = 30.0
LATER: Final = frozenset({"request.in_progress", "kernel.busy", "kernel.overloaded"})
"""What a racer may be told that is no answer yet: ask again with the same key."""


async def at_once(addresses: Sequence[tuple[str, int]], requests: Sequence[bytes]) -> list[Reply]:
    """Send all requests but for their last octets, then all the last octets; the replies."""
    gate = asyncio.Event()
    waiting = asyncio.Barrier(len(requests) + 1)

    async def one(number: int, request: bytes) -> Reply:
        host, port = addresses[number % len(addresses)]
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request[:-1])
            await writer.drain()
            await waiting.wait()
            await gate.wait()
            writer.write(request[-1:])
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await read_reply(reader)
        finally:
            writer.close()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(*each)) for each in enumerate(requests)]
        await waiting.wait()
        gate.set()
    return [task.result() for task in tasks]


@dataclass(frozen=True, slots=True)
class Seat:
    """One session of a spender's."""

    session_id: UUID
    caller: Caller


async def seats(bank: Bank, person: Person, count: int) -> list[Seat]:
    """So many sessions of one customer, each on a device of its own."""
    sealer, now = bank.settings.sealer(), machine_now()
    made = []
    async with bank.database.write() as session:
        phone = await identity.phone_of_customer(session, person.customer_id, sealer=sealer)
        assert phone is not None
        for _ in range(count):
            device = uuid4()
            begun = await start_session(session, phone, device, sealer=sealer, now=now)
            signed = await identity.sign_in(session, begun.view, person.customer_id, now=now)
            token = base64.urlsafe_b64encode(signed.token).rstrip(b"=").decode()
            cookies = {"__Host-tael_session": token, "__Host-tael_device": device.hex}
            made.append(Seat(signed.view.session_id, Caller(bank.addresses, cookies)))
    return made


@dataclass(frozen=True, slots=True)
class Terms:
    """What an authorisation is to cover."""

    purpose: str
    payee: str
    minor: int
    order: str = ""


async def authorise(
    bank: Bank, person: Person, taken: Sequence[Seat], terms: Sequence[Terms]
) -> list[str]:
    """An authorisation in each session, as the right PIN would give it; one statement."""
    now = machine_now()
    given = [ids.new_id() for _ in terms]
    digests = [
        identity.AuthorisationTerms(
            each.purpose, each.payee, Money(each.minor, CNY), each.order
        ).digest()
        for each in terms
    ]
    async with bank.database.write() as session:
        await session.execute(
            """
            INSERT INTO identity_authorisations
                (id, customer_id, session_id, purpose, terms_digest, issued_at, expires_at)
            SELECT n.id, $1, n.session_id, n.purpose, n.digest, $2, $3
            FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::bytea[])
                AS n (id, session_id, purpose, digest)
            """,
            person.customer_id,
            now,
            now + timedelta(minutes=2),
            given,
            [seat.session_id for seat in taken],
            [each.purpose for each in terms],
            digests,
        )
    return [ids.wire("aut", each) for each in given]
