"""The owner of the schema, for what no transaction can hold: detaching, copying to files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from tael.kernel.database import (
    CONNECT_TIMEOUT_S,
    CONNECTION_FAULTS,
    DatabaseUnusable,
    WriteSession,
    explain,
)

LOCK_TIMEOUT_MS = 10_000


class OwnerSession(WriteSession):
    """The owner's connection: each statement commits by itself, unless `atomically` holds them."""

    __slots__ = ()

    @asynccontextmanager
    async def atomically(self) -> AsyncIterator[None]:
        """What happens inside is written all or none."""
        async with self._connection.transaction():
            yield

    async def copy_out(self, query: str, path: Path) -> None:
        """Write the rows of a query to a new file as CSV with a header: same rows, same bytes."""
        await self._connection.copy_from_query(query, output=path, format="csv", header=True)

    async def copy_in(self, table: str, path: Path) -> None:
        """Load into a table the rows of a file that `copy_out` wrote."""
        await self._connection.copy_to_table(table, source=path, format="csv", header=True)


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[OwnerSession]:
    """Connect as the owner; raises `DatabaseUnusable` with one line that says what is wrong."""
    try:
        connection = await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_S,
            server_settings={
                "application_name": "tael owner",
                "timezone": "UTC",
                "lock_timeout": str(LOCK_TIMEOUT_MS),
            },
        )
    except CONNECTION_FAULTS as fault:
        raise DatabaseUnusable(explain(fault, role="the owner")) from fault
    try:
        yield OwnerSession(connection, clock_moves=False)
    finally:
        await connection.close()
