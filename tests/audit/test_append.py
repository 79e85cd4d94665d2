"""The log in its tables: appended in sets, by several at once, and never changed."""

import asyncio
import secrets

import asyncpg
import pytest

from tael import audit
from tael.audit.merkle import full_hash, is_consistent, leaf_hash, root
from tael.kernel import ids
from tael.kernel.database import Database
from tael_verify import merkle as verifier


def leaves(count: int) -> list[audit.Leaf]:
    return [
        audit.Leaf(ids.new_id(), secrets.token_bytes(32), secrets.token_bytes(audit.SALT_BYTES))
        for _ in range(count)
    ]


async def in_transaction(database: Database, statement: str, *sets: list[audit.Leaf]) -> None:
    """Append, then run a statement, as the application and in one transaction."""
    async with database.write() as session:
        for some in sets:
            await audit.append(session, some)
        await session.execute(statement)


async def appended(database: Database, count: int) -> list[audit.Leaf]:
    """Append so many leaves in one transaction."""
    made = leaves(count)
    async with database.write() as session:
        await audit.append(session, made)
    return made


def tree_root(entries: list[bytes]) -> bytes:
    """The root by the definition in RFC 6962, from all leaves."""
    hashes = [leaf_hash(entry) for entry in entries]
    return root(
        len(hashes),
        lambda node: full_hash(hashes[node.number << node.level : (node.number + 1) << node.level]),
    )


async def test_sets_of_any_size_grow_the_tree_of_the_definition(database: Database) -> None:
    everything: list[audit.Leaf] = []
    for count in (1, 2, 253, 1, 255, 600, 256, 1, 65_536 - 1_369, 1, 300):
        everything += await appended(database, count)
        async with database.read() as session:
            status = await audit.status(session)
        assert status.size == len(everything)
        if count < 1_000:
            assert status.root == tree_root([leaf.entry for leaf in everything])
    async with database.read() as session:
        status = await audit.status(session)
        assert status.root == tree_root([leaf.entry for leaf in everything])
        # Some proofs across the borders of tiles and levels, by the verifier's own code.
        for old in (1, 255, 256, 257, 1_368, 65_535, 65_536, 65_600, status.size):
            was = tree_root([leaf.entry for leaf in everything[:old]])
            hashes = await audit.consistency(session, old, status.size)
            assert verifier.grew((old, was), (status.size, status.root), hashes)
            assert is_consistent((old, was), (status.size, status.root), hashes)


async def test_several_that_append_at_once_take_turns(database: Database) -> None:
    made = [leaves(40) for _ in range(8)]

    async def append(some: list[audit.Leaf]) -> int:
        async with database.write() as session:
            return await audit.append(session, some)

    firsts = await asyncio.gather(*(append(some) for some in made))
    assert sorted(firsts) == [40 * at for at in range(8)]
    ordered = [some for _, some in sorted(zip(firsts, made, strict=True), key=lambda p: p[0])]
    async with database.read() as session:
        status = await audit.status(session)
    assert status.root == tree_root([leaf.entry for some in ordered for leaf in some])


async def test_what_is_rolled_back_was_never_there(database: Database) -> None:
    await appended(database, 300)
    async with database.read() as session:
        before = await audit.status(session)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await in_transaction(database, "SELECT 1 / 0", leaves(10))
    async with database.read() as session:
        assert await audit.status(session) == before


async def test_nothing_is_appended_twice(database: Database) -> None:
    made = await appended(database, 3)
    with pytest.raises(asyncpg.UniqueViolationError, match="pk_audit_leaves"):
        async with database.write() as session:
            await audit.append(session, made[:1])
    async with database.read() as session:
        assert (await audit.status(session)).size == 3


CHANGES = [
    "UPDATE audit_leaves SET position = 0",
    "DELETE FROM audit_leaves",
    "TRUNCATE audit_leaves",
    "UPDATE audit_bundles SET entries = sha256('x')",
    "UPDATE audit_bundles SET entries = sha256('x') || substring(entries FROM 33)",
    "UPDATE audit_bundles SET entries = substring(entries FOR 32)",
    "DELETE FROM audit_bundles",
    "TRUNCATE audit_bundles",
    "UPDATE audit_tiles SET hashes = sha256('x')",
    "UPDATE audit_tiles SET number = number + 1",
    "DELETE FROM audit_tiles",
    "TRUNCATE audit_tiles",
    "UPDATE audit_log SET size = size - 1",
    "UPDATE audit_log SET root = sha256('x')",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
]


async def test_the_log_only_grows_even_for_the_owner(
    database: Database, owner: asyncpg.Connection
) -> None:
    await appended(database, 300)
    async with database.read() as session:
        before = await audit.status(session)
    for statement in CHANGES:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="only grows"):
            await owner.execute(statement)
        with pytest.raises(asyncpg.PostgresError, match=r"only grows|permission denied"):
            await in_transaction(database, statement)
    async with database.read() as session:
        assert await audit.status(session) == before
