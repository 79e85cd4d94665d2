"""Tables of what follows a sale."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class CaptureRow(Base):
    """What a shop took of a held payment, by one movement."""

    __tablename__ = "payments_captures"
    __table_args__ = (
        PrimaryKeyConstraint("movement_id", name="pk_payments_captures"),
        ForeignKeyConstraint(
            ["payment_id"], ["payments_payments.id"], name="fk_payments_captures_payment_id"
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("ix_payments_captures_payment_id", "payment_id"),
    )

    movement_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class RefundRow(Base):
    """A part of a payment that its shop gave back, and where it went."""

    __tablename__ = "payments_refunds"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_payments_refunds"),
        ForeignKeyConstraint(
            ["payment_id"], ["payments_payments.id"], name="fk_payments_refunds_payment_id"
        ),
        # The parts of a payment are numbered from 1: two at once cannot both be the last.
        UniqueConstraint("payment_id", "part", name="uq_payments_refunds_part"),
        UniqueConstraint("movement_id", name="uq_payments_refunds_movement_id"),
        UniqueConstraint("operation_id", name="uq_payments_refunds_operation_id"),
        CheckConstraint("part > 0", name="part_counted"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("fee_minor BETWEEN 0 AND amount_minor", name="fee_fits"),
        CheckConstraint("length(reason) <= 50", name="reason_fits"),
        CheckConstraint("destination IN ('balance', 'card', 'suspense')", name="destination_known"),
        CheckConstraint("state IN ('pending', 'succeeded')", name="state_known"),
        # Only a card's bank has to be asked.
        CheckConstraint("destination <> 'card' OR operation_id IS NOT NULL", name="card_asked"),
        CheckConstraint("state <> 'pending' OR destination = 'card'", name="pending_to_card"),
        CheckConstraint("(state = 'pending') = (finished_at IS NULL)", name="end_has_time"),
        Index(
            "ix_payments_refunds_pending",
            "payment_id",
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[UUID]
    payment_id: Mapped[UUID]
    part: Mapped[int]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    fee_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    movement_id: Mapped[UUID]
    operation_id: Mapped[UUID | None]
    response_code: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
