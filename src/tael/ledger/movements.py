"""What is written: postings, in movements of one business act."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from tael.kernel.money import Money
from tael.ledger.chart import AccountNumber
from tael.ledger.states import MovementKind

MovementId = NewType("MovementId", UUID)
HoldId = NewType("HoldId", UUID)


@dataclass(frozen=True, slots=True)
class Posting:
    """One amount from one account to another: it cannot be unbalanced."""

    debit: AccountNumber
    credit: AccountNumber
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """The postings of one business act: all of them or none.

    `payer_label` is how the payee sees the payer and `payee_label` how the payer sees the
    payee: the history of each side shows the other. `reference` names the act (a payment,
    a transfer) in the module that made it. `at` is business time: its book's `now`.
    """

    id: MovementId
    kind: MovementKind
    postings: tuple[Posting, ...]
    reference: UUID
    payer_label: str
    payee_label: str
    memo: str
    at: datetime
