"""Reads of stores."""

from collections.abc import Collection
from typing import Final, cast
from uuid import UUID

from asyncpg import Record

from tael.kernel.database import ReadSession
from tael.merchants.rules import Store, StoreId
from tael.merchants.states import StoreState

STORES_LISTED_MAX: Final = 100

_COLUMNS: Final = """
SELECT s.id, s.merchant_id, m.owner_id, m.account_number,
       s.name, s.name_zh, s.city, s.mcc, s.static_code, s.state
FROM merchants_stores AS s
JOIN merchants_merchants AS m ON m.id = s.merchant_id
"""
_BY_IDS: Final = f"{_COLUMNS} WHERE s.id = ANY($1::uuid[])"
_BY_STATIC_CODE: Final = f"{_COLUMNS} WHERE s.static_code = $1"
_LISTED: Final = f"{_COLUMNS} ORDER BY s.opened_at, s.name LIMIT $1"


async def stores(session: ReadSession, ids: Collection[StoreId]) -> dict[StoreId, Store]:
    """The stores of a set by their ids; ids that name none are absent."""
    return {row["id"]: _store(row) for row in await session.fetch(_BY_IDS, list(ids))}


async def store_by_static_code(session: ReadSession, code: str) -> Store | None:
    """The store whose printed code holds this token."""
    row = await session.fetchrow(_BY_STATIC_CODE, code)
    return _store(row) if row else None


async def list_stores(session: ReadSession) -> list[Store]:
    """The first stores in the order of their opening, at most `STORES_LISTED_MAX`."""
    return [_store(row) for row in await session.fetch(_LISTED, STORES_LISTED_MAX)]


async def names(session: ReadSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """What merchants are called; ids that name none are absent."""
    rows = await session.fetch(
        "SELECT id, name FROM merchants_merchants WHERE id = ANY($1::uuid[])", list(ids)
    )
    return {row["id"]: row["name"] for row in rows}


def _store(row: Record) -> Store:
    return Store(
        id=row["id"],
        merchant_id=row["merchant_id"],
        owner_id=cast("UUID | None", row["owner_id"]),
        account=row["account_number"],
        name=row["name"],
        name_zh=row["name_zh"],
        city=row["city"],
        mcc=row["mcc"],
        static_code=row["static_code"],
        state=StoreState(row["state"]),
    )
