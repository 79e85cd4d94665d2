"""What open screens are told: in order, once, and again after a break."""

import asyncio

from tael import notifications
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.kernel.ids import new_id


async def test_a_note_is_read_in_order_and_resumed_after_a_break(database: Database) -> None:
    customer, other = new_id(), new_id()
    for number in range(3):
        async with database.write() as session:
            await notifications.tell(
                session, customer, "money_in", {"number": number}, now=machine_now()
            )
    async with database.write() as session:
        await notifications.tell(session, other, "money_in", {"number": 9}, now=machine_now())
    async with database.read() as session:
        notes = await notifications.live_since(session, customer, 0)
        assert [note.payload["number"] for note in notes] == [0, 1, 2]
        rest = await notifications.live_since(session, customer, notes[0].position)
        assert [note.payload["number"] for note in rest] == [1, 2]
        assert await notifications.live_position(session, customer) == notes[-1].position
        assert await notifications.live_position(session, new_id()) == 0


async def test_listeners_are_woken_when_the_note_can_be_read(database: Database) -> None:
    customer = new_id()
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with database.listen(notifications.LIVE_CHANNEL, heard.put_nowait):
        async with database.write() as session:
            await notifications.tell(session, customer, "money_in", {}, now=machine_now())
            assert heard.empty()
        assert await asyncio.wait_for(heard.get(), 5) == str(customer)
    async with database.read() as session:
        assert len(await notifications.live_since(session, customer, 0)) == 1


async def test_a_slow_teller_never_slips_a_note_in_behind_a_later_one(database: Database) -> None:
    """A reader that follows positions sees every note, whoever commits first."""
    customer = new_id()
    began = asyncio.Event()

    async def slow() -> None:
        async with database.write() as session:
            await notifications.tell(session, customer, "slow", {}, now=machine_now())
            began.set()
            await asyncio.sleep(0.2)

    async def fast() -> None:
        await began.wait()
        async with database.write() as session:
            await notifications.tell(session, customer, "fast", {}, now=machine_now())

    seen: list[str] = []

    async def follow() -> None:
        position = 0
        while len(seen) < 2:
            async with database.read() as session:
                for note in await notifications.live_since(session, customer, position):
                    position = note.position
                    seen.append(note.kind)
            await asyncio.sleep(0.01)

    await asyncio.wait_for(asyncio.gather(slow(), fast(), follow()), 10)
    assert seen == ["slow", "fast"]
