"""The kernel's tables."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    Interval,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class BusinessClock(Base):
    """How far the bank's time is ahead of the machine's."""

    __tablename__ = "kernel_business_clock"
    __table_args__ = (
        CheckConstraint("singleton", name="singleton"),
        CheckConstraint("ahead >= interval '0'", name="forward"),
    )

    singleton: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    ahead: Mapped[timedelta] = mapped_column(Interval, server_default=text("interval '0'"))


class IdempotencyKey(Base):
    """A key that was used, and the reply that it got."""

    __tablename__ = "kernel_idempotency"
    __table_args__ = (CheckConstraint("(status IS NULL) = (reply IS NULL)", name="reply_whole"),)

    scope: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[UUID] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_cookies: Mapped[bytes | None] = mapped_column(LargeBinary)
    subject: Mapped[UUID | None]
    leased_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    recorded_at: Mapped[datetime] = mapped_column(_INSTANT)


class OutboxEvent(Base):
    """An event, and its place in the order of all once the sequencer has given it."""

    __tablename__ = "kernel_outbox"
    __table_args__ = (
        Index(
            "uq_kernel_outbox_position",
            "position",
            unique=True,
            postgresql_where=text("position IS NOT NULL"),
        ),
        Index("ix_kernel_outbox_unsequenced", "id", postgresql_where=text("position IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(_INSTANT)
    position: Mapped[int | None] = mapped_column(BigInteger)


class OutboxCursor(Base):
    """How far a subscriber has read."""

    __tablename__ = "kernel_outbox_cursors"

    subscriber: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    retry_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class OutboxDeadLetter(Base):
    """An event that a subscriber could not take after all its tries."""

    __tablename__ = "kernel_outbox_dead_letters"

    subscriber: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    error: Mapped[str]
    parked_at: Mapped[datetime] = mapped_column(_INSTANT)


class RateLimit(Base):
    """How often something was tried in the current window."""

    __tablename__ = "kernel_rate_limits"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    bucket: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    window_number: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)
