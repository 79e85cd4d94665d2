"""Cards of the sandbox world, operations on them, and the other bank's books."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import asyncpg

from tael import rails
from tael.codecs.iso8583_messages import FinancialResponse, Pan
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer
from tael.rails import OperationKind
from tael.sandbox.world import World
from tael.sandbox.world.people import CardKind, Person

WANG = Person("王小明", "110101199003070038", "13800001234")


def yuan(amount: int) -> Money:
    return Money(amount * 100, CNY)


def issue(
    world: World, holder: Person = WANG, kind: CardKind = CardKind.DEBIT, balance: int = 1_000_000
) -> str:
    """A new card with money on it; returns its number."""
    return world.books.issue(holder, "demo", kind, balance)


async def noting_late(database: Database, response: FinancialResponse) -> None:
    """What the composition root does with answers that come too late."""
    async with database.write() as session:
        await rails.note_late(session, response)


async def begun(
    database: Database,
    sealer: Sealer,
    number: str,
    *,
    kind: OperationKind = OperationKind.TOP_UP,
    amount: Money | None = None,
) -> rails.Operation:
    """An operation that is written down and not sent."""
    payout = kind is OperationKind.WITHDRAWAL
    async with database.write() as session:
        return await rails.begin(
            session,
            rails.Intent(
                kind=kind,
                pan=Pan(number),
                amount=yuan(100) if amount is None else amount,
                reference=uuid4(),
                instrument=uuid4(),
                holder=uuid4(),
                acceptor="Tael top-up",
                mcc=rails.MCC_PAYOUT if payout else rails.MCC_WALLET_LOAD,
            ),
            sealer=sealer,
        )


async def make_due(owner: asyncpg.Connection) -> None:
    """Let every lease and pause end now, as if the time had passed."""
    await owner.execute("UPDATE rails_operations SET due_at = now() WHERE due_at IS NOT NULL")


async def age(owner: asyncpg.Connection, by: timedelta) -> None:
    """Make every operation older."""
    await owner.execute("UPDATE rails_operations SET began_at = began_at - $1::interval", by)


async def resolved(
    database: Database,
    switch: rails.CardSwitch,
    sealer: Sealer,
    owner: asyncpg.Connection,
    *,
    rounds: int = 12,
) -> None:
    """Run the resolver, without its pauses, until nothing is open."""
    for _ in range(rounds):
        await make_due(owner)
        if await rails.resolve(database, switch, sealer=sealer) == 0:
            return
        # A line that was lost is opened again after a pause.
        await asyncio.sleep(0.05)
    raise AssertionError("still open after all rounds")


async def finished_events(owner: asyncpg.Connection) -> list[tuple[str, str]]:
    """Reference and final state of every operation that was told to be finished."""
    rows = await owner.fetch(
        "SELECT payload::text FROM kernel_outbox WHERE topic = 'rails.operation_finished.v1'"
    )

    payloads = [json.loads(row["payload"]) for row in rows]
    return [(payload["reference"], payload["state"]) for payload in payloads]


def owed(world: World) -> int:
    """What the other bank owes us, by its own books, which must add up."""
    totals = world.books.totals()
    assert totals["owed"] == totals["moved"], "the other bank's books are broken"
    owed_minor = totals["owed"]
    assert isinstance(owed_minor, int)
    return owed_minor
