"""Use cases of merchants: take one on, open its stores, close and reopen them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tael import ledger
from tael.kernel.database import WriteSession
from tael.merchants.errors import StoreNotFound
from tael.merchants.rules import MerchantId, StoreId
from tael.merchants.states import STORE_TRANSITIONS, StoreState


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMerchant:
    """A business to take on; its owner, if a customer of ours, may not pay it."""

    id: MerchantId
    name: str
    owner_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStore:
    """A store to open: name and city as in EMVCo tags 59 and 60, `mcc` as in ISO 18245."""

    id: StoreId
    merchant_id: MerchantId
    name: str
    name_zh: str | None
    city: str
    mcc: str
    static_code: str


async def take_on(session: WriteSession, merchant: NewMerchant, *, now: datetime) -> None:
    """Take a merchant on and open its settlement account."""
    account = await ledger.open_account(
        session,
        kind=ledger.AccountKind.MERCHANT_PAYABLE,
        holder=merchant.id,
    )
    await session.execute(
        """
        INSERT INTO merchants_merchants (id, name, owner_id, account_number, opened_at)
        VALUES ($1, $2, $3, $4, $5)
        """,
        merchant.id,
        merchant.name,
        merchant.owner_id,
        account,
        now,
    )


async def open_store(session: WriteSession, store: NewStore, *, now: datetime) -> None:
    """Open a store of a merchant; its printed code works at once."""
    await session.execute(
        """
        INSERT INTO merchants_stores
               (id, merchant_id, name, name_zh, city, mcc, static_code, state, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        store.id,
        store.merchant_id,
        store.name,
        store.name_zh,
        store.city,
        store.mcc,
        store.static_code,
        StoreState.OPEN,
        now,
    )


async def set_store_state(session: WriteSession, store: StoreId, state: StoreState) -> None:
    """Close a store or open it again; to the state it is in, nothing happens.

    Payments that are decided before this commits still go through. Refuses with
    `merchants.store_not_found`.
    """
    present = await session.fetchval(
        "SELECT state FROM merchants_stores WHERE id = $1 FOR NO KEY UPDATE", store
    )
    if present is None:
        raise StoreNotFound
    if present == state:
        return
    assert state in STORE_TRANSITIONS[StoreState(present)]
    await session.execute("UPDATE merchants_stores SET state = $2 WHERE id = $1", store, state)
