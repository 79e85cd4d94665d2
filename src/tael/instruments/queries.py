"""Reads of bound cards."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from tael.instruments.banks import Bank, banks
from tael.instruments.errors import CardUnknown
from tael.instruments.rules import CARDS_MAX, refuses_use, uses
from tael.instruments.states import CardKind, CardUse
from tael.kernel.database import ReadSession, Row, WriteSession

CardId = NewType("CardId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card as its wallet shows it; the number is sealed, and stays in its table."""

    id: CardId
    customer_id: UUID
    bank: Bank
    kind: CardKind
    bin: str
    last4: str
    holder_masked: str
    own_name: bool
    """The bank's name and ID number for it are those of the wallet's proven holder."""
    own_phone: bool
    """The wallet has no proven name, and the bank knows the card by the wallet's phone."""
    bound_at: datetime
    removed_at: datetime | None

    @property
    def can(self) -> frozenset[CardUse]:
        """What it may be used for."""
        return uses(self.kind, own=self.own_name or self.own_phone)

    @property
    def label(self) -> str:
        """How a statement names it: bank and last four digits."""
        return f"{self.bank.name_zh} {self.bank.name_en} ({self.last4})"


_COLUMNS: Final = """
    id, customer_id, bank, kind, bin, last4, holder_masked, own_name, own_phone, bound_at,
    removed_at
"""


async def cards(session: ReadSession, customer_id: UUID) -> list[Card]:
    """A customer's cards, the newest first; at most `CARDS_MAX`."""
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM instruments_cards
        WHERE customer_id = $1 AND removed_at IS NULL
        ORDER BY bound_at DESC, id DESC
        LIMIT $2
        """,  # noqa: S608 - a constant list of columns
        customer_id,
        CARDS_MAX,
    )
    return [_card(row) for row in rows]


async def card(session: ReadSession, customer_id: UUID, card_id: CardId) -> Card:
    """One of the customer's bound cards; refuses `instruments.card_unknown`."""
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM instruments_cards
        WHERE id = $1 AND customer_id = $2 AND removed_at IS NULL
        """,  # noqa: S608 - a constant list of columns
        card_id,
        customer_id,
    )
    if row is None:
        raise CardUnknown
    return _card(row)


async def cards_by_ids(session: ReadSession, card_ids: list[CardId]) -> dict[CardId, Card]:
    """Cards that something was done with, removed ones too: to name them in lists."""
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM instruments_cards
        WHERE id = ANY($1::uuid[])
        """,  # noqa: S608 - a constant list of columns
        card_ids,
    )
    return {row["id"]: _card(row) for row in rows}


async def take_bound(session: WriteSession, card_ids: Collection[CardId]) -> dict[CardId, Card]:
    """Those of a set that are still bound: nobody removes them in this transaction."""
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM instruments_cards
        WHERE id = ANY($1::uuid[]) AND removed_at IS NULL
        ORDER BY id
        FOR SHARE
        """,  # noqa: S608 - a constant list of columns
        list(card_ids),
    )
    return {row["id"]: _card(row) for row in rows}


async def take_card(
    session: WriteSession, customer_id: UUID, card_id: CardId, use: CardUse
) -> Card:
    """One of the customer's cards, for use in this transaction: nobody removes it meanwhile.

    Cards are locked before limit use and accounts. Refuses `instruments.card_unknown`,
    `instruments.card_cannot_top_up`, `instruments.card_cannot_withdraw`; every card pays.
    """
    row = await session.fetchrow(
        f"""
        SELECT {_COLUMNS}
        FROM instruments_cards
        WHERE id = $1 AND customer_id = $2 AND removed_at IS NULL
        FOR SHARE
        """,  # noqa: S608 - a constant list of columns
        card_id,
        customer_id,
    )
    if row is None:
        raise CardUnknown
    found = _card(row)
    refusal = refuses_use(found.kind, use, own=found.own_name or found.own_phone)
    if refusal is not None:
        raise refusal
    return found


def _card(row: Row) -> Card:
    return Card(
        id=CardId(row["id"]),
        customer_id=row["customer_id"],
        bank=banks()[row["bank"]],
        kind=CardKind(row["kind"]),
        bin=row["bin"],
        last4=row["last4"],
        holder_masked=row["holder_masked"],
        own_name=row["own_name"],
        own_phone=row["own_phone"],
        bound_at=row["bound_at"],
        removed_at=row["removed_at"],
    )
