"""The tables of notifications."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class Message(Base):
    """A message on its way out. Number and text are sealed, and erased when it has ended."""

    __tablename__ = "notifications_messages"
    __table_args__ = (
        CheckConstraint("channel IN ('sms')", name="channel"),
        CheckConstraint("state IN ('queued', 'sent', 'expired', 'dead')", name="state"),
        CheckConstraint(
            "(state = 'queued') = (to_sealed IS NOT NULL)"
            " AND (state = 'queued') = (body_sealed IS NOT NULL)",
            name="text_while_queued",
        ),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_notifications_messages_due", "due_at", postgresql_where=text("state = 'queued'")),
        Index(
            "ix_notifications_messages_ended",
            "ended_at",
            postgresql_where=text("state <> 'queued'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    template: Mapped[str]
    language: Mapped[str]
    to_hash: Mapped[bytes] = mapped_column(LargeBinary)
    to_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    queued_at: Mapped[datetime] = mapped_column(_INSTANT)
    due_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    fault: Mapped[str | None]


class Live(Base):
    """Something that a customer's open screens are told, kept for a while for late readers."""

    __tablename__ = "notifications_live"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    told_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)
