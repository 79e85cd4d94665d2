"""Business days with the card switch: operations done and booked, days ended, files compared."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import asyncpg
import httpx

from factories.cards import begun, issue, resolved
from factories.ledger import an_account
from tael import ledger, rails, settlement
from tael.codecs import settlement_file
from tael.kernel import ids
from tael.kernel.clock import advance, business_day, business_now, machine_now
from tael.kernel.database import Database
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer
from tael.rails import OperationKind
from tael.sandbox.world import World

DAY = timedelta(days=1)


@dataclass
class House:
    """Our bank, its line to the switch, and the switch's world."""

    database: Database
    owner: asyncpg.Connection
    world: World
    switch: rails.IsoCardSwitch
    sealer: Sealer
    card: str
    account: ledger.AccountNumber

    @classmethod
    async def open(
        cls,
        database: Database,
        owner: asyncpg.Connection,
        world: World,
        switch: rails.IsoCardSwitch,
        sealer: Sealer,
    ) -> "House":
        card = issue(world, balance=50_000_000)
        return cls(database, owner, world, switch, sealer, card, await an_account(database))

    async def today(self) -> date:
        async with self.database.read() as session:
            return business_day(await business_now(session))

    async def begin(
        self, minor: int, kind: OperationKind = OperationKind.TOP_UP
    ) -> rails.Operation:
        """Ask the switch, whatever it answers."""
        operation = await begun(
            self.database, self.sealer, self.card, kind=kind, amount=Money(minor, CNY)
        )
        return await rails.perform(self.database, self.switch, operation.id, sealer=self.sealer)

    async def resolve(self) -> None:
        """Let the resolver find out what was left open."""
        await resolved(self.database, self.switch, self.sealer, self.owner)

    async def book(self, operation: rails.Operation) -> None:
        """Book an approved operation, as the modules above rails do; nothing for another."""
        async with self.database.write() as session:
            now = await business_now(session)
            [state] = (await rails.operations(session, [operation.id])).values()
            if state.state is not rails.OperationState.APPROVED:
                return
            out = operation.kind is OperationKind.WITHDRAWAL
            pair = (ledger.CARD_CLEARING, self.account)
            book = await ledger.lock(session, pair, now=now)
            book.post(
                ledger.Movement(
                    id=ledger.MovementId(ids.new_id()),
                    kind=ledger.MovementKind(operation.kind.value),
                    postings=(ledger.Posting(*(pair[::-1] if out else pair), operation.amount),),
                    reference=operation.reference,
                    payer_label="a",
                    payee_label="b",
                    memo="",
                    at=now,
                )
            )
            await ledger.write(session, book)

    async def top_up(self, minor: int) -> str:
        """Take money from the card and book it; the switch's reference."""
        operation = await self.begin(minor)
        await self.book(operation)
        return await self.reference(operation)

    async def reference(self, operation: rails.Operation) -> str:
        key = (operation.kind.value, operation.reference)
        async with self.database.read() as session:
            return (await rails.retrieval_references(session, [key]))[key]

    async def end_day(self) -> date:
        """Let the day end for both houses; the day that ended."""
        ended = await self.today()
        async with self.database.write() as session:
            now = await advance(session, DAY)
        self.world.books.set_ahead(int((now - machine_now()).total_seconds()) + 1)
        return ended

    async def plant(
        self, kind: str, reference: str | None = None, amount: int | None = None
    ) -> None:
        """Order a mistake into the file of the day that is on."""
        asked = {"kind": kind, "reference": reference, "amount": amount}
        async with httpx.AsyncClient(base_url=self.world.url, trust_env=False) as client:
            answer = await client.post("/settlement/plants", json=asked)
        assert answer.status_code == 201, answer.text

    async def files(self) -> AsyncIterator[settlement.SettlementFiles]:
        async with httpx.AsyncClient(trust_env=False) as client:
            yield settlement.HttpSettlementFiles(f"{self.world.url}/settlement", client)

    async def compare(self, day: date) -> settlement.Run:
        """Fetch and compare one day."""
        async for files in self.files():
            return await settlement.compare_file(self.database, files, day)
        raise AssertionError

    async def breaks(self, **filters: object) -> list[settlement.Break]:
        """What differs, the oldest first."""
        async with self.database.read() as session:
            found = await settlement.list_breaks(
                session,
                settlement.BreakFilters(**filters),  # type: ignore[arg-type]  # as they are named
                before=None,
                limit=settlement.PAGE_MAX,
            )
        return found[::-1]

    async def open_differing(self) -> int:
        async with self.database.read() as session:
            return (await settlement.open_differences(session))[1].minor

    async def clearing(self) -> int:
        """What the switch owes us by our books."""
        async with self.database.read() as session:
            now = await business_now(session)
            return -(await ledger.balance(session, ledger.CARD_CLEARING, now=now)).balance.minor

    async def suspense(self) -> int:
        async with self.database.read() as session:
            now = await business_now(session)
            return (await ledger.balance(session, ledger.SUSPENSE, now=now)).balance.minor

    async def file(self, day: date) -> settlement_file.SettlementFile:
        """What the switch gives for a day, read."""
        async for files in self.files():
            octets = await files.fetch(day)
            assert octets is not None
            return settlement_file.read(octets)
        raise AssertionError


async def movements(owner: asyncpg.Connection) -> list[UUID]:
    """Every movement: to see that none was added."""
    rows = await owner.fetch("SELECT id FROM ledger_movements ORDER BY id")
    return [row["id"] for row in rows]
