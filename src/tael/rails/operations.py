"""An operation as it stands in its table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

from tael.kernel.currencies import currency
from tael.kernel.database import Row
from tael.kernel.money import Money
from tael.rails.states import FINAL, OperationKind, OperationState

OperationId = NewType("OperationId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something asked of the card switch, and how far it has come."""

    id: OperationId
    kind: OperationKind
    state: OperationState
    holder: UUID
    reference: UUID
    """The business act that it serves."""
    amount: Money
    acceptor: str
    mcc: str
    stan: int
    transmitted_at: datetime
    began_at: datetime
    final_by: datetime
    """By when the outcome is certain, as far as we can promise."""
    attempts: int
    response_code: str | None
    reversal_stan: int | None
    reversal_at: datetime | None

    @property
    def is_final(self) -> bool:
        """Whether the outcome is certain."""
        return self.state in FINAL


COLUMNS: Final = """
    id, kind, state, holder, reference, currency, amount, acceptor, mcc, stan, transmitted_at,
    began_at, final_by, attempts, response_code, reversal_stan, reversal_at
"""


def of_row(row: Row) -> Operation:
    """The operation in a row of `COLUMNS`."""
    return Operation(
        id=OperationId(row["id"]),
        kind=OperationKind(row["kind"]),
        state=OperationState(row["state"]),
        holder=row["holder"],
        reference=row["reference"],
        amount=Money(row["amount"], currency(row["currency"])),
        acceptor=row["acceptor"],
        mcc=row["mcc"],
        stan=row["stan"],
        transmitted_at=row["transmitted_at"],
        began_at=row["began_at"],
        final_by=row["final_by"],
        attempts=row["attempts"],
        response_code=row["response_code"],
        reversal_stan=row["reversal_stan"],
        reversal_at=row["reversal_at"],
    )
