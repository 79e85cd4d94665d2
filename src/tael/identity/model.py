"""The tables of identity."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class Principal(Base):
    """A person who can sign in: the same id as the customer's."""

    __tablename__ = "identity_principals"
    __table_args__ = (
        CheckConstraint("language IN ('zh-CN', 'en')", name="language"),
        Index(
            "uq_identity_principals_phone",
            "phone_hash",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_masked: Mapped[str]
    language: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(_INSTANT)
    secret_changed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    closed_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class Pin(Base):
    """A payment PIN's hash and its counter of tries."""

    __tablename__ = "identity_pins"
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
        CheckConstraint("(tries = 5) = (locked_until IS NOT NULL)", name="locked"),
        CheckConstraint("version >= 1", name="version"),
    )

    customer_id: Mapped[UUID] = mapped_column(
        ForeignKey("identity_principals.customer_id"), primary_key=True
    )
    hash: Mapped[str]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    locked_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    set_at: Mapped[datetime] = mapped_column(_INSTANT)


class Challenge(Base):
    """A code that was sent to a number, for one purpose on one device."""

    __tablename__ = "identity_challenges"
    __table_args__ = (
        CheckConstraint("purpose IN ('sign_in', 'change_phone')", name="purpose"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries"),
        CheckConstraint("used_at IS NULL OR replaced_at IS NULL", name="ends_once"),
        Index(
            "uq_identity_challenges_open",
            "phone_hash",
            "device_id",
            "purpose",
            unique=True,
            postgresql_where=text("used_at IS NULL AND replaced_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    device_id: Mapped[UUID]
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    sent_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)
    used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    replaced_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class Session(Base):
    """A browser that confirmed a number, and perhaps a PIN."""

    __tablename__ = "identity_sessions"
    __table_args__ = (
        CheckConstraint("stage IN ('phone_verified', 'full')", name="stage"),
        CheckConstraint("(stage = 'full') = (customer_id IS NOT NULL)", name="stage_customer"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        CheckConstraint("expires_at <= created_at + interval '12 hours'", name="absolute"),
        Index("uq_identity_sessions_token_hash", "token_hash", unique=True),
        Index(
            "ix_identity_sessions_customer_id",
            "customer_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_identity_sessions_device_id",
            "device_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    stage: Mapped[str]
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_principals.customer_id"))
    device_id: Mapped[UUID]
    phone_hash: Mapped[bytes] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_verified_at: Mapped[datetime] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT)
    seen_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    end_reason: Mapped[str | None]


class Authorisation(Base):
    """A PIN entered for one act, which it may cover once."""

    __tablename__ = "identity_authorisations"
    __table_args__ = (
        CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="ends_once"),
        Index(
            "ix_identity_authorisations_open",
            "session_id",
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    session_id: Mapped[UUID]
    purpose: Mapped[str]
    terms_digest: Mapped[bytes] = mapped_column(LargeBinary)
    issued_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT, index=True)
    used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(_INSTANT)
