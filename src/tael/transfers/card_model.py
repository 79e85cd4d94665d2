"""Table of top-ups and withdrawals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class CardTransferRow(Base):
    """Money on its way between a bank card and a wallet."""

    __tablename__ = "transfers_card_transfers"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_transfers_card_transfers"),
        # One operation at the switch is one top-up or withdrawal.
        UniqueConstraint("operation_id", name="uq_transfers_card_transfers_operation_id"),
        CheckConstraint("kind IN ('top_up', 'withdrawal')", name="kind_known"),
        CheckConstraint(
            "state IN ('pending', 'succeeded', 'declined', 'reversed')", name="state_known"
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="end_has_time"),
        # Money moved exactly when it succeeded.
        CheckConstraint("(state = 'succeeded') = (movement_id IS NOT NULL)", name="success_moved"),
        # What may leave is set aside before the card's bank is asked.
        CheckConstraint("(kind = 'withdrawal') = (hold_id IS NOT NULL)", name="withdrawal_held"),
        # A second one like it waits until the first is certain.
        Index(
            "uq_transfers_card_transfers_pending",
            "customer_id",
            "kind",
            "card_id",
            "currency",
            "amount_minor",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    card_id: Mapped[UUID]
    card_label: Mapped[str] = mapped_column(Text)
    operation_id: Mapped[UUID]
    hold_id: Mapped[UUID | None]
    movement_id: Mapped[UUID | None]
    response_code: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
