"""Remove cards, and follow what becomes of their wallet."""

from uuid import UUID

from tael import customers, rails
from tael.instruments.errors import CardBusy, CardUnknown
from tael.instruments.queries import CardId
from tael.instruments.states import CardKind
from tael.instruments.vault import unseal_holder
from tael.kernel.clock import business_now
from tael.kernel.database import WriteSession
from tael.kernel.sealed import Sealer


async def remove_card(session: WriteSession, customer_id: UUID, card_id: CardId) -> None:
    """Unbind a card and forget its number; classes that it helped to reach stay.

    Refuses `instruments.card_unknown`, `instruments.card_busy`.
    """
    found = await session.fetchval(
        """
        SELECT id
        FROM instruments_cards
        WHERE id = $1 AND customer_id = $2 AND removed_at IS NULL
        FOR UPDATE
        """,
        card_id,
        customer_id,
    )
    if found is None:
        raise CardUnknown
    if await rails.is_busy(session, card_id):
        raise CardBusy
    await _forget(session, [card_id])


async def remove_all_cards(session: WriteSession, customer_id: UUID) -> None:
    """Unbind every card of a wallet that was closed; nothing of theirs can be pending then."""
    rows = await session.fetch(
        """
        SELECT id
        FROM instruments_cards
        WHERE customer_id = $1 AND removed_at IS NULL
        FOR UPDATE
        """,
        customer_id,
    )
    await _forget(session, [row["id"] for row in rows])


async def compare_holders(session: WriteSession, customer_id: UUID, *, sealer: Sealer) -> None:
    """Compare cards with a name that was proven after they were bound.

    Cards of the holder's become own-name cards, and a debit card among them raises the wallet to
    class 2 at once; the others are no own cards from here on.
    """
    rows = await session.fetch(
        """
        SELECT id, kind, holder_sealed
        FROM instruments_cards
        WHERE customer_id = $1 AND removed_at IS NULL AND NOT own_name
        ORDER BY id
        FOR NO KEY UPDATE
        """,
        customer_id,
    )
    own: list[UUID] = []
    for row in rows:
        name, id_number = unseal_holder(row["holder_sealed"], row["id"], sealer)
        same = await customers.same_person(
            session, customer_id, name=name, id_number=id_number, sealer=sealer
        )
        if same:
            own.append(row["id"])
    await session.execute(
        """
        UPDATE instruments_cards
        SET own_name = id = ANY($2::uuid[]), own_phone = false
        WHERE id = ANY($1::uuid[])
        """,
        [row["id"] for row in rows],
        own,
    )
    if any(row["kind"] == CardKind.DEBIT and row["id"] in own for row in rows):
        await customers.raise_to_2(session, customer_id)


async def _forget(session: WriteSession, card_ids: list[UUID]) -> None:
    await session.execute(
        """
        UPDATE instruments_cards
        SET removed_at = $2, pan_sealed = NULL, holder_sealed = NULL
        WHERE id = ANY($1::uuid[])
        """,
        card_ids,
        await business_now(session),
    )
