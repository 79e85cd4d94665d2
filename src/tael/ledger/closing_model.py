"""The ledger's tables of time: displaced entries, closed days, detached months."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)
_MONTH = "ledger_partition_closes.month"


class DisplacedRow(Base):
    """Entries of one book in one account that count at another time than their place tells."""

    __tablename__ = "ledger_displaced"
    __table_args__ = (
        CheckConstraint("first_seq BETWEEN 1 AND last_seq", name="run"),
        Index("ix_ledger_displaced_at", "at"),
    )

    currency: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    first_seq: Mapped[int] = mapped_column(BigInteger)
    last_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    effective_on: Mapped[date] = mapped_column(primary_key=True)
    effective_from: Mapped[datetime] = mapped_column(_INSTANT)
    at: Mapped[datetime] = mapped_column(_INSTANT)
    change: Mapped[int] = mapped_column(BigInteger)
    preceded_at: Mapped[datetime] = mapped_column(_INSTANT)


class DayCloseRow(Base):
    """A closed day, as it was known at its closing."""

    __tablename__ = "ledger_day_closes"
    __table_args__ = (
        CheckConstraint("(closed_at AT TIME ZONE 'Asia/Shanghai')::date > day", name="over"),
        CheckConstraint("movements >= 0 AND late >= 0 AND differences >= 0", name="counts"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(_INSTANT)
    movements: Mapped[int] = mapped_column(BigInteger)
    late: Mapped[int] = mapped_column(BigInteger)
    differences: Mapped[int]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)


class PartitionCloseRow(Base):
    """A month whose entries were written to a file and detached."""

    __tablename__ = "ledger_partition_closes"
    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("lower_id < upper_id", name="bounds"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
    )

    month: Mapped[date] = mapped_column(primary_key=True)
    lower_id: Mapped[UUID]
    upper_id: Mapped[UUID]
    movements: Mapped[int] = mapped_column(BigInteger)
    postings: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    closed_at: Mapped[datetime] = mapped_column(_INSTANT)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    manifest: Mapped[str]
    signature: Mapped[str | None]
    detached_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class ClosingRow(Base):
    """An account's balance after all that has left with the months up to this one."""

    __tablename__ = "ledger_closings"
    __table_args__ = (CheckConstraint("postings > 0", name="postings"),)

    currency: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(ForeignKey(_MONTH), primary_key=True)
    postings: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)
    posted_at: Mapped[datetime] = mapped_column(_INSTANT)


class ClosingStrayRow(Base):
    """An entry that left although earlier ones of its account stay."""

    __tablename__ = "ledger_closing_strays"

    currency: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(ForeignKey(_MONTH))
    movement_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(_INSTANT)
    effective_from: Mapped[datetime] = mapped_column(_INSTANT)
    change: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)
