"""Tables of rails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    LargeBinary,
    Sequence,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)

STAN = Sequence("rails_stan", metadata=Base.metadata, minvalue=1, maxvalue=999_999, cycle=True)


class OperationRow(Base):
    """Something asked of the card switch."""

    __tablename__ = "rails_operations"
    __table_args__ = (
        # One business act is asked of the switch once.
        UniqueConstraint("kind", "reference", name="uq_rails_operations_kind_reference"),
        # The switch tells requests apart by these two.
        UniqueConstraint("stan", "transmitted_at", name="uq_rails_operations_stan_transmitted_at"),
        CheckConstraint("kind IN ('top_up', 'withdrawal', 'payment', 'refund')", name="kind_known"),
        CheckConstraint(
            "state IN ('intended', 'sent', 'unknown', 'reversing',"
            " 'approved', 'declined', 'reversed')",
            name="state_known",
        ),
        CheckConstraint("amount BETWEEN 1 AND 999999999999", name="amount_fits"),
        CheckConstraint("stan BETWEEN 1 AND 999999", name="stan_fits"),
        # Every sending of a reversal carries the same key: known before the first.
        CheckConstraint(
            "(reversal_stan IS NULL) = (reversal_at IS NULL) AND"
            " (state NOT IN ('reversing', 'reversed') OR reversal_stan IS NOT NULL)",
            name="reversal_named",
        ),
        # What is not final has a time to go on; what is final is never touched again.
        CheckConstraint("(finished_at IS NULL) = (due_at IS NOT NULL)", name="open_is_due"),
        CheckConstraint(
            "(state IN ('approved', 'declined', 'reversed')) = (finished_at IS NOT NULL)",
            name="final_has_time",
        ),
        # The card number is kept only while it may have to be sent again.
        CheckConstraint("(finished_at IS NULL) = (pan_sealed IS NOT NULL)", name="pan_while_open"),
        # What is given to a card may be spent at once: it is asked again, never reversed.
        CheckConstraint(
            "kind NOT IN ('withdrawal', 'refund') OR state NOT IN ('reversing', 'reversed')",
            name="given_not_reversed",
        ),
        Index(
            "ix_rails_operations_instrument",
            "instrument",
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index("ix_rails_operations_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    holder: Mapped[UUID]
    reference: Mapped[UUID]
    instrument: Mapped[UUID]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    pan_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    acceptor: Mapped[str]
    mcc: Mapped[str]
    stan: Mapped[int]
    transmitted_at: Mapped[datetime] = mapped_column(_INSTANT)
    began_at: Mapped[datetime] = mapped_column(_INSTANT)
    final_by: Mapped[datetime] = mapped_column(_INSTANT)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    response_code: Mapped[str | None]
    approval_code: Mapped[str | None]
    late_code: Mapped[str | None]
    reversal_stan: Mapped[int | None]
    reversal_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    finished_at: Mapped[datetime | None] = mapped_column(_INSTANT)
