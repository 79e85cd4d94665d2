"""What hides the leaves of the log: chance of its own for each."""

import asyncpg

from factories.ledger import funded
from tael.kernel.database import Database
from tael.ledger.sequencer import sequence_some


async def test_no_two_leaves_have_one_salt(database: Database, owner: asyncpg.Connection) -> None:
    await funded(database, 100, 200, 300)
    await funded(database, 100, 200)
    async with database.write() as session:
        while await sequence_some(session):
            pass
    salts = [row["salt"] for row in await owner.fetch("SELECT salt FROM audit_leaves")]
    assert len(salts) >= 2
    assert len(set(salts)) == len(salts)
