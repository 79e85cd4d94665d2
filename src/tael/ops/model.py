"""The tables of operations: payouts and their lines."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class PayoutRow(Base):
    """A file of payments from one account of the bank; its lines are in `ops_payout_lines`."""

    __tablename__ = "ops_payouts"
    __table_args__ = (
        CheckConstraint("account < 100000", name="account"),
        CheckConstraint("lines BETWEEN 1 AND 8000", name="lines"),
        CheckConstraint("total > 0", name="total"),
        Index(
            "uq_ops_payouts_paid",
            "digest",
            unique=True,
            postgresql_where=text("paid_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    account: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    lines: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(_INSTANT)
    paid_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class PayoutLineRow(Base):
    """One payment of a payout, and the movement that it became."""

    __tablename__ = "ops_payout_lines"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("line >= 2", name="line"),
    )

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("ops_payouts.id"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    customer_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger)
    memo: Mapped[str]
    movement_id: Mapped[UUID | None]
