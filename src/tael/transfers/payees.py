"""Payees: look one up by phone number, list the recent ones, say what has gone to whom."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tael import customers, identity
from tael.kernel.database import ReadSession
from tael.kernel.money import CNY, Money
from tael.kernel.sealed import Sealer
from tael.transfers.errors import PayeeNotFound, SelfTransfer
from tael.transfers.rules import Acquaintance

RECENT_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """All that a payer may know of a payee: masks, to compare with whom he means."""

    customer_id: UUID
    name_masked: str | None
    phone_masked: str

    @classmethod
    def of(cls, wallet: customers.Wallet) -> "Payee":
        return cls(
            customer_id=wallet.customer_id,
            name_masked=wallet.name_masked,
            phone_masked=wallet.phone_masked,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPayee:
    """A payee found by phone number."""

    payee: Payee
    first_time: bool
    """Nothing has gone to this payee yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentPayee:
    """A payee to whom something went before."""

    payee: Payee
    last_at: datetime


async def look_up(session: ReadSession, payer: UUID, phone: str, *, sealer: Sealer) -> FoundPayee:
    """Whom a phone number belongs to, masked.

    Refuses `transfers.payee_not_found` for who has no open wallet, and
    `transfers.self_transfer` for the own number. Rate limited at the edge: each answer
    tells whether a number has a wallet.
    """
    found = await identity.customer_by_phone(session, phone, sealer=sealer)
    if found is None:
        raise PayeeNotFound
    payee = await payee_by_id(session, payer, found)
    known = await acquaintances(session, [(payer, found)])
    return FoundPayee(payee=payee, first_time=not known)


async def payee_by_id(session: ReadSession, payer: UUID, payee: UUID) -> Payee:
    """A payee as the payer may see him; refuses as `look_up` does."""
    if payee == payer:
        raise SelfTransfer
    wallet = (await customers.by_ids(session, [payee])).get(payee)
    if wallet is None or not wallet.receives:
        raise PayeeNotFound
    return Payee.of(wallet)


async def recent_payees(session: ReadSession, payer: UUID) -> list[RecentPayee]:
    """Whom this customer sent money to, latest first, at most `RECENT_MAX`."""
    rows = await session.fetch(
        """
        SELECT payee_id, last_at
        FROM transfers_payees
        WHERE customer_id = $1
        ORDER BY last_at DESC
        LIMIT $2
        """,
        payer,
        RECENT_MAX,
    )
    wallets = await customers.by_ids(session, [row["payee_id"] for row in rows])
    return [
        RecentPayee(payee=Payee.of(wallets[row["payee_id"]]), last_at=row["last_at"])
        for row in rows
        if row["payee_id"] in wallets and wallets[row["payee_id"]].receives
    ]


async def acquaintances(
    session: ReadSession, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Acquaintance]:
    """What has gone from payers to payees so far, by (payer, payee), in one statement."""
    rows = await session.fetch(
        """
        SELECT customer_id, payee_id, first_at, sent_while_new_minor
        FROM transfers_payees
        WHERE (customer_id, payee_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
        """,
        [payer for payer, _ in pairs],
        [payee for _, payee in pairs],
    )
    return {
        (row["customer_id"], row["payee_id"]): Acquaintance(
            row["first_at"], Money(row["sent_while_new_minor"], CNY)
        )
        for row in rows
    }
