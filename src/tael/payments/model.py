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
        CheckConstraint(
            "state IN ('open', 'paying', 'held', 'paid', 'closed')", name="state_known"
        ),
        CheckConstraint("capture IN ('automatic', 'manual')", name="capture_known"),
        CheckConstraint("state <> 'held' OR capture = 'manual'", name="held_by_hand"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        # An order that is taken says by which payment; one that ended without a capture, too.
        CheckConstraint(
            "CASE state WHEN 'open' THEN payment_id IS NULL"
            " WHEN 'closed' THEN payment_id IS NULL OR capture = 'manual'"
            " ELSE payment_id IS NOT NULL END",
            name="payment_told",
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
    capture: Mapped[str] = mapped_column(Text, server_default=text("'automatic'"))


class PaymentRow(Base):
    """A customer's payment to a store, from the balance or a card."""

    __tablename__ = "payments_payments"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_payments_payments"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("level IN ('B', 'D')", name="level_known"),
        CheckConstraint("(level = 'D') = (order_id IS NULL)", name="level_follows_code"),
        CheckConstraint(
            "state IN ('pending', 'held', 'succeeded', 'declined', 'voided', 'expired',"
            " 'reversed')",
            name="state_known",
        ),
        CheckConstraint(
            "(funding = 'balance' AND card_id IS NULL AND operation_id IS NULL)"
            " OR (funding = 'card' AND card_id IS NOT NULL AND operation_id IS NOT NULL)",
            name="funding_known",
        ),
        # A payment from the balance posts or holds at once, or is refused.
        CheckConstraint(
            "funding = 'card' OR state NOT IN ('pending', 'declined')", name="balance_is_final"
        ),
        CheckConstraint("held_until IS NULL OR funding = 'balance'", name="held_from_balance"),
        CheckConstraint(
            "state NOT IN ('held', 'voided', 'expired') OR held_until IS NOT NULL",
            name="held_has_deadline",
        ),
        # What the shop took is within what was held; while it is held, something is left.
        CheckConstraint(
            "CASE WHEN held_until IS NULL OR state IN ('voided', 'expired') THEN captured_minor = 0"
            " WHEN state = 'held' THEN captured_minor BETWEEN 0 AND amount_minor - 1"
            " ELSE captured_minor BETWEEN 1 AND amount_minor END",
            name="captured_fits",
        ),
        CheckConstraint(
            "(movement_id IS NOT NULL) = (held_until IS NULL OR captured_minor > 0)",
            name="movement_told",
        ),
        CheckConstraint("fee_minor BETWEEN 0 AND amount_minor", name="fee_fits"),
        # Whatever the code does, no more is given back than the shop took.
        CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor"
            " <= CASE WHEN held_until IS NULL THEN amount_minor ELSE captured_minor END"
            " AND refunded_fee_minor BETWEEN 0 AND least(fee_minor, refunded_minor)",
            name="refunded_fits",
        ),
        CheckConstraint(
            "refunds >= 0 AND (refunds = 0) = (refunded_minor = 0)", name="refunds_counted"
        ),
        CheckConstraint(
            "refunded_minor = 0 OR state IN ('held', 'succeeded')", name="refunded_when_paid"
        ),
        CheckConstraint("state <> 'pending' OR final_by IS NOT NULL", name="pending_has_deadline"),
        CheckConstraint(
            "(state IN ('succeeded', 'reversed')) = (settled_at IS NOT NULL)", name="settled_told"
        ),
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
        Index(
            "ix_payments_payments_held_until",
            "held_until",
            postgresql_where=text("state = 'held'"),
        ),
        Index(
            "ix_payments_payments_held_payer_id",
            "payer_id",
            postgresql_where=text("state = 'held'"),
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
    movement_id: Mapped[UUID | None]
    final_by: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    decline_code: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    settled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    fee_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    captured_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    refunded_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    refunded_fee_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    refunds: Mapped[int] = mapped_column(server_default=text("0"))
    held_until: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
