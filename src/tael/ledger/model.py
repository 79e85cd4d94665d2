"""The ledger's tables. Which rule each constraint holds is told in the migration."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tael.kernel.schema import Base

_INSTANT = DateTime(timezone=True)


class AccountRow(Base):
    """An account. `postings` counts its entries and numbers the next."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("floor IS NULL OR balance - held >= floor", name="floor"),
        CheckConstraint("postings >= 0", name="postings"),
        CheckConstraint("(holder IS NULL) = (number < 100000)", name="holder"),
        CheckConstraint("closed_at IS NULL OR (balance = 0 AND held = 0)", name="closed"),
        Index("ix_ledger_accounts_holder", "holder", postgresql_where=text("holder IS NOT NULL")),
    )

    currency: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    holder: Mapped[UUID | None]
    floor: Mapped[int | None] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    held: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    postings: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    closed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    posted_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=text("'epoch'"))


class MovementRow(Base):
    """A business act, with what every list of it needs. A partition a month, by id."""

    __tablename__ = "ledger_movements"
    __table_args__ = (
        Index("ix_ledger_movements_at", "at", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    reference: Mapped[UUID]
    payer_label: Mapped[str]
    payee_label: Mapped[str]
    memo: Mapped[str]
    at: Mapped[datetime] = mapped_column(_INSTANT)
    business_day: Mapped[date]
    effective_on: Mapped[date]
    reverses: Mapped[UUID | None]


class PostingRow(Base):
    """One amount from one account to another, numbered in both, with the balances after it.

    A partition a month, by movement, each with unique indexes on (debit, debit_seq, currency)
    and (credit, credit_seq, currency): an account's statement reads along them.
    """

    __tablename__ = "ledger_postings"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit <> credit", name="sides"),
        {"postgresql_partition_by": "RANGE (movement_id)"},
    )

    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    currency: Mapped[str]
    debit: Mapped[int] = mapped_column(BigInteger)
    credit: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    debit_seq: Mapped[int] = mapped_column(BigInteger)
    credit_seq: Mapped[int] = mapped_column(BigInteger)
    debit_balance: Mapped[int] = mapped_column(BigInteger)
    credit_balance: Mapped[int] = mapped_column(BigInteger)


class ReversalRow(Base):
    """Which movement was undone by which: over all months, each at most once."""

    __tablename__ = "ledger_reversals"
    __table_args__ = (UniqueConstraint("movement_id", name="uq_ledger_reversals_movement_id"),)

    reversed: Mapped[UUID] = mapped_column(primary_key=True)
    movement_id: Mapped[UUID]


class UnsequencedRow(Base):
    """The movements of a set that was written, until they have a place in the log."""

    __tablename__ = "ledger_unsequenced"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    movements: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


class HoldRow(Base):
    """Money set aside in an account for another, until taken or let go."""

    __tablename__ = "ledger_holds"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("account <> destination", name="sides"),
        CheckConstraint("captured BETWEEN 0 AND amount", name="captured"),
        Index(
            "ix_ledger_holds_pending",
            "currency",
            "account",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_ledger_holds_due", "expires_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str]
    account: Mapped[int] = mapped_column(BigInteger)
    holder: Mapped[UUID | None]
    destination: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="pending")
    captured: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    made_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class CaptureRow(Base):
    """A part that was taken of a hold, and the movement that took it."""

    __tablename__ = "ledger_captures"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(index=True)
    amount: Mapped[int] = mapped_column(BigInteger)


class SearchRow(Base):
    """The bigrams of an entry's counterparty and memo, as its account sees them."""

    __tablename__ = "ledger_search"
    __table_args__ = (Index("ix_ledger_search_grams", "grams", postgresql_using="gin"),)

    currency: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    grams: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


class SearchMarkRow(Base):
    """Up to which of its entries an account's bigrams are kept."""

    __tablename__ = "ledger_search_marks"
    __table_args__ = (CheckConstraint("indexed_to >= 0", name="indexed_to"),)

    currency: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    indexed_to: Mapped[int] = mapped_column(BigInteger)
