"""The book: locked accounts of one currency, and what a set of commands does to them.

`service.lock` fills it and `service.write` writes it. In between it is plain memory that
one transaction owns: commands are decided in order against what earlier ones left, so a
set of commands ends as the same commands alone would.

Inside, amounts are plain minor units of the book's one currency: this is the hot path, and
a `Money` for each of them would cost as much as all the rest.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from tael.kernel.clock import business_day
from tael.kernel.money import Currency, Money
from tael.kernel.refusals import Refusal
from tael.ledger import rules
from tael.ledger.chart import AccountNumber
from tael.ledger.errors import (
    AccountClosed,
    AlreadyReversed,
    CaptureExceedsHold,
    HoldNotOpen,
    InsufficientFunds,
    ReversalStands,
)
from tael.ledger.movements import HoldId, Movement, MovementId, PostedMovement, Posting
from tael.ledger.states import HoldState, MovementKind

NEVER: Final = datetime.fromtimestamp(0, UTC)
"""When an account without entries was posted to last."""


class BookAccount:
    """A locked account as the commands so far leave it."""

    __slots__ = (
        "balance",
        "closed",
        "floor",
        "held",
        "number",
        "posted_at",
        "postings",
        "read_postings",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - the columns of the locking statement
        self,
        number: AccountNumber,
        floor: int | None,
        balance: int,
        held: int,
        postings: int,
        closed: bool,  # noqa: FBT001 - the order of the locking statement's columns
        posted_at: datetime = NEVER,
    ) -> None:
        self.number = number
        self.floor = floor
        self.balance = balance
        self.held = held
        self.postings = postings
        self.read_postings = postings
        self.closed = closed
        self.posted_at = posted_at


class BookHold:
    """A locked or new hold as the commands so far leave it."""

    __slots__ = (
        "account",
        "amount",
        "captured",
        "destination",
        "expires_at",
        "id",
        "is_new",
        "reference",
        "state",
    )

    def __init__(
        self,
        hold_id: HoldId,
        account: AccountNumber,
        destination: AccountNumber,
        amount: int,
        expires_at: datetime,
        reference: UUID,
    ) -> None:
        self.id = hold_id
        self.account = account
        self.destination = destination
        self.amount = amount
        self.expires_at = expires_at
        self.reference = reference
        self.state = HoldState.PENDING
        self.captured = 0
        self.is_new = False

    @property
    def left(self) -> int:
        """What can still be taken of it."""
        return self.amount - self.captured


MovementRow = tuple[MovementId, str, UUID, str, str, str, date, MovementId | None]
PostingRow = tuple[MovementId, int, int, int, int, int, int, int, int]
CaptureRow = tuple[MovementId, HoldId, int]


class Book:
    """Locked accounts and holds of one currency, and the entries to be written.

    Invariants, asserted: amounts are positive, both sides of a posting are open accounts of
    this book, no account ends a movement below its floor, the sum over all accounts never
    changes. A caller asks `refuses_debit` before it posts or holds; a post that would break
    a floor is a bug and raises `AssertionError`, which fails the transaction.
    """

    def __init__(
        self,
        currency: Currency,
        now: datetime,
        accounts: Iterable[BookAccount],
        holds: Iterable[BookHold] = (),
    ) -> None:
        self.currency = currency
        self.now = now
        self.today = business_day(now)
        self.accounts = {account.number: account for account in accounts}
        self.holds = {hold.id: hold for hold in holds}
        self.read_sum = sum(account.balance for account in self.accounts.values())
        self.movement_rows: list[MovementRow] = []
        self.posting_rows: list[PostingRow] = []
        self.capture_rows: list[CaptureRow] = []
        self.reversals: dict[MovementId, MovementId] = {}
        self.dated: dict[MovementId, date] = {}
        """The movements that count from another day than the book's."""
        self.touched: set[AccountNumber] = set()
        self.changed_holds: dict[HoldId, BookHold] = {}
        self.written = False

    def balance(self, number: AccountNumber) -> Money:
        """Credits less debits, held money included."""
        return Money(self.accounts[number].balance, self.currency)

    def held(self, number: AccountNumber) -> Money:
        """The part of the balance that pending holds set aside."""
        return Money(self.accounts[number].held, self.currency)

    def available(self, number: AccountNumber) -> Money:
        """The part of the balance that can be spent."""
        account = self.accounts[number]
        return Money(account.balance - account.held, self.currency)

    def refuses_debit(self, number: AccountNumber, amount: Money) -> Refusal | None:
        """Why `amount` cannot be taken (or held) from this account now, if it cannot."""
        assert amount.currency is self.currency or amount.currency == self.currency
        account = self.accounts[number]
        if account.closed:
            return AccountClosed()
        short_by = rules.short_by_minor(
            available=account.balance - account.held, floor=account.floor, amount=amount.minor
        )
        if short_by:
            return InsufficientFunds(short_by=Money(short_by, self.currency))
        return None

    def refuses_credit(self, number: AccountNumber) -> Refusal | None:
        """Why nothing can be paid into this account, if so."""
        return AccountClosed() if self.accounts[number].closed else None

    def post(self, movement: Movement) -> None:
        """Move the money of one business act between accounts of this book, at its time."""
        assert movement.at == self.now, "a book is of one instant"
        accounts = self.accounts
        currency = self.currency
        identity = movement.id
        line = 0
        for posting in movement.postings:
            money = posting.amount
            assert money.currency is currency or money.currency == currency
            amount = money.minor
            assert amount > 0, f"a posting moves a positive amount, not {amount}"
            debit = accounts[posting.debit]
            credit = accounts[posting.credit]
            assert debit is not credit, "a posting has two accounts"
            assert not debit.closed, "nothing leaves a closed account"
            assert not credit.closed, "nothing enters a closed account"
            line += 1
            debit.balance -= amount
            debit.postings += 1
            credit.balance += amount
            credit.postings += 1
            self.posting_rows.append(
                (
                    identity,
                    line,
                    debit.number,
                    credit.number,
                    amount,
                    debit.postings,
                    credit.postings,
                    debit.balance,
                    credit.balance,
                )
            )
            self.touched.add(debit.number)
            self.touched.add(credit.number)
        assert line, "a movement has postings"
        for posting in movement.postings:
            debit = accounts[posting.debit]
            assert debit.floor is None or debit.balance - debit.held >= debit.floor, (
                f"account {debit.number} would fall below its floor: the caller did not ask"
            )
        self.movement_rows.append(
            (
                identity,
                movement.kind,
                movement.reference,
                movement.payer_label,
                movement.payee_label,
                movement.memo,
                movement.effective_on or self.today,
                movement.reverses,
            )
        )
        if movement.effective_on is not None and movement.effective_on != self.today:
            self.dated[identity] = movement.effective_on
        if movement.reverses is not None:
            assert movement.reverses not in self.reversals, "a movement is undone once"
            self.reversals[movement.reverses] = identity

    def hold(
        self,
        hold_id: HoldId,
        *,
        account: AccountNumber,
        to: AccountNumber,
        amount: Money,
        expires_at: datetime,
        reference: UUID,
    ) -> None:
        """Set money of `account` aside for `to` until captured, voided or `expires_at`."""
        assert amount.currency == self.currency
        assert amount.minor > 0, "a hold sets a positive amount aside"
        assert account != to, "a hold has two accounts"
        assert expires_at > self.now, "a hold lives for some time"
        assert hold_id not in self.holds, "a hold is made once"
        assert not self.accounts[to].closed, "a hold is for an open account"
        assert self.refuses_debit(account, amount) is None, "the caller did not ask"
        made = BookHold(hold_id, account, to, amount.minor, expires_at, reference)
        made.is_new = True
        self.holds[hold_id] = made
        self.changed_holds[hold_id] = made
        self.accounts[account].held += amount.minor
        self.touched.add(account)

    def refuses_capture(self, hold_id: HoldId, amount: Money | None = None) -> Refusal | None:
        """Why this much (or all that is left, without an amount) cannot be captured."""
        refusal = self.refuses_void(hold_id)
        if refusal is not None:
            return refusal
        held = self.holds[hold_id]
        if amount is not None:
            assert amount.currency == self.currency
            excess = rules.exceeds_hold_by_minor(left=held.left, capture=amount.minor)
            if excess:
                return CaptureExceedsHold(exceeds_by=Money(excess, self.currency))
        if self.accounts[held.account].closed or self.accounts[held.destination].closed:
            return AccountClosed()
        return None

    def capture(
        self, hold_id: HoldId, amount: Money | None, movement: Movement, *, final: bool
    ) -> None:
        """Take what is left of the held money, or `amount` of it, by `movement`.

        What is left after that stays held for further captures, unless this is the `final`
        one, which releases it. The movement's first posting takes exactly what is captured from
        the hold's account to its destination. Raises what `refuses_capture` tells; then
        nothing changed.
        """
        refusal = self.refuses_capture(hold_id, amount)
        if refusal is not None:
            raise refusal
        held = self.holds[hold_id]
        taken = held.left if amount is None else amount.minor
        first = movement.postings[0]
        assert (first.debit, first.credit) == (held.account, held.destination)
        assert first.amount.minor == taken
        self._release(held, taken)
        held.captured += taken
        if final or not held.left:
            self._end(held, HoldState.POSTED)
        self.capture_rows.append((movement.id, hold_id, taken))
        self.post(movement)

    def refuses_void(self, hold_id: HoldId) -> Refusal | None:
        """Why this hold cannot be given up any more, if it cannot."""
        held = self.holds.get(hold_id)
        if held is None:
            return HoldNotOpen(state="unknown")
        return rules.refuses_end(held.state, held.expires_at, self.now)

    def void(self, hold_id: HoldId) -> None:
        """Give up what is left of the hold. Raises what `refuses_void` tells.

        What was captured of it before stays captured.
        """
        refusal = self.refuses_void(hold_id)
        if refusal is not None:
            raise refusal
        held = self.holds[hold_id]
        self._end(held, rules.ended_by_void(held.captured))

    def release_due(self) -> int:
        """Expire every hold of this book that is past its deadline; tell how many were."""
        due = [h for h in self.holds.values() if rules.is_due(h.state, h.expires_at, self.now)]
        for held in due:
            self._end(held, HoldState.EXPIRED)
        return len(due)

    def refuses_reversal(self, original: PostedMovement) -> Refusal | None:
        """Why this movement, as it was read under the lock of its accounts, cannot be undone."""
        assert original.currency == self.currency
        if original.reversed_by is not None or original.id in self.reversals:
            return AlreadyReversed()
        if original.reverses is not None:
            return ReversalStands()
        changes: dict[AccountNumber, int] = {}
        for posting in original.postings:
            amount = posting.amount.minor
            changes[posting.debit] = changes.get(posting.debit, 0) + amount
            changes[posting.credit] = changes.get(posting.credit, 0) - amount
        for number, change in changes.items():
            refusal = self.refuses_credit(number)
            if refusal is None and change < 0:
                refusal = self.refuses_debit(number, Money(-change, self.currency))
            if refusal is not None:
                return refusal
        return None

    def reverse(
        self,
        original: PostedMovement,
        movement_id: MovementId,
        *,
        memo: str,
        effective_on: date | None = None,
    ) -> Movement:
        """Post the opposite of every line of a movement, last line first.

        Nothing is edited: both movements stay, and the second names the first. What a hold
        had set aside before it was captured is not set aside again. Raises what
        `refuses_reversal` tells; then nothing changed.
        """
        refusal = self.refuses_reversal(original)
        if refusal is not None:
            raise refusal
        opposite = Movement(
            id=movement_id,
            kind=MovementKind.REVERSAL,
            postings=tuple(
                Posting(posting.credit, posting.debit, posting.amount)
                for posting in reversed(original.postings)
            ),
            reference=original.reference,
            payer_label=original.payee_label,
            payee_label=original.payer_label,
            memo=memo,
            at=self.now,
            effective_on=effective_on,
            reverses=original.id,
        )
        self.post(opposite)
        return opposite

    def assert_balanced(self) -> None:
        """The sum over the book's accounts is what was read: nothing was minted or burned."""
        total = sum(account.balance for account in self.accounts.values())
        assert total == self.read_sum, f"the book's sum moved from {self.read_sum} to {total}"

    def _end(self, held: BookHold, state: HoldState) -> None:
        self._release(held, held.left)
        held.state = state

    def _release(self, held: BookHold, amount: int) -> None:
        account = self.accounts[held.account]
        account.held -= amount
        assert account.held >= 0, f"account {account.number} holds less than nothing"
        self.touched.add(account.number)
        self.changed_holds[held.id] = held
