"""What is written: postings, in movements of one business act.

Named tuples, because a frozen dataclass takes four times as long to make, and every payment
makes both.
"""

from datetime import date, datetime
from typing import NamedTuple, NewType
from uuid import UUID

from tael.kernel.money import Currency, Money
from tael.ledger.chart import AccountNumber
from tael.ledger.states import MovementKind

MovementId = NewType("MovementId", UUID)
HoldId = NewType("HoldId", UUID)


class Posting(NamedTuple):
    """One amount from one account to another: it cannot be unbalanced."""

    debit: AccountNumber
    credit: AccountNumber
    amount: Money


class Movement(NamedTuple):
    """The postings of one business act: all of them or none.

    `payer_label` is how the payee sees the payer and `payee_label` how the payer sees the
    payee: the history of each side shows the other. `reference` names the act (a payment,
    a transfer) in the module that made it. `at` is business time: its book's `now`.
    `effective_on` is the day that it counts for, its business day unless told; `reverses` the
    movement that it undoes.
    """

    id: MovementId
    kind: MovementKind
    postings: tuple[Posting, ...]
    reference: UUID
    payer_label: str
    payee_label: str
    memo: str
    at: datetime
    effective_on: date | None = None
    reverses: MovementId | None = None


class PostedMovement(NamedTuple):
    """A movement as it stands in the books; all its postings are of one currency."""

    id: MovementId
    kind: MovementKind
    currency: Currency
    postings: tuple[Posting, ...]
    reference: UUID
    payer_label: str
    payee_label: str
    memo: str
    at: datetime
    effective_on: date
    reverses: MovementId | None
    reversed_by: MovementId | None
