"""Tables of payments."""

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


class OrderRow(Base):
    """What a store asks to be paid, once."""

    __tablename__ = "payments_orders"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_payments_orders"),
        ForeignKeyConstraint(
            ["store_id"], ["merchants_stores.id"], name="fk_payments_orders_store_id"
        ),
        # The token in a QR code names one order.
        UniqueConstraint("token", name="uq_payments_orders_token"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("length(description) BETWEEN 1 AND 50", name="description_fits"),
        CheckConstraint("state IN ('open', 'paying', 'paid', 'closed')", name="state_known"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        # An order that is taken says by which payment.
        CheckConstraint(
            "(state IN ('paying', 'paid')) = (payment_id IS NOT NULL)", name="payment_told"
        ),
        CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_told"),
        Index("ix_payments_orders_store_id", "store_id", "created_at"),
    )

    id: Mapped[UUID]
    store_id: Mapped[UUID]
    merchant_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    token: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    payment_id: Mapped[UUID | None]
    paid_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


class PaymentRow(Base):
    """A customer's payment to a store, from the balance or a card."""

    __tablename__ = "payments_payments"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_payments_payments"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("level IN ('B', 'D')", name="level_known"),
        CheckConstraint("(level = 'D') = (order_id IS NULL)", name="level_follows_code"),
        CheckConstraint("state IN ('pending', 'succeeded', 'declined')", name="state_known"),
        CheckConstraint(
            "(funding = 'balance' AND card_id IS NULL AND operation_id IS NULL)"
            " OR (funding = 'card' AND card_id IS NOT NULL AND operation_id IS NOT NULL)",
            name="funding_known",
        ),
        # A payment from the balance posts at once or is refused: it is never in between.
        CheckConstraint("funding = 'card' OR state = 'succeeded'", name="balance_is_final"),
        CheckConstraint("state <> 'pending' OR final_by IS NOT NULL", name="pending_has_deadline"),
        CheckConstraint("(state = 'succeeded') = (settled_at IS NOT NULL)", name="settled_told"),
        CheckConstraint("(state = 'declined') = (decline_code IS NOT NULL)", name="decline_told"),
        # Whatever the code does, one order is never paid twice.
        Index(
            "uq_payments_payments_order_paid_once",
            "order_id",
            unique=True,
            postgresql_where=text("order_id IS NOT NULL AND state <> 'declined'"),
        ),
        # While an outcome is unknown, the same amount to the same payee waits.
        Index(
            "uq_payments_payments_one_pending_alike",
            "payer_id",
            "store_id",
            "amount_minor",
            unique=True,
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "uq_payments_payments_operation_once",
            "operation_id",
            unique=True,
            postgresql_where=text("operation_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID]
    payer_id: Mapped[UUID]
    store_id: Mapped[UUID]
    merchant_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    level: Mapped[str] = mapped_column(Text)
    funding: Mapped[str] = mapped_column(Text)
    card_id: Mapped[UUID | None]
    operation_id: Mapped[UUID | None]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    movement_id: Mapped[UUID]
    final_by: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    decline_code: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    settled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
