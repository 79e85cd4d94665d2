"""Tables of interest."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class ProgressRow(Base):
    """How far the days have been accrued. `after` is the last wallet that is done with `phase`."""

    __tablename__ = "interest_progress"
    __table_args__ = (
        CheckConstraint("singleton", name="singleton"),
        CheckConstraint("phase IN ('accrue', 'revise', 'settle')", name="phase"),
    )

    singleton: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    day: Mapped[date | None]
    phase: Mapped[str] = mapped_column(server_default="accrue")
    after: Mapped[UUID] = mapped_column(server_default="00000000-0000-0000-0000-000000000000")


class AccrualRow(Base):
    """What one day earned one wallet, or what a later look at that day changed."""

    __tablename__ = "interest_accruals"
    __table_args__ = (
        CheckConstraint("units <> 0", name="units"),
        CheckConstraint("revision > 0 OR units > 0", name="first_earns"),
        CheckConstraint("rate_ppm >= 0", name="rate"),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    wallet_class: Mapped[int] = mapped_column(SmallInteger)
    balance_minor: Mapped[int] = mapped_column(BigInteger)
    rate_ppm: Mapped[int]
    units: Mapped[int] = mapped_column(BigInteger)
    known_at: Mapped[datetime] = mapped_column(_INSTANT)


class SettlementRow(Base):
    """What was paid of a wallet's interest, and by which movement."""

    __tablename__ = "interest_settlements"
    __table_args__ = (
        UniqueConstraint("movement_id"),
        CheckConstraint("reason IN ('quarter', 'closing')", name="reason"),
        CheckConstraint("paid_minor > 0", name="paid"),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    settled: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    paid_minor: Mapped[int] = mapped_column(BigInteger)
    movement_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(_INSTANT)
