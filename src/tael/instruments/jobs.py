"""What cards follow: their wallet's closing, its holder's proven name, bindings left open."""

from typing import Final
from uuid import UUID

from tael.instruments.service import compare_holders, remove_all_cards
from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.outbox import RecordedEvent, Schedule, Subscriber
from tael.kernel.sealed import Sealer

ID_PROVEN: Final = 3
STALE_BATCH: Final = 500


async def forget_cards(session: WriteSession, event: RecordedEvent) -> None:
    """A closed wallet has no cards."""
    await remove_all_cards(session, UUID(event.payload["customer"]))


async def end_stale_bindings(database: Database) -> None:
    """Forget what was told about cards whose binding nobody finished."""
    async with database.write() as session:
        await session.execute(
            """
            UPDATE instruments_bindings
            SET state = 'ended', told_sealed = NULL, finished_at = $1
            WHERE id IN (
                SELECT id
                FROM instruments_bindings
                WHERE finished_at IS NULL AND expires_at < $1
                ORDER BY expires_at
                LIMIT $2
                FOR NO KEY UPDATE SKIP LOCKED
            )
            """,
            machine_now(),
            STALE_BATCH,
        )


def subscribers(sealer: Sealer) -> tuple[Subscriber, ...]:
    """Who follows what, with what opens the sealed holders of cards."""

    async def compare(session: WriteSession, event: RecordedEvent) -> None:
        if event.payload["to_class"] == ID_PROVEN:
            await compare_holders(session, UUID(event.payload["customer"]), sealer=sealer)

    return (
        Subscriber(
            "instruments.forget_cards", frozenset({"customers.wallet_closed.v1"}), forget_cards
        ),
        Subscriber(
            "instruments.compare_holders", frozenset({"customers.class_raised.v1"}), compare
        ),
    )


SCHEDULES: Final = (Schedule("instruments.end_stale_bindings", every_s=60, run=end_stale_bindings),)
