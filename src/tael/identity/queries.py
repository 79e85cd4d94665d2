"""What other modules ask about principals."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tael.identity.phones import Phone
from tael.kernel.database import ReadSession
from tael.kernel.sealed import Sealer


async def customer_by_phone(session: ReadSession, phone: str, *, sealer: Sealer) -> UUID | None:
    """Whose open wallet has this number, if any; refuses `identity.phone_invalid`."""
    return await customer_by_phone_hash(session, Phone.parse(phone).hash(sealer))


async def customer_by_phone_hash(session: ReadSession, phone_hash: bytes) -> UUID | None:
    """Whose open wallet has the number of this hash (a session's), if any."""
    found: UUID | None = await session.fetchval(
        """
        SELECT customer_id
        FROM identity_principals
        WHERE phone_hash = $1
          AND closed_at IS NULL
        """,
        phone_hash,
    )
    return found


async def customers_by_phone_hashes(
    session: ReadSession, phone_hashes: Collection[bytes]
) -> dict[bytes, UUID]:
    """Whose open wallets have these numbers; those that nobody has are left out."""
    rows = await session.fetch(
        """
        SELECT phone_hash, customer_id
        FROM identity_principals
        WHERE phone_hash = ANY($1::bytea[])
          AND closed_at IS NULL
        """,
        list(phone_hashes),
    )
    return {row["phone_hash"]: row["customer_id"] for row in rows}


async def phone_masks(session: ReadSession, customer_ids: Collection[UUID]) -> dict[UUID, str]:
    """The masked numbers of customers."""
    rows = await session.fetch(
        """
        SELECT customer_id, phone_masked
        FROM identity_principals
        WHERE customer_id = ANY($1::uuid[])
        """,
        list(customer_ids),
    )
    return {row["customer_id"]: row["phone_masked"] for row in rows}


async def phone_of_customer(
    session: ReadSession, customer_id: UUID, *, sealer: Sealer
) -> Phone | None:
    """A customer's present number, unmasked: for the PIN's blocklist."""
    sealed = await session.fetchval(
        "SELECT phone_sealed FROM identity_principals WHERE customer_id = $1", customer_id
    )
    return Phone.unseal(sealed, sealer) if sealed is not None else None


async def language_of(session: ReadSession, customer_id: UUID) -> str | None:
    """The language that a customer chose."""
    language: str | None = await session.fetchval(
        "SELECT language FROM identity_principals WHERE customer_id = $1", customer_id
    )
    return language


async def secret_changes(
    session: ReadSession, customer_ids: Collection[UUID]
) -> dict[UUID, datetime]:
    """When PINs were last reset or numbers last changed, on the business clock.

    Customers without such a change are absent. For a day after it no transfer goes to a new
    payee; `transfers` decides.
    """
    rows = await session.fetch(
        """
        SELECT customer_id, secret_changed_at
        FROM identity_principals
        WHERE customer_id = ANY($1::uuid[])
          AND secret_changed_at IS NOT NULL
        """,
        list(customer_ids),
    )
    return {row["customer_id"]: row["secret_changed_at"] for row in rows}
