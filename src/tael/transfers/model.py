"""Tables of transfers between persons."""

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


class TransferRow(Base):
    """Money that went from one customer to another; never changed."""

    __tablename__ = "transfers_transfers"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_transfers_transfers"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("payer_id <> payee_id", name="two_persons"),
        CheckConstraint("length(memo) <= 50", name="memo_fits"),
    )

    id: Mapped[UUID]
    payer_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    memo: Mapped[str] = mapped_column(Text)
    movement_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))


class PayeeRow(Base):
    """Whom a customer has sent money to, since when, and how much while new."""

    __tablename__ = "transfers_payees"
    __table_args__ = (
        PrimaryKeyConstraint("customer_id", "payee_id", name="pk_transfers_payees"),
        CheckConstraint("first_at <= last_at", name="in_order"),
        CheckConstraint("sent_while_new_minor > 0", name="sent_positive"),
        Index("ix_transfers_payees_recent", "customer_id", text("last_at DESC")),
    )

    customer_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    first_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    last_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    sent_while_new_minor: Mapped[int] = mapped_column(BigInteger)


class ReceiveCodeRow(Base):
    """A personal dynamic code; an amount of zero leaves the amount to the payer."""

    __tablename__ = "transfers_receive_codes"
    __table_args__ = (
        # One live code a customer and amount: a new one takes the place of the old.
        PrimaryKeyConstraint("customer_id", "amount_minor", name="pk_transfers_receive_codes"),
        UniqueConstraint("token", name="uq_transfers_receive_codes_token"),
        CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
        CheckConstraint("length(memo) <= 50", name="memo_fits"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        # Only a code for a fixed amount is used up by one transfer.
        CheckConstraint("used_at IS NULL OR amount_minor > 0", name="used_with_amount"),
        Index("ix_transfers_receive_codes_expires_at", "expires_at"),
    )

    customer_id: Mapped[UUID]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[str] = mapped_column(Text)
    memo: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
