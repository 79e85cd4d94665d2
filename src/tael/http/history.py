"""What moved in a customer's wallet: pages of entries, and one of them with its receipt."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from tael import customers, ledger, payments
from tael.http.edge import Edge
from tael.http.errors import InvalidCursor
from tael.http.guards import SignedIn
from tael.http.payments_wire import FundingWire
from tael.http.problems import problems
from tael.http.wire import AMOUNT_MAX, Identifier, Instant, MoneyWire, Text, Wire
from tael.kernel import ids
from tael.kernel.clock import SHANGHAI, business_now
from tael.kernel.database import ReadSession

router: Final = APIRouter(tags=["history"])

PAGE_DEFAULT: Final = 20
WORDS_MAX: Final = 50
CURSOR_MAX: Final = 64

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]
"""A day that a bank of ours can have seen or will see."""

_SEQUENCE_BYTES: Final = 8
_MARK_BYTES: Final = 16
_MOVEMENT: Final = "mov_01j9z3k4m5n6p7q8r9s0t1v2w3"


class ShopName(Wire):
    """A shop's name as it writes it, in each language that it has."""

    name: str = Field(examples=["DEMO NOODLES"])
    name_zh: str | None = Field(examples=["示例面馆"])


class EntryWire(Wire):
    """One movement of money in your wallet."""

    movement: Identifier = Field(examples=[_MOVEMENT])
    kind: ledger.MovementKind
    direction: ledger.Direction
    amount: MoneyWire
    counterparty: str = Field(examples=["示例面馆 Demo Noodles"])
    shop: ShopName | None = Field(description="Of a payment or refund: choose the language.")
    memo: str
    at: Instant
    balance_after: MoneyWire

    @classmethod
    def of(cls, entry: ledger.Entry, sold: payments.Sold | None = None) -> "EntryWire":
        return cls.model_construct(**_members(entry, sold))


class HistoryPage(Wire):
    """Newest first. `next` leads to the following page, with the same filters."""

    entries: list[EntryWire]
    next: str | None = Field(description="Give it as `cursor`; null on the last page.")
    archived: bool = Field(
        description="True on the last page if older entries exist: they are in the archive."
    )


class ReceiptWire(Wire):
    """What to show or share. `number` is what to read out when you ask us about it."""

    number: str = Field(examples=["202611220123456789012345678"])
    payer: str
    payee: str
    amount: MoneyWire
    kind: ledger.MovementKind
    at: Instant
    memo: str
    funding: FundingWire | None = Field(description="Where a payment's money came from.")
    order: Identifier | None = Field(description="The order that a payment was for.")


class EntryDetail(EntryWire):
    """An entry with what it belongs to, and its receipt."""

    reference: Identifier = Field(
        description="The payment, transfer, top-up or withdrawal that it belongs to.",
        examples=["pay_01j9z3k4m5n6p7q8r9s0t1v2w3"],
    )
    receipt: ReceiptWire


class HistoryQuery(Wire):
    """Which entries are wanted. Amounts are minor units, days are days in Shanghai."""

    model_config = ConfigDict(populate_by_name=True)

    cursor: Annotated[str, Field(max_length=CURSOR_MAX)] | None = None
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=ledger.PAGE_MAX)
    kind: ledger.MovementKind | None = None
    direction: ledger.Direction | None = None
    min: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    max: int | None = Field(default=None, ge=0, le=AMOUNT_MAX)
    since: Day | None = Field(default=None, alias="from", description="The first day.")
    until: Day | None = Field(default=None, alias="to", description="The last day.")
    q: Annotated[Text, Field(max_length=WORDS_MAX)] | None = Field(
        default=None,
        description="Part of a counterparty's name or of a memo, Chinese or English.",
        examples=["面馆"],
    )

    def filters(self) -> ledger.Filters:
        """The same, as the ledger asks."""
        return ledger.Filters(
            kinds=(self.kind,) if self.kind else (),
            direction=self.direction,
            amount_min=self.min,
            amount_max=self.max,
            since=_day_starts(self.since) if self.since else None,
            until=_day_starts(self.until + timedelta(days=1)) if self.until else None,
            words=self.q or "",
        )


@router.get("/history", responses=problems(InvalidCursor))
async def history(edge: SignedIn, query: Annotated[HistoryQuery, Query()]) -> HistoryPage:
    """Your movements of money, newest first. Pages neither skip nor repeat."""
    cursors = _Cursors(edge)
    before = cursors.read(query.cursor) if query.cursor is not None else None
    async with edge.services.database.read() as session:
        wallet = await customers.wallet(session, edge.customer_id)
        page = await ledger.statement(
            session,
            wallet.account_number,
            filters=query.filters(),
            before=before,
            limit=query.limit,
        )
        sold = await payments.sold(session, _of_shops(page.entries))
    return HistoryPage(
        entries=[EntryWire.of(entry, sold.get(entry.reference)) for entry in page.entries],
        next=None if page.next_before is None else cursors.make(page.next_before),
        archived=page.archived,
    )


@router.get(
    "/history/{movement}",
    responses=problems(ledger.errors.MovementNotFound, ledger.errors.Archived),
)
async def movement(edge: SignedIn, movement: str) -> EntryDetail:
    """One movement in your wallet, with its receipt."""
    movement_id = ledger.MovementId(ids.parse("mov", movement))
    async with edge.services.database.read() as session:
        wallet = await customers.wallet(session, edge.customer_id)
        entry = await ledger.entry(session, wallet.account_number, movement_id)
        if entry is None:
            await ledger.refuse_archived_movement(session, movement_id)
            raise ledger.errors.MovementNotFound
        return await _detail(session, edge, entry)


async def _detail(session: ReadSession, edge: Edge, entry: ledger.Entry) -> EntryDetail:
    pays = entry.direction is ledger.Direction.OUT
    sold = (await payments.sold(session, _of_shops([entry]))).get(entry.reference)
    paid = None
    if sold is not None:
        now = await business_now(session)
        paid = await payments.receipt(session, edge.customer_id, sold.payment_id, now=now)
    receipt = ReceiptWire.model_construct(
        number=ledger.receipt_number(entry.movement, entry.at),
        payer=entry.own_label if pays else entry.counterparty,
        payee=entry.counterparty if pays else entry.own_label,
        amount=MoneyWire.of(entry.amount),
        kind=entry.kind,
        at=entry.at,
        memo=entry.memo,
        funding=_funding(paid) if paid else None,
        order=ids.wire("ord", paid.order_id) if paid and paid.order_id else None,
    )
    return EntryDetail.model_construct(
        **_members(entry, sold), reference=_reference(entry, sold), receipt=receipt
    )


def _of_shops(entries: Sequence[ledger.Entry]) -> set[UUID]:
    """What may be looked up as a payment or refund: a page asks once for all of it."""
    return {entry.reference for entry in entries if entry.kind in _WITH_SHOPS}


def _reference(entry: ledger.Entry, sold: payments.Sold | None) -> str:
    if sold is not None:
        return ids.wire("pay", sold.payment_id)
    return ids.wire(_PREFIXES[entry.kind], entry.reference)


def _funding(paid: payments.Receipt) -> FundingWire:
    card = ids.wire("crd", paid.card_id) if paid.card_id else None
    return FundingWire(kind=paid.funding, card=card)


_PREFIXES: Final = {
    ledger.MovementKind.PAYMENT: "pay",
    ledger.MovementKind.TRANSFER: "trf",
    ledger.MovementKind.TOP_UP: "top",
    ledger.MovementKind.WITHDRAWAL: "wdr",
    ledger.MovementKind.FEE: "mov",
    ledger.MovementKind.REFUND: "pay",
    ledger.MovementKind.REVERSAL: "mov",
    ledger.MovementKind.PAYOUT: "pyt",
    ledger.MovementKind.ADJUSTMENT: "apv",
    ledger.MovementKind.INTEREST: "mov",
}
"""What each kind of movement refers to."""


_WITH_SHOPS: Final = {
    ledger.MovementKind.PAYMENT,
    ledger.MovementKind.REFUND,
    ledger.MovementKind.REVERSAL,
}


def _members(entry: ledger.Entry, sold: payments.Sold | None) -> dict[str, Any]:
    shop = sold.store if sold else None
    return {
        "movement": ids.wire("mov", entry.movement),
        "kind": entry.kind,
        "direction": entry.direction,
        "amount": MoneyWire.of(entry.amount),
        "counterparty": entry.counterparty,
        "shop": shop and ShopName.model_construct(name=shop.name, name_zh=shop.name_zh),
        "memo": entry.memo,
        "at": entry.at,
        "balance_after": MoneyWire.of(entry.balance_after),
    }


def _day_starts(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True)
class _Cursors:
    """Places in one customer's list, marked so that nobody can make them up."""

    edge: Edge

    def make(self, before: int) -> str:
        """The cursor of the page that begins below this entry."""
        place = before.to_bytes(_SEQUENCE_BYTES)
        return urlsafe_b64encode(place + self._mark(place)).decode()

    def read(self, cursor: str) -> int:
        """Where a page begins; refuses `request.invalid_cursor`."""
        try:
            given = urlsafe_b64decode(cursor.encode("ascii"))
        except ValueError:
            raise InvalidCursor from None
        place, mark = given[:_SEQUENCE_BYTES], given[_SEQUENCE_BYTES:]
        if not hmac.compare_digest(mark, self._mark(place)):
            raise InvalidCursor
        return int.from_bytes(place)

    def _mark(self, place: bytes) -> bytes:
        named = f"{self.edge.customer_id}:{place.hex()}"
        return self.edge.services.sealer.keyed_hash(named, purpose="history.cursor")[:_MARK_BYTES]
