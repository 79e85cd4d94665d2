"""Whoever owns the database changes the past, and covers it up as well as he can.

He switches the triggers off and edits, deletes, reorders, inserts or rewinds; then he may
rebuild the whole log over what he made of the books, with the old salts, and sign it with the
bank's own key. Somebody outside has nothing but a checkpoint that he kept, and the receipts
that he asks the bank for: each change is exposed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest

from factories import log
from tael import audit, ledger
from tael.audit.notes import TreeHead
from tael.http.receipts import receipt_file
from tael.kernel.clock import machine_now
from tael.kernel.database import Database, WriteSession
from tael.kernel.money import CNY
from tael.kernel.sealed import Sealer
from tael.kernel.settings import Settings
from tael.ledger.commitments import entry
from tael.ledger.sequencer import movements_of
from tael_verify import Checkpoint, Disproven, Key, Link, Malformed, Unconnected, connect, verify
from tael_verify.notes import open_checkpoint, open_link

KEPT = 30
LATER = 9
EXPOSURES = (Disproven, Malformed, Unconnected, audit.errors.NoCheckpoint, audit.errors.NotYetInLog)

TABLES = (
    *("ledger_movements", "ledger_postings", "ledger_accounts"),
    *("audit_log", "audit_leaves", "audit_bundles", "audit_tiles", "audit_checkpoints"),
)

# $M is the movement that suffers, $N its neighbour.
EDITS = {
    "amount": "UPDATE ledger_postings SET amount = amount + 1 WHERE movement_id = $M",
    "payer": "UPDATE ledger_postings SET debit = 1900 WHERE movement_id = $M",
    "payee": "UPDATE ledger_postings SET credit = 1900 WHERE movement_id = $M",
    "payer's number": "UPDATE ledger_postings SET debit_seq = 900 WHERE movement_id = $M",
    "payee's number": "UPDATE ledger_postings SET credit_seq = 900 WHERE movement_id = $M",
    "payer's balance": "UPDATE ledger_postings SET debit_balance = 0 WHERE movement_id = $M",
    "payee's balance": "UPDATE ledger_postings SET credit_balance = 0 WHERE movement_id = $M",
    "line": "UPDATE ledger_postings SET line = 2 WHERE movement_id = $M",
    "another line": """
        INSERT INTO ledger_postings
        SELECT movement_id, 2, currency, debit, credit, amount, debit_seq + 900, credit_seq + 900,
               debit_balance, credit_balance
        FROM ledger_postings WHERE movement_id = $M
    """,
    "kind": "UPDATE ledger_movements SET kind = 'fee' WHERE id = $M",
    "time": "UPDATE ledger_movements SET at = at - interval '1 second' WHERE id = $M",
    "day": "UPDATE ledger_movements SET business_day = business_day - 1 WHERE id = $M",
    "effective day": "UPDATE ledger_movements SET effective_on = effective_on - 1 WHERE id = $M",
    "reference": "UPDATE ledger_movements SET reference = id WHERE id = $M",
    "payer's name": "UPDATE ledger_movements SET payer_label = 'x' WHERE id = $M",
    "payee's name": "UPDATE ledger_movements SET payee_label = 'x' WHERE id = $M",
    "memo": "UPDATE ledger_movements SET memo = memo || ' ' WHERE id = $M",
    "deleted": """
        WITH gone AS (DELETE FROM ledger_postings WHERE movement_id = $M)
        DELETE FROM ledger_movements WHERE id = $M
    """,
    "exchanged": (
        "UPDATE ledger_movements SET memo = (SELECT o.memo FROM ledger_movements AS o"
        " WHERE o.id = CASE ledger_movements.id WHEN $M THEN $N ELSE $M END) WHERE id IN ($M, $N)"
    ),
}
PLACES = (2, 17)
"""Which movements suffer, by their place in the log."""

# What somebody does to the log alone, and how it goes on from there.
Leaves = list[tuple[UUID, bytes]]

LOG_EDITS: dict[str, Callable[[Leaves], Leaves]] = {
    "a leaf is left out": lambda order: [*order[:9], *order[10:]],
    "the newest before the checkpoint is left out": lambda order: [
        *order[: KEPT - 1],
        *order[KEPT:],
    ],
    "two leaves change places": lambda order: [*order[:5], order[6], order[5], *order[7:]],
    "the first and the last change places": lambda order: [order[-1], *order[1:-1], order[0]],
    "a late leaf is moved to the front": lambda order: [order[-1], *order[:-1]],
    "an early leaf is moved to the end": lambda order: [*order[:3], *order[4:], order[3]],
    "the order is turned round": lambda order: order[::-1],
    "the log is rewound to half": lambda order: order[: KEPT // 2],
    "the log is rewound by one": lambda order: order[: KEPT - 1],
    "the log is rewound to its first leaf": lambda order: order[:1],
    "the log is rewound and goes on with others": lambda order: [
        *order[: KEPT // 2],
        *order[KEPT:],
        *order[KEPT // 2 : KEPT],
    ],
    "the second half only": lambda order: order[KEPT // 2 :],
}

RAW = {
    "an entry in a bundle": (
        "UPDATE audit_bundles SET entries = overlay(entries PLACING sha256('x') FROM 65)"
    ),
    "a bundle is shortened": "UPDATE audit_bundles SET entries = substring(entries FOR 640)",
    "a bundle is gone": "DELETE FROM audit_bundles",
    "a salt": "UPDATE audit_leaves SET salt = substring(sha256(salt) FOR 16) WHERE position = 4",
    "two positions": (
        "UPDATE audit_leaves SET position = CASE position WHEN 4 THEN 5 ELSE 4 END"
        " WHERE position IN (4, 5)"
    ),
    "a leaf's row is gone": "DELETE FROM audit_leaves WHERE position = 4",
    "the checkpoints are gone": "DELETE FROM audit_checkpoints",
    "another root is claimed": (
        "UPDATE audit_checkpoints SET note = replace(note, E'\\n\\n', E'x\\n\\n')"
    ),
    "the newest checkpoint is gone and the leaves with it": (
        "WITH gone AS (DELETE FROM audit_checkpoints WHERE size > 20) DELETE FROM audit_leaves"
    ),
}


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody with a checkpoint, the bank's key, and two customers whose bills he asks for."""

    kept: str
    keys: Sequence[Key]
    story: log.Story

    async def believes(self, session: WriteSession) -> None:
        """Look at everything that the bank shows; raises what exposes it."""
        kept = open_checkpoint(self.kept, self.keys)
        link = open_link(await audit.growth_since(session, kept.size), self.keys)
        newest = link.checkpoint if isinstance(link, Link) else link
        connect(newest, [kept, link])
        ours = await audit.checkpoint(session)
        assert ours.size == newest.size
        for movement in self.story.movements:
            for account in (self.story.alice, self.story.bob):
                await self._receipt(session, movement, account, [kept, link])

    async def _receipt(
        self,
        session: WriteSession,
        movement: ledger.MovementId,
        account: ledger.AccountNumber,
        known: Sequence[Checkpoint | Link],
    ) -> None:
        logged = await ledger.logged(session, movement, account, currency=CNY)
        text = receipt_file(movement, logged).model_dump_json(exclude_none=True)
        verdict = verify(text, self.keys)
        connect(verdict.checkpoint, known)
        if len(verdict.sides) != 1:
            raise Disproven("the customer's own side is not there")


@pytest.fixture
async def outsider(database: Database, settings: Settings) -> Outsider:
    """The log was published, somebody kept the checkpoint, and the log went on."""
    sealer = settings.sealer()
    story = await log.a_story(database, KEPT - 2)
    kept = await log.publish(database, sealer)
    await log.a_story(database, LATER - 2)
    await log.publish(database, sealer)
    return Outsider(kept, await log.keys(database), story)


@pytest.fixture
def attempt(owner: asyncpg.Connection) -> "Attempt":
    """The owner's transactions, each undone."""
    return Attempt(owner)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the owner of the database tries, one after the other on the same database."""

    owner: asyncpg.Connection

    async def is_exposed(
        self, outsider: Outsider, sealer: Sealer, statement: str, order: "Order | None" = None
    ) -> bool:
        """Change something, cover it up if an order of the leaves is given; undo it all."""
        transaction = self.owner.transaction()
        await transaction.start()
        try:
            for table in TABLES:
                await self.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            await self.owner.execute(statement)
            session = WriteSession(self.owner, clock_moves=False)
            if order is not None:
                await cover_up(session, sealer, order)
            await outsider.believes(session)
        except (*EXPOSURES, AssertionError, KeyError, IndexError):
            return True
        finally:
            await transaction.rollback()
        return False


@dataclass(frozen=True, slots=True)
class Order:
    """The movements that the rebuilt log shall hold, in this order, each with its old salt."""

    leaves: Sequence[tuple[UUID, bytes]]


async def the_order(owner: asyncpg.Connection) -> list[tuple[UUID, bytes]]:
    rows = await owner.fetch("SELECT subject, salt FROM audit_leaves ORDER BY position")
    return [(row["subject"], row["salt"]) for row in rows]


async def cover_up(session: WriteSession, sealer: Sealer, order: Order) -> None:
    """Build the whole log again over the books as they are now, and sign it as the bank."""
    await session.execute("TRUNCATE audit_leaves, audit_bundles, audit_tiles, audit_checkpoints")
    await session.execute("UPDATE audit_log SET size = 0, root = sha256('')")
    salts = dict(order.leaves)
    standing = await movements_of(session, list(salts))
    leaves = [
        audit.Leaf(act.id, entry(salts[act.id], act, sides), salts[act.id])
        for act, sides in standing
    ]
    await audit.append(session, leaves)
    status = await audit.status(session)
    signer = await audit.signer(session, sealer, now=machine_now())
    assert signer is not None
    note = signer.note(TreeHead(signer.origin, status.size, status.root).text())
    await session.execute(
        "INSERT INTO audit_checkpoints VALUES ($1, $2, $3, current_date, now())",
        status.size,
        status.root,
        note,
    )


async def test_every_change_of_the_past_is_exposed(
    outsider: Outsider, attempt: Attempt, settings: Settings
) -> None:
    order = await the_order(attempt.owner)
    sealer = settings.sealer()
    # The control: nothing was changed, nothing is exposed, covered up or not.
    assert not await attempt.is_exposed(outsider, sealer, "SELECT 1")
    assert not await attempt.is_exposed(outsider, sealer, "SELECT 1", Order(order))
    tried, unseen = 0, list[str]()
    for name, statement in EDITS.items():
        for place in PLACES:
            movement, neighbour = order[place][0], order[place + 1][0]
            edit = statement.replace("$M", f"'{movement}'::uuid").replace(
                "$N", f"'{neighbour}'::uuid"
            )
            for covered in (None, Order(order)):
                tried += 1
                if not await attempt.is_exposed(outsider, sealer, edit, covered):
                    unseen.append(f"{name} at {place}, {'covered up' if covered else 'plain'}")
    for name, change in LOG_EDITS.items():
        tried += 1
        if not await attempt.is_exposed(outsider, sealer, "SELECT 1", Order(change(order))):
            unseen.append(name)
    for name, statement in RAW.items():
        tried += 1
        if not await attempt.is_exposed(outsider, sealer, statement):
            unseen.append(name)
    assert unseen == []
    assert tried >= 50


async def test_an_entry_inserted_into_the_past_is_exposed(
    outsider: Outsider, attempt: Attempt, settings: Settings
) -> None:
    order = await the_order(attempt.owner)
    insert = """
        WITH forged AS (
            INSERT INTO ledger_movements
                (id, kind, reference, payer_label, payee_label, memo, at, business_day,
                 effective_on)
            SELECT '01890a5d-ac96-774b-bcce-b302099a8057', kind, reference, payer_label,
                   payee_label, 'forged', at, business_day, effective_on
            FROM ledger_movements LIMIT 1
        )
        INSERT INTO ledger_postings
        SELECT '01890a5d-ac96-774b-bcce-b302099a8057', 1, currency, debit, credit, amount,
               debit_seq + 900, credit_seq + 900, debit_balance, credit_balance
        FROM ledger_postings LIMIT 1
    """
    forged = (UUID("01890a5d-ac96-774b-bcce-b302099a8057"), bytes(16))
    for place in (0, 1, 15, KEPT - 1):
        new = Order([*order[:place], forged, *order[place:]])
        assert await attempt.is_exposed(outsider, settings.sealer(), insert, new), place
    # Behind everything that was published it is a movement like any other.
    late = Order([*order, forged])
    assert not await attempt.is_exposed(outsider, settings.sealer(), insert, late)
