"""Laws of the ledger: whatever is asked of it, money is neither minted nor burned.

An independent model, a few dictionaries, is told the same as the book; and the same commands
end the same whether each is decided in a book of its own or a set of them shares one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from factories.ledger import NOON, a_hold_id, a_transfer, as_posted, fen
from tael.kernel import ids
from tael.kernel.money import CNY
from tael.kernel.refusals import Refusal
from tael.ledger import AccountNumber, Book, HoldId, MovementId, PostedMovement
from tael.ledger.book import BookAccount, BookHold
from tael.ledger.states import HoldState

WORLD = AccountNumber(0)
ACCOUNTS = [AccountNumber(number) for number in range(1, 5)]


@dataclass(frozen=True)
class Post:
    payer: AccountNumber
    payee: AccountNumber
    amount: int


@dataclass(frozen=True)
class Hold:
    payer: AccountNumber
    payee: AccountNumber
    amount: int
    life_s: int


@dataclass(frozen=True)
class Capture:
    which: int
    amount: int | None
    final: bool


@dataclass(frozen=True)
class Void:
    which: int


@dataclass(frozen=True)
class Reverse:
    which: int


@dataclass(frozen=True)
class Wait:
    seconds: int


Command: TypeAlias = Post | Hold | Capture | Void | Reverse | Wait

pairs = st.tuples(st.sampled_from([WORLD, *ACCOUNTS]), st.sampled_from([WORLD, *ACCOUNTS])).filter(
    lambda pair: pair[0] != pair[1]
)
amounts = st.integers(1, 500)
commands = st.lists(
    st.one_of(
        st.builds(lambda pair, amount: Post(pair[0], pair[1], amount), pairs, amounts),
        st.builds(
            lambda pair, amount, life_s: Hold(pair[0], pair[1], amount, life_s),
            pairs,
            amounts,
            st.integers(1, 5),
        ),
        st.builds(Capture, st.integers(0, 5), st.none() | amounts, st.booleans()),
        st.builds(Reverse, st.integers(0, 5)),
        st.builds(Void, st.integers(0, 5)),
        st.builds(Wait, st.integers(1, 3)),
    ),
    max_size=40,
)


@dataclass
class Promise:
    """A hold as the model knows it."""

    payer: AccountNumber
    payee: AccountNumber
    amount: int
    ends: int
    alive: bool = True
    taken: int = 0
    state: str = "pending"


@dataclass
class Model:
    """What a ledger is, told in the plainest way."""

    balance: dict[AccountNumber, int] = field(
        default_factory=lambda: dict.fromkeys([WORLD, *ACCOUNTS], 0)
    )
    promises: list[Promise] = field(default_factory=list)
    moves: list[tuple[AccountNumber, AccountNumber, int]] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)
    second: int = 0

    def held(self, number: AccountNumber) -> int:
        return sum(
            promise.amount - promise.taken
            for promise in self.promises
            if promise.payer == number and promise.alive and promise.ends > self.second
        )

    def spendable(self, number: AccountNumber, amount: int) -> bool:
        return number == WORLD or self.balance[number] - self.held(number) >= amount

    def move(self, payer: AccountNumber, payee: AccountNumber, amount: int) -> None:
        self.balance[payer] -= amount
        self.balance[payee] += amount

    def tell(self, command: Command) -> str:
        match command:
            case Wait(seconds):
                self.second += seconds
            case Post(payer, payee, amount) | Hold(payer, payee, amount) if not self.spendable(
                payer, amount
            ):
                return "ledger.insufficient_funds"
            case Post(payer, payee, amount):
                self.move(payer, payee, amount)
                self.moves.append((payer, payee, amount))
            case Reverse(which):
                return self.undo(which)
            case Hold(payer, payee, amount, life_s):
                self.promises.append(Promise(payer, payee, amount, self.second + life_s))
            case Capture(which) | Void(which):
                return self.end(which, command)
        return "ok"

    def end(self, which: int, command: Capture | Void) -> str:
        if which >= len(self.promises) or not self.promises[which].alive:
            return "ledger.hold_not_open"
        promise = self.promises[which]
        if promise.ends <= self.second:
            return "ledger.hold_expired"
        left = promise.amount - promise.taken
        if isinstance(command, Capture):
            taken = left if command.amount is None else command.amount
            if taken > left:
                return "ledger.capture_exceeds_hold"
            self.move(promise.payer, promise.payee, taken)
            promise.taken += taken
            promise.alive = taken < left and not command.final
        else:
            promise.alive = False
        if not promise.alive:
            promise.state = "posted" if promise.taken else "voided"
        return "ok"

    def undo(self, which: int) -> str:
        if which >= len(self.moves):
            return "ledger.movement_not_found"
        if which in self.undone:
            return "ledger.already_reversed"
        payer, payee, amount = self.moves[which]
        if not self.spendable(payee, amount):
            return "ledger.insufficient_funds"
        self.undone.add(which)
        self.move(payee, payer, amount)
        return "ok"

    def states(self) -> list[tuple[str, int]]:
        return [
            ("expired" if one.alive and one.ends <= self.second else one.state, one.taken)
            for one in self.promises
        ]


@dataclass
class Ledger:
    """Books in memory, kept from one set of commands to the next as the tables keep them."""

    accounts: dict[AccountNumber, tuple[int, int, int]] = field(
        default_factory=lambda: dict.fromkeys([WORLD, *ACCOUNTS], (0, 0, 0))
    )
    holds: dict[HoldId, BookHold] = field(default_factory=dict)
    order: list[HoldId] = field(default_factory=list)
    posted: list[PostedMovement] = field(default_factory=list)
    second: int = 0

    def tell(self, told: Sequence[Command]) -> list[str]:
        """Decide a set in one book; time stands still inside it."""
        now = NOON + timedelta(seconds=self.second)
        book = Book(
            CNY,
            now,
            [
                BookAccount(number, None if number == WORLD else 0, *figures, False)
                for number, figures in self.accounts.items()
            ],
            self.holds.values(),
        )
        book.release_due()
        outcomes = [self._act(book, command) for command in told]
        book.assert_balanced()
        for number, account in book.accounts.items():
            self.accounts[number] = (account.balance, account.held, account.postings)
            assert account.floor is None or account.balance - account.held >= account.floor
        self.holds = dict(book.holds)
        self.posted = [
            movement._replace(reversed_by=book.reversals.get(movement.id, movement.reversed_by))
            for movement in self.posted
        ]
        return outcomes

    def _act(self, book: Book, command: Command) -> str:
        match command:
            case Post(payer, payee, amount):
                refusal = book.refuses_debit(payer, fen(amount))
                if refusal is None:
                    movement = a_transfer(payer, payee, amount, at=book.now)
                    book.post(movement)
                    self.posted.append(as_posted(movement))
            case Hold(payer, payee, amount, life_s):
                refusal = book.refuses_debit(payer, fen(amount))
                if refusal is None:
                    made = a_hold_id()
                    self.order.append(made)
                    book.hold(
                        made,
                        account=payer,
                        to=payee,
                        amount=fen(amount),
                        expires_at=book.now + timedelta(seconds=life_s),
                        reference=ids.new_id(),
                    )
            case Capture():
                refusal = self._capture(book, command)
            case Void(which):
                made = self._hold(which)
                refusal = book.refuses_void(made)
                if refusal is None:
                    book.void(made)
            case Reverse(which):
                return self._reverse(book, which)
            case Wait():
                raise AssertionError("time passes between sets")
        return refusal.code if refusal else "ok"

    def _capture(self, book: Book, command: Capture) -> Refusal | None:
        made = self._hold(command.which)
        amount = None if command.amount is None else fen(command.amount)
        refusal = book.refuses_capture(made, amount)
        if refusal is None:
            held = book.holds[made]
            taken = held.left if command.amount is None else command.amount
            transfer = a_transfer(held.account, held.destination, taken, at=book.now)
            book.capture(made, amount, transfer, final=command.final)
        return refusal

    def _reverse(self, book: Book, which: int) -> str:
        if which >= len(self.posted):
            return "ledger.movement_not_found"
        refusal = book.refuses_reversal(self.posted[which])
        if refusal is None:
            book.reverse(self.posted[which], MovementId(ids.new_id()), memo="")
        return refusal.code if refusal else "ok"

    def _hold(self, which: int) -> HoldId:
        return self.order[which] if which < len(self.order) else a_hold_id()


def tell_all(ledger: Ledger, told: Sequence[Command], *, batch: bool) -> list[str]:
    """The outcomes of a story, each command in a book of its own or as many as may share one."""
    outcomes: list[str] = []
    waiting: list[Command] = []
    for command in told:
        if isinstance(command, Wait):
            outcomes += ledger.tell(waiting)
            waiting = []
            ledger.second += command.seconds
            outcomes.append("ok")
            continue
        waiting.append(command)
        if not batch:
            outcomes += ledger.tell(waiting)
            waiting = []
    return outcomes + ledger.tell(waiting)


@given(commands)
def test_the_books_do_what_the_model_says(told: list[Command]) -> None:
    ledger, model = Ledger(), Model()
    assert tell_all(ledger, told, batch=False) == [model.tell(command) for command in told]
    ledger.tell([])
    for number, balance in model.balance.items():
        assert ledger.accounts[number][:2] == (balance, model.held(number))
    holds = [ledger.holds[made] for made in ledger.order]
    assert [(held.state.value, held.captured) for held in holds] == model.states()


@given(commands)
def test_a_set_ends_as_its_commands_alone_would(told: list[Command]) -> None:
    alone, together = Ledger(), Ledger()
    assert tell_all(alone, told, batch=False) == tell_all(together, told, batch=True)
    assert alone.accounts == together.accounts


@given(commands)
def test_money_is_neither_minted_nor_burned(told: list[Command]) -> None:
    ledger = Ledger()
    tell_all(ledger, told, batch=True)
    assert sum(balance for balance, _, _ in ledger.accounts.values()) == 0


@given(commands)
def test_what_an_account_holds_is_the_sum_of_its_pending_holds(told: list[Command]) -> None:
    ledger = Ledger()
    tell_all(ledger, told, batch=True)
    for number, (_, held, _) in ledger.accounts.items():
        pending = [
            hold.left
            for hold in ledger.holds.values()
            if hold.account == number and hold.state is HoldState.PENDING
        ]
        assert held == sum(pending)


@given(commands)
def test_entries_are_numbered_without_gap_and_carry_the_balance(told: list[Command]) -> None:
    book = Book(CNY, NOON, [BookAccount(n, None, 0, 0, 0, False) for n in [WORLD, *ACCOUNTS]])
    for command in told:
        if isinstance(command, Post):
            book.post(a_transfer(command.payer, command.payee, command.amount))
    seen: dict[int, tuple[int, int]] = dict.fromkeys([WORLD, *ACCOUNTS], (0, 0))
    for (
        _,
        _,
        debit,
        credit,
        amount,
        debit_seq,
        credit_seq,
        debit_after,
        credit_after,
    ) in book.posting_rows:
        for number, sequence, after, change in (
            (debit, debit_seq, debit_after, -amount),
            (credit, credit_seq, credit_after, amount),
        ):
            last, balance = seen[number]
            assert (sequence, after) == (last + 1, balance + change)
            seen[number] = (sequence, after)
