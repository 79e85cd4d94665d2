"""The transparency log with somebody's movements in it, and somebody outside who keeps proofs."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from factories import ledger as f
from tael import audit, ledger
from tael.http.receipts import receipt_file
from tael.kernel.database import Database
from tael.kernel.money import CNY
from tael.kernel.sealed import Sealer
from tael.ledger.jobs import sequence
from tael_verify import Key

ORIGIN = "bank.example/log"


async def publish(database: Database, sealer: Sealer) -> str:
    """Give everything posted its place, and publish a checkpoint; returns its note."""
    await sequence(database)
    await audit.publish(database, sealer, ORIGIN)
    async with database.read() as session:
        return (await audit.checkpoint(session)).note


async def keys(database: Database) -> list[Key]:
    """The log's public keys, as an outsider reads them."""
    async with database.read() as session:
        return [Key.parse(str(one.verifier)) for one in await audit.log_keys(session)]


async def receipt(
    database: Database, movement: ledger.MovementId, account: ledger.AccountNumber
) -> str:
    """The receipt file of a movement for the holder of an account."""
    async with database.read() as session:
        logged = await ledger.logged(session, movement, account, currency=CNY)
    return receipt_file(movement, logged).model_dump_json(exclude_none=True)


async def growth_since(database: Database, old: int) -> str:
    """The newest checkpoint with the proof that it follows the one of `old` entries."""
    async with database.read() as session:
        return await audit.growth_since(session, old)


@dataclass(frozen=True, slots=True)
class Story:
    """Two accounts and what moved between them, oldest first."""

    alice: ledger.AccountNumber
    bob: ledger.AccountNumber
    movements: tuple[ledger.MovementId, ...]


async def a_story(database: Database, count: int) -> Story:
    """Alice and Bob send each other money, in this order, a set of movements each."""
    alice, bob = await f.funded(database, 1_000_000, 1_000_000)
    sent = [
        f.a_transfer(
            *((alice, bob) if number % 2 else (bob, alice)), 100 + number, memo=str(number)
        )
        for number in range(count)
    ]
    for start, end in pairwise((*range(0, count, 7), count)):
        await f.post(database, *sent[start:end])
    return Story(alice, bob, tuple(movement.id for movement in sent))


def members(document: dict[str, Any]) -> set[str]:
    """Every name in a JSON document, at any depth."""
    found = set(document)
    for value in document.values():
        if isinstance(value, dict):
            found |= members(value)
        if isinstance(value, list):
            found |= {name for one in value if isinstance(one, dict) for name in members(one)}
    return found


async def vkeys(database: Database) -> list[str]:
    """The same keys as they are handed around."""
    async with database.read() as session:
        return [str(one.verifier) for one in await audit.log_keys(session)]
