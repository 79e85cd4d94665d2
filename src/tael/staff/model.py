"""The tables of staff: people, their sessions, approvals and acts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class ColleagueRow(Base):
    """Somebody who works at the bank."""

    __tablename__ = "staff_people"
    __table_args__ = (
        CheckConstraint("login ~ '^[a-z][a-z0-9._-]{1,31}$'", name="login"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint(
            "cardinality(roles) >= 1"
            " AND roles <@ ARRAY['clerk', 'checker', 'auditor', 'administrator']"
            " AND (NOT 'auditor' = ANY (roles) OR cardinality(roles) = 1)",
            name="roles",
        ),
        CheckConstraint("password_version >= 1", name="password_version"),
        Index("uq_staff_people_login", "login", unique=True),
    )

    staff_id: Mapped[UUID] = mapped_column(primary_key=True)
    login: Mapped[str]
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    password_hash: Mapped[str]
    password_version: Mapped[int] = mapped_column(server_default=text("1"))
    password_change_due: Mapped[bool]
    password_set_at: Mapped[datetime] = mapped_column(_INSTANT)
    added_at: Mapped[datetime] = mapped_column(_INSTANT)
    disabled_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class TriesRow(Base):
    """How often somebody tried to sign in with a log-in, known or not, since it last went well."""

    __tablename__ = "staff_tries"
    __table_args__ = (
        CheckConstraint("tries >= 1", name="tries"),
        CheckConstraint("tries < 10 OR retry_at IS NOT NULL", name="delayed"),
    )

    bucket: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tries: Mapped[int]
    retry_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    tried_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)


class SessionRow(Base):
    """A browser in which somebody of the bank has signed in."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        CheckConstraint("expires_at <= created_at + interval '12 hours'", name="absolute"),
        Index("uq_staff_sessions_token_hash", "token_hash", unique=True),
        Index("ix_staff_sessions_staff_id", "staff_id", "device_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff_people.staff_id"))
    device_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(_INSTANT)
    seen_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    end_reason: Mapped[str | None]


class ApprovalRow(Base):
    """What one person proposed and another decides."""

    __tablename__ = "staff_approvals"
    __table_args__ = (
        CheckConstraint("kind ~ '^[a-z]+[.][a-z_]+$'", name="kind"),
        CheckConstraint("char_length(reason) BETWEEN 1 AND 500", name="reason"),
        CheckConstraint(
            "state IN ('proposed', 'approved', 'rejected', 'withdrawn', 'expired')", name="state"
        ),
        CheckConstraint("checker <> maker", name="four_eyes"),
        CheckConstraint(
            "(state IN ('approved', 'rejected')) = (checker IS NOT NULL)", name="checked"
        ),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'approved') = (outcome IS NOT NULL)", name="outcome"),
        CheckConstraint("expires_at <= proposed_at + interval '7 days'", name="lives"),
        Index(
            "uq_staff_approvals_open",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_staff_approvals_state", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    maker: Mapped[UUID] = mapped_column(ForeignKey("staff_people.staff_id"))
    proposed_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    state: Mapped[str] = mapped_column(server_default="proposed")
    checker: Mapped[UUID | None] = mapped_column(ForeignKey("staff_people.staff_id"))
    decided_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    decision_reason: Mapped[str | None]
    obstacle: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class ActRow(Base):
    """One act of staff, never changed. Without a person it was the operator's command."""

    __tablename__ = "staff_acts"
    __table_args__ = (Index("ix_staff_acts_subject", "subject", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(_INSTANT)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_people.staff_id"))
    act: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    request_id: Mapped[str | None]
