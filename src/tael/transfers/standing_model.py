"""Tables of standing orders."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base


class StandingOrderRow(Base):
    """What a customer authorised to be sent later, once or again and again."""

    __tablename__ = "transfers_standing_orders"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_transfers_standing_orders"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("payer_id <> payee_id", name="two_persons"),
        CheckConstraint("length(memo) <= 50", name="memo_fits"),
        CheckConstraint("every IN ('once', 'week', 'month')", name="every_known"),
        CheckConstraint(
            "state IN ('active', 'finished', 'cancelled', 'ended')", name="state_known"
        ),
        CheckConstraint("last_on >= first_on", name="days_in_order"),
        CheckConstraint("(state = 'active') = (next_on IS NOT NULL)", name="active_has_next"),
        CheckConstraint("(state = 'active') = (ended_at IS NULL)", name="end_has_time"),
        Index("ix_transfers_standing_orders_payer_id", "payer_id", "created_at"),
        Index(
            "ix_transfers_standing_orders_due", "next_on", postgresql_where=text("state = 'active'")
        ),
        Index(
            "ix_transfers_standing_orders_payee_id",
            "payee_id",
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[UUID]
    payer_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    memo: Mapped[str] = mapped_column(Text)
    every: Mapped[str] = mapped_column(Text)
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(Text)
    next_on: Mapped[date | None]
    retry_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class StandingRunRow(Base):
    """How one day of a standing order ended; never changed."""

    __tablename__ = "transfers_standing_runs"
    __table_args__ = (
        # A day is run once, whatever the clock and the workers do.
        PrimaryKeyConstraint("order_id", "due_on", name="pk_transfers_standing_runs"),
        ForeignKeyConstraint(
            ["order_id"],
            ["transfers_standing_orders.id"],
            name="fk_transfers_standing_runs_order_id",
        ),
        CheckConstraint("state IN ('sent', 'failed')", name="state_known"),
        CheckConstraint("(state = 'sent') = (transfer_id IS NOT NULL)", name="sent_names_transfer"),
        CheckConstraint("(state = 'failed') = (refusal IS NOT NULL)", name="failed_tells_why"),
    )

    order_id: Mapped[UUID]
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)
    transfer_id: Mapped[UUID | None]
    movement_id: Mapped[UUID | None]
    refusal: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
