"""Tables of customers."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT: Final = DateTime(timezone=True)
_WALLET: Final = "customers_wallets.customer_id"
_NOTHING: Final = text("0")


class WalletRow(Base):
    """A wallet and what it has used of its caps: one row, so one lock decides a payment."""

    __tablename__ = "customers_wallets"
    __table_args__ = (
        # One ledger account is one wallet: two holders of one balance would both spend it.
        UniqueConstraint("account_number"),
        CheckConstraint("wallet_class BETWEEN 1 AND 4", name="class_known"),
        CheckConstraint("status IN ('active', 'frozen', 'closed')", name="status_known"),
        CheckConstraint("(status = 'frozen') = (frozen_at IS NOT NULL)", name="frozen_has_time"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
        # A use below zero would let more than the cap through.
        CheckConstraint(
            "day_used_minor >= 0 AND year_used_minor >= 0"
            " AND static_day_used_minor >= 0 AND static_cards_day_used_minor >= 0"
            " AND credit_reserved_minor >= 0",
            name="use_not_negative",
        ),
        CheckConstraint(
            "dynamic_day_used_minor >= 0 AND dynamic_cards_day_used_minor >= 0",
            name="dynamic_not_negative",
        ),
        # A payment by printed code counts against the day as well.
        CheckConstraint("static_day_used_minor <= day_used_minor", name="static_within_day"),
        CheckConstraint("language IN ('zh-CN', 'en')", name="language_known"),
        # Room on the page keeps the updates of limit use beside their row, off the indexes.
        {"postgresql_with": {"fillfactor": 70}},
    )

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_number: Mapped[int] = mapped_column(BigInteger)
    wallet_class: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str]
    name_masked: Mapped[str | None]
    phone_masked: Mapped[str]
    used_day: Mapped[date]
    day_used_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    static_day_used_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    static_cards_day_used_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    dynamic_day_used_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    dynamic_cards_day_used_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    used_year: Mapped[int]
    year_used_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    credit_reserved_minor: Mapped[int] = mapped_column(BigInteger, server_default=_NOTHING)
    language: Mapped[str]
    terms_version: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(_INSTANT)
    frozen_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    closed_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class ProfileRow(Base):
    """The proven person behind a wallet; sealed, and found by keyed hashes only."""

    __tablename__ = "customers_profiles"
    __table_args__ = (
        # One person has one open wallet with a proven name, so the caps are per person.
        Index(
            "uq_customers_profiles_id_hash",
            "id_hash",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey(_WALLET), primary_key=True)
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    name_hash: Mapped[bytes] = mapped_column(LargeBinary)
    id_hash: Mapped[bytes] = mapped_column(LargeBinary)
    proofing_id: Mapped[UUID]
    proven_at: Mapped[datetime] = mapped_column(_INSTANT)
    released_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class ConsentRow(Base):
    """What a customer accepted, in which version and language, and when; never changed."""

    __tablename__ = "customers_consents"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey(_WALLET), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str]
    accepted_at: Mapped[datetime] = mapped_column(_INSTANT)


class ProofingRow(Base):
    """One identity check: written before the checker is asked, so that it has a name."""

    __tablename__ = "customers_proofings"
    __table_args__ = (
        CheckConstraint("state IN ('started', 'unknown', 'passed', 'refused')", name="state_known"),
        CheckConstraint(
            "(state IN ('passed', 'refused')) = (finished_at IS NOT NULL)", name="end_has_time"
        ),
        Index("ix_customers_proofings_customer_id_id", "customer_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey(_WALLET))
    state: Mapped[str]
    name_hash: Mapped[bytes] = mapped_column(LargeBinary)
    id_hash: Mapped[bytes] = mapped_column(LargeBinary)
    portrait_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    started_at: Mapped[datetime] = mapped_column(_INSTANT)
    finished_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class ClosingRow(Base):
    """The receipt of a closed wallet: what is kept, why and until when."""

    __tablename__ = "customers_closings"
    __table_args__ = (
        Index(
            "ix_customers_closings_due",
            "keep_until",
            postgresql_where=text("forgotten_at IS NULL"),
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey(_WALLET), primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(_INSTANT)
    kept: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    keep_until: Mapped[date]
    forgotten_at: Mapped[datetime | None] = mapped_column(_INSTANT)
