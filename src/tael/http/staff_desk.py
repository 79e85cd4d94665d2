"""What staff see: how the bank stands, movements and what is behind them, accounts, acts."""

from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import Field

from tael import customers, identity, ledger, ops, staff
from tael.http.guards import Overseer, StaffAsking, StaffSigned
from tael.http.history import Day
from tael.http.problems import on_the_wire, problems
from tael.http.wire import AMOUNT_MAX, Identifier, Instant, MoneyWire, Text, Wire
from tael.kernel import ids
from tael.kernel.clock import business_day, business_now, machine_now
from tael.kernel.database import ReadSession
from tael.kernel.refusals import MalformedId
from tael.kernel.sealed import Sealer

router: Final = APIRouter(prefix="/staff", tags=["staff"])

PAGE_DEFAULT: Final = 30
NUMBER_MAX: Final = 64
PHONE_DIGITS_MIN: Final = 11
"""Shorter numbers are those of accounts."""
_MOVEMENT: Final = "mov_01j9z3k4m5n6p7q8r9s0t1v2w3"


class BooksLine(Wire):
    """All accounts of one kind and currency together."""

    currency: str
    kind: ledger.AccountKind
    accounts: int
    balance: MoneyWire
    held: MoneyWire


class HeldKind(Wire):
    """What pending holds set aside of one kind of account."""

    kind: ledger.AccountKind
    holds: int
    amount: MoneyWire


class PendingKind(Wire):
    """What the card switch has not finally answered."""

    kind: str = Field(examples=["top_up"])
    state: str = Field(examples=["unknown"])
    operations: int
    amount: MoneyWire
    oldest_at: Instant
    final_by: Instant


class LastClose(Wire):
    """The newest business day that was closed."""

    day: date
    closed_at: Instant
    differences: int


class LogWire(Wire):
    """The transparency log: what it holds, what was published, what still waits."""

    size: int
    root: str
    published_size: int | None
    published_at: Instant | None
    waiting: int
    waiting_since: Instant | None


class TodayBody(Wire):
    """How the bank stands at this moment."""

    business_time: Instant
    machine_time: Instant
    balanced: bool = Field(description="Whether each currency's accounts sum to zero.")
    trial_balance: list[BooksLine]
    held: list[HeldKind]
    pending: list[PendingKind]
    open_approvals: int
    last_close: LastClose | None
    log: LogWire


class MovementRow(Wire):
    """A movement in a list. `amount` is its first posting's, or the account's own side."""

    movement: Identifier = Field(examples=[_MOVEMENT])
    kind: ledger.MovementKind
    payer: str
    payee: str
    memo: str
    at: Instant
    amount: MoneyWire
    postings: int


class MovementsPage(Wire):
    """Newest first."""

    movements: list[MovementRow]
    next: str | None = Field(description="Give it as `before`; null on the last page.")


class MovementsQuery(Wire):
    """By number (`mov_…` or a receipt's), by account, or of a day: today without any."""

    number: Annotated[Text, Field(max_length=NUMBER_MAX)] | None = None
    account: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    day: Day | None = None
    amount: Annotated[int, Field(ge=1, le=AMOUNT_MAX)] | None = Field(
        default=None, description="Minor units, exactly."
    )
    before: Annotated[str, Field(max_length=NUMBER_MAX)] | None = None
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=ledger.PAGE_MAX)


class AccountWire(Wire):
    """An account as staff see it; its holder is masked."""

    currency: str
    number: int
    kind: ledger.AccountKind
    holder: str = Field(description="Masked; empty for the bank's own.", examples=["*小明"])
    balance: MoneyWire
    held: MoneyWire
    closed: bool


class PostingWire(Wire):
    """One line of a movement: `amount` from `debit` to `credit`."""

    debit: AccountWire
    credit: AccountWire
    amount: MoneyWire


class StepWire(Wire):
    """One thing behind a movement."""

    what: str = Field(examples=["payment"])
    id: str | None
    state: str | None
    at: Instant | None
    facts: dict[str, Any]


class TraceBody(Wire):
    """A movement with everything that stands behind it."""

    movement: Identifier = Field(examples=[_MOVEMENT])
    receipt_number: str
    kind: ledger.MovementKind
    payer: str
    payee: str
    memo: str
    at: Instant
    effective_on: date
    reverses: Identifier | None
    reversed_by: Identifier | None
    postings: list[PostingWire]
    steps: list[StepWire]


class AccountsAsked(Wire):
    """An account's number, a holder's phone number or `cus_…`; empty for the bank's own."""

    who: Annotated[Text, Field(max_length=NUMBER_MAX, repr=False)]


class AccountsBody(Wire):
    """The accounts that were found."""

    accounts: list[AccountWire]


class ActWire(Wire):
    """One act of staff, as it was kept."""

    act: staff.StaffAct
    at: Instant
    name: str | None = Field(description="Null: the operator, at the command line.")
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None


class ActsPage(Wire):
    """Newest first."""

    acts: list[ActWire]
    next: Identifier | None


class ActsQuery(Wire):
    """Of everybody about everything, or about one subject."""

    subject: Annotated[str, Field(max_length=NUMBER_MAX)] | None = None
    before: Identifier | None = None
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=staff.ACTS_PAGE_MAX)


@router.get("/today")
async def today(edge: StaffSigned) -> TodayBody:
    """How the bank stands: books, holds, what is pending, approvals, last close, log."""
    async with edge.services.database.snapshot() as session:
        return await _today(session)


async def _today(session: ReadSession) -> TodayBody:
    now = await business_now(session)
    books = await ledger.trial_balance(session)
    sums: dict[str, int] = {}
    for row in books:
        sums[row.currency.code] = sums.get(row.currency.code, 0) + row.balance.minor
    closes = await ledger.day_closes(session, limit=1)
    return TodayBody(
        business_time=now,
        machine_time=machine_now(),
        balanced=not any(sums.values()),
        trial_balance=[
            BooksLine(
                currency=row.currency.code,
                kind=row.kind,
                accounts=row.accounts,
                balance=MoneyWire.of(row.balance),
                held=MoneyWire.of(row.held),
            )
            for row in books
        ],
        held=[
            HeldKind(kind=held.kind, holds=held.holds, amount=MoneyWire.of(held.amount))
            for held in await ledger.held_now(session, now=now)
        ],
        pending=[
            PendingKind(
                kind=each.kind,
                state=each.state,
                operations=each.operations,
                amount=MoneyWire.of(each.amount),
                oldest_at=each.oldest_at,
                final_by=each.final_by,
            )
            for each in await ops.pending_operations(session)
        ],
        open_approvals=await staff.open_approvals(session, now=now),
        last_close=_close(closes[0]) if closes else None,
        log=_log(await ops.log_head(session)),
    )


def _close(closed: ledger.DayClose) -> LastClose:
    return LastClose(day=closed.day, closed_at=closed.closed_at, differences=closed.differences)


def _log(head: ops.LogHead) -> LogWire:
    return LogWire(
        size=head.size,
        root=head.root,
        published_size=head.published_size,
        published_at=head.published_at,
        waiting=head.waiting,
        waiting_since=head.waiting_since,
    )


@router.get("/log")
async def log(edge: StaffSigned) -> LogWire:
    """The transparency log's head, and what is on its way into it."""
    async with edge.services.database.snapshot() as session:
        return _log(await ops.log_head(session))


@router.get("/movements")
async def movements(edge: StaffSigned, query: Annotated[MovementsQuery, Query()]) -> MovementsPage:
    """Movements by number, by account or by day; an amount narrows the latter two."""
    async with edge.services.database.read() as session:
        if query.number:
            return await _by_number(session, query.number)
        if query.account is not None:
            return await _of_account(session, query, ledger.AccountNumber(query.account))
        return await _of_day(session, query)


async def _by_number(session: ReadSession, number: str) -> MovementsPage:
    try:
        found: ledger.MovementId | None = ledger.MovementId(ids.parse("mov", number))
    except MalformedId:
        found = await ledger.movement_by_receipt(session, number.replace(" ", ""))
    if found is None:
        return MovementsPage(movements=[], next=None)
    try:
        posted = await ledger.posted_movement(session, found)
    except ledger.errors.MovementNotFound:
        return MovementsPage(movements=[], next=None)
    row = MovementRow(
        movement=ids.wire("mov", posted.id),
        kind=posted.kind,
        payer=posted.payer_label,
        payee=posted.payee_label,
        memo=posted.memo,
        at=posted.at,
        amount=MoneyWire.of(posted.postings[0].amount),
        postings=len(posted.postings),
    )
    return MovementsPage(movements=[row], next=None)


async def _of_account(
    session: ReadSession, query: MovementsQuery, number: ledger.AccountNumber
) -> MovementsPage:
    filters = ledger.Filters(
        amount_min=query.amount,
        amount_max=query.amount,
        since=ledger.day_starts(query.day) if query.day else None,
        until=ledger.day_starts(query.day + timedelta(days=1)) if query.day else None,
    )
    before = int(query.before) if query.before and query.before.isdecimal() else None
    page = await ledger.statement(
        session, number, filters=filters, before=before, limit=query.limit
    )
    rows = [
        MovementRow(
            movement=ids.wire("mov", entry.movement),
            kind=entry.kind,
            payer=entry.own_label
            if entry.direction is ledger.Direction.OUT
            else entry.counterparty,
            payee=entry.counterparty
            if entry.direction is ledger.Direction.OUT
            else entry.own_label,
            memo=entry.memo,
            at=entry.at,
            amount=MoneyWire.of(entry.amount),
            postings=1,
        )
        for entry in page.entries
    ]
    return MovementsPage(
        movements=rows, next=None if page.next_before is None else str(page.next_before)
    )


def _sides(entry: ledger.Entry) -> tuple[str, str]:
    """Who paid and who was paid, as the two of them see each other."""
    sides = (entry.counterparty, entry.own_label)
    return sides if entry.direction is ledger.Direction.IN else sides[::-1]


async def _of_day(session: ReadSession, query: MovementsQuery) -> MovementsPage:
    day = query.day or business_day(await business_now(session))
    before = ledger.MovementId(ids.parse("mov", query.before)) if query.before else None
    found = await ledger.movements_of_day(
        session, day, amount_minor=query.amount, before=before, limit=query.limit
    )
    rows = [
        MovementRow(
            movement=ids.wire("mov", each.id),
            kind=each.kind,
            payer=each.payer_label,
            payee=each.payee_label,
            memo=each.memo,
            at=each.at,
            amount=MoneyWire.of(each.amount),
            postings=each.postings,
        )
        for each in found
    ]
    full = len(found) == query.limit
    return MovementsPage(movements=rows, next=rows[-1].movement if full else None)


@router.get("/movements/{movement}", responses=problems(ledger.errors.MovementNotFound))
async def trace(edge: StaffSigned, movement: str) -> TraceBody:
    """One movement with its postings, holds, order, payment, rail operation, events, log."""
    movement_id = ledger.MovementId(ids.parse("mov", movement))
    async with edge.services.database.snapshot() as session:
        found = await ops.trace(session, movement_id)
    seen = found.movement
    return TraceBody(
        movement=ids.wire("mov", seen.id),
        receipt_number=ledger.receipt_number(seen.id, seen.at),
        kind=seen.kind,
        payer=seen.payer_label,
        payee=seen.payee_label,
        memo=seen.memo,
        at=seen.at,
        effective_on=seen.effective_on,
        reverses=ids.wire("mov", seen.reverses) if seen.reverses else None,
        reversed_by=ids.wire("mov", seen.reversed_by) if seen.reversed_by else None,
        postings=[_posting(each) for each in found.postings],
        steps=[_step(each) for each in found.steps],
    )


def _posting(posting: ops.TracedPosting) -> PostingWire:
    return PostingWire(
        debit=_account(posting.debit, posting.debit_label),
        credit=_account(posting.credit, posting.credit_label),
        amount=MoneyWire.of(posting.amount),
    )


def _step(step: ops.Step) -> StepWire:
    facts = {name: on_the_wire(value) for name, value in step.facts.items()}
    return StepWire(what=step.what, id=step.id, state=step.state, at=step.at, facts=facts)


def _account(facts: ledger.AccountFacts, holder: str) -> AccountWire:
    return AccountWire(
        currency=facts.currency.code,
        number=facts.number,
        kind=facts.kind,
        holder=holder,
        balance=MoneyWire.of(facts.balance),
        held=MoneyWire.of(facts.held),
        closed=facts.is_closed,
    )


@router.post("/accounts/lookup", responses=problems(identity.PhoneInvalid))
async def find_accounts(edge: StaffAsking, asked: AccountsAsked) -> AccountsBody:
    """Accounts by number or holder, masked; it is a POST so that numbers stand in no address."""
    sealer = edge.services.sealer
    async with edge.services.database.read() as session:
        if not asked.who:
            found = await ledger.own_accounts(session)
        else:
            numbers = await _numbers(session, asked.who, sealer)
            found = list((await ledger.account_facts(session, numbers)).values())
        labels = await ops.holder_labels(session, found)
    return AccountsBody(accounts=[_account(each, labels[each.number]) for each in found])


async def _numbers(session: ReadSession, who: str, sealer: Sealer) -> list[ledger.AccountNumber]:
    """The account that somebody means: by its own number, its holder's id or phone."""
    if who.isascii() and who.isdecimal() and len(who) < PHONE_DIGITS_MIN:
        return [ledger.AccountNumber(int(who))]
    if who.startswith("cus_"):
        customer = ids.parse("cus", who)
    else:
        known = await identity.customer_by_phone(session, who, sealer=sealer)
        if known is None:
            return []
        customer = known
    wallets = await customers.by_ids(session, [customer])
    return [wallet.account_number for wallet in wallets.values()]


@router.get("/acts")
async def acts(edge: Overseer, query: Annotated[ActsQuery, Query()]) -> ActsPage:
    """What staff did: who, what, why, before and after, in which request."""
    before = ids.parse("act", query.before) if query.before else None
    async with edge.services.database.read() as session:
        found = await staff.list_acts(
            session, before=before, subject=query.subject, limit=query.limit
        )
    full = len(found) == query.limit
    return ActsPage(
        acts=[
            ActWire(
                act=each.act,
                at=each.at,
                name=each.name,
                subject=each.subject,
                reason=each.reason,
                before=each.before,
                after=each.after,
                request_id=each.request_id,
            )
            for each in found
        ],
        next=ids.wire("act", found[-1].id) if full else None,
    )
